"""The immutable index: built from cases, asked with sentences, shared through a snapshot."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from matcher import compiling, snapshot
from matcher.case import Case
from matcher.compiling import Progress
from matcher.content import Content
from matcher.language import primary
from matcher.layers import Layers
from matcher.pipeline import match_sentences
from matcher.reading import read
from matcher.related import Relations
from matcher.score import THRESHOLDS
from matcher.semantic import Semantic
from matcher.text import normalise
from matcher.types import Outcome, Related, Sentence


class Index:
    """Cases, compiled. Every method may be called from any thread at the same time."""

    def __init__(self, layers: Layers, semantic: Semantic | None = None) -> None:
        self.layers: Final = layers
        self.semantic: Final = semantic
        self.digest: Final = layers.summary.digest
        self.languages: Final = dict(sorted(layers.summary.languages.items()))
        self.claims: Final = layers.summary.claims
        self.thresholds: Final = {band.value: lower for band, lower in THRESHOLDS.items()}
        self.encoder: Final = semantic.name if semantic else None
        # It does not refer to the index: one that is replaced is freed at once, and not when
        # the garbage collector comes by.
        self._relations: Final = Relations(layers)

    # -- building ----------------------------------------------------------------------------

    @classmethod
    def build(
        cls,
        cases: Iterable[Case],
        *,
        previous: Index | None = None,
        semantic: Semantic | None = None,
        progress: Progress | None = None,
    ) -> Self:
        """Compile cases; equal cases in any order give an equal index.

        Cases that ``previous`` holds unchanged are not read again. Without ``semantic``
        words alone decide.

        Raises
        ------
        ValueError
            where two cases have one id.
        """
        ordered = sorted(cases, key=lambda case: case.id)
        for before, after in itertools.pairwise(ordered):
            if before.id == after.id:
                raise ValueError(f"two cases have the id {after.id!r}")
        if previous is None:
            content = compiling.revised(compiling.empty(), ordered, (), progress=progress)
            return cls(Layers(Content(content)), semantic)
        put = [case for case in ordered if not previous.holds(case)]
        gone = {case.id for case in previous.cases()} - {case.id for case in ordered}
        return cls(Layers(Content(previous.layers.revised(put, gone))), semantic)

    def revised(self, put: Iterable[Case] = (), gone: Collection[str] = ()) -> Self:
        """The index with some cases put and others gone; equal to one built of them all.

        The work of ``build`` without reading, or even looking at, what does not change.

        Raises
        ------
        ValueError
            where two of the cases have one id, or one is to be put and gone.
        """
        ordered = _ordered(put, gone)
        return type(self)(Layers(Content(self.layers.revised(ordered, gone))), self.semantic)

    def amended(self, put: Iterable[Case], gone: Collection[str] = ()) -> Self:
        """The same at once, however large the index: what changes stands beside the rest.

        It answers like the revised one, but for scores that differ in the third digit, because
        how common a word is in the index is not counted again. Raises as ``revised``.
        """
        return type(self)(self.layers.amended(_ordered(put, gone), gone), self.semantic)

    @property
    def beside(self) -> int:
        """How many cases stand beside the compiled ones, put there by ``amended``."""
        return len(self.layers.top) if self.layers.top is not None else 0

    @property
    def whole(self) -> bool:
        """Whether all of it is compiled."""
        return self.layers.top is None

    def save(self, folder: Path) -> None:
        """Write the index as a snapshot folder, whole or not at all (SnapshotError)."""
        index = self if self.whole else self.revised()
        snapshot.save(index.layers.base.snapshot, folder)

    @classmethod
    def load(cls, folder: Path, *, semantic: Semantic | None = None) -> Self:
        """Map a snapshot folder into memory.

        Raises
        ------
        SnapshotError
            where it is missing, damaged, or of another format.
        """
        return cls(Layers(Content(snapshot.load(folder))), semantic)

    # -- its cases ---------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self.layers)

    def __contains__(self, case_id: str) -> bool:
        return self.layers.number(case_id) is not None

    def holds(self, case: Case) -> bool:
        """Whether this very case is in the index, as it is."""
        number = self.layers.number(case.id)
        return number is not None and self.layers.line(number) == compiling.case_line(case)

    def case(self, case_id: str) -> Case:
        """A case by its id; KeyError where there is none."""
        number = self.layers.number(case_id)
        if number is None:
            raise KeyError(case_id)
        return self.layers.case_at(number)

    def cases(self) -> Iterator[Case]:
        """All cases, in the order of their ids."""
        return map(self.layers.case_at, self.layers.numbers())

    def lines(self) -> Iterator[bytes]:
        """The same, as the lines of JSON they were built from."""
        return map(self.layers.line, self.layers.numbers())

    def texts(self, languages: Collection[str]) -> Iterator[str]:
        """The passages of claims in some languages (primary subtags), as they are compared."""
        for content in (self.layers.base, self.layers.top):
            if content is not None:
                yield from content.texts(languages)

    # -- asking ------------------------------------------------------------------------------

    def match(
        self, sentences: Sequence[Sentence], *, limit: int = 1, min_score: float | None = None
    ) -> Outcome:
        """Match a batch of sentences.

        ``limit`` is the number of cases a sentence; ``min_score`` defaults to the lower end of
        band ``similar``, and 0 returns the best cases whatever their score.
        """
        return match_sentences(self, sentences, limit=limit, min_score=min_score)

    def related(self, case_id: str) -> tuple[Related, ...]:
        """What editors pinned to a case, then the nearest others; KeyError for no such case."""
        number = self.layers.number(case_id)
        if number is None:
            raise KeyError(case_id)
        return self._relations.of(number)

    def search(
        self, query: str, *, language: str | None = None, limit: int = 20, offset: int = 0
    ) -> list[str]:
        """Ids of cases for people who look for one, best first; all, newest first, for "".

        ``language`` keeps cases that have a wording in it.
        """
        layers = self.layers
        numbers = self._newest
        if query.strip():
            reading = read(normalise(query), language or "en")
            # Several rows may belong to one case, and the language is checked afterwards.
            found = layers.candidates(
                layers.look_up([reading]), limit=min(8 * (offset + limit), 4096)
            )
            cases = dict.fromkeys(map(layers.case_of, found.row.tolist()))
            numbers = np.fromiter(cases, np.int32, len(cases))
        if language is not None:
            numbers = numbers[self._speaking(primary(language))[numbers]]
        return [layers.id_at(number) for number in numbers[offset : offset + limit].tolist()]

    @cached_property
    def _newest(self) -> NDArray[np.int32]:
        return np.fromiter(self.layers.newest(), np.int32, len(self))

    def _speaking(self, language: str) -> NDArray[np.bool_]:
        base, top = self.layers.base, self.layers.top
        below = base.speaking(language)
        return below if top is None else np.concatenate((below, top.speaking(language)))


def _ordered(put: Iterable[Case], gone: Collection[str]) -> list[Case]:
    ordered = sorted(put, key=lambda case: case.id)
    ids = [case.id for case in ordered]
    if len(set(ids)) < len(ids) or not set(ids).isdisjoint(gone):
        raise ValueError("a case is given twice")
    return ordered
