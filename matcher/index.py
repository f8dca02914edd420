"""The immutable index: built from cases, asked with sentences, shared through a snapshot."""

from __future__ import annotations

import itertools
import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import Final, Self

import numpy as np

from matcher import compiling, snapshot
from matcher.case import Case, Claim
from matcher.compiling import Progress
from matcher.content import Content
from matcher.language import primary
from matcher.lexical import Lexical, candidates, look_up
from matcher.pipeline import match_sentences
from matcher.reading import read
from matcher.related import related
from matcher.score import THRESHOLDS
from matcher.semantic import Semantic
from matcher.snapshot import Snapshot
from matcher.text import normalise
from matcher.types import Outcome, Related, Sentence

MOST_RELATED: Final = 3
CACHED_ROWS: Final = 4_000
"""Claims' readings kept per index, 10 MB when full: those that sentences keep meeting."""
CACHED_RELATED: Final = 2_000
"""Cases whose related ones are kept per index."""


class Index:
    """Cases, compiled. Every method may be called from any thread at the same time."""

    def __init__(self, content: Snapshot, semantic: Semantic | None = None) -> None:
        self._content: Final = Content(content)
        self.semantic: Final = semantic
        arrays = content.arrays
        self.rows: Final = self._content.rows
        self.lexical: Final = Lexical(
            vocabulary=arrays["vocabulary"],
            idf=arrays["idf"],
            terms=arrays["terms"],
            indptr=arrays["indptr"],
            post_indptr=arrays["post_indptr"],
            post_rows=arrays["post_rows"],
            post_weights=arrays["post_weights"],
        )
        self._wordings = arrays["row_wording"]
        self.digest: Final = str(content.header["digest"])
        self.languages: Final = dict(content.header["languages"])
        self.claims: Final = int(content.header["claims"])
        self.thresholds: Final = {band.value: lower for band, lower in THRESHOLDS.items()}
        self.encoder: Final = semantic.name if semantic else None
        # Neither refers to the index: one that is replaced is freed at once, and not when the
        # garbage collector comes by.
        self.row_reading: Final = lru_cache(maxsize=CACHED_ROWS)(self._content.reading)
        self._related: Final = lru_cache(maxsize=CACHED_RELATED)(
            partial(related, self._content, self.lexical)
        )

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

        Cases that ``previous`` holds unchanged are not read again. Without ``semantic`` the
        light stage decides alone.

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
            return cls(
                compiling.revised(compiling.empty(), ordered, (), progress=progress), semantic
            )
        put = [case for case in ordered if not previous.holds(case)]
        gone = {case_id.decode() for case_id in previous._content.ids} - {
            case.id for case in ordered
        }
        content = compiling.revised(previous._content.snapshot, put, gone, progress=progress)
        return cls(content, semantic)

    def revised(self, put: Iterable[Case], gone: Collection[str] = ()) -> Self:
        """The index with some cases put and others gone; equal to one built of them all.

        The work of ``build`` without reading, or even looking at, what does not change.

        Raises
        ------
        ValueError
            where two of the cases have one id, or one is to be put and gone.
        """
        ordered = sorted(put, key=lambda case: case.id)
        ids = [case.id for case in ordered]
        if len(set(ids)) < len(ids) or not set(ids).isdisjoint(gone):
            raise ValueError("a case is given twice")
        return type(self)(compiling.revised(self._content.snapshot, ordered, gone), self.semantic)

    def save(self, folder: Path) -> None:
        """Write the index as a snapshot folder, whole or not at all (SnapshotError)."""
        snapshot.save(self._content.snapshot, folder)

    @classmethod
    def load(cls, folder: Path, *, semantic: Semantic | None = None) -> Self:
        """Map a snapshot folder into memory.

        Raises
        ------
        SnapshotError
            where it is missing, damaged, or of another format.
        """
        return cls(snapshot.load(folder), semantic)

    def without_semantic(self) -> Self:
        """The same index, deciding by words alone."""
        return type(self)(self._content.snapshot)

    # -- its cases ---------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self._content)

    def holds(self, case: Case) -> bool:
        """Whether this very case is in the index, as it is."""
        number = self._content.number(case.id)
        return number is not None and self.line(number) == compiling.case_line(case)

    def __contains__(self, case_id: str) -> bool:
        return self._content.number(case_id) is not None

    def line(self, number: int) -> bytes:
        """A case by its position, as the line of JSON it was built from."""
        return self._content.line(number)

    def id_at(self, number: int) -> str:
        """The id of a case by its position."""
        return bytes(self._content.ids[number]).decode()

    def case_at(self, number: int) -> Case:
        """A case by its position in the order of ids."""
        return self._content.case_at(number)

    def case(self, case_id: str) -> Case:
        """A case by its id; KeyError where there is none."""
        number = self._content.number(case_id)
        if number is None:
            raise KeyError(case_id)
        return self.case_at(number)

    def cases(self) -> Iterator[Case]:
        """All cases, in the order of their ids."""
        return (self.case_at(number) for number in range(len(self)))

    def wording_of(self, row: int) -> int:
        """Which of its case's wordings a row belongs to."""
        return int(self._wordings[row])

    def claim_at(self, row: int) -> Claim:
        """The wording that a row belongs to."""
        case = json.loads(self.line(int(self.rows.case[row])))
        return Claim.model_construct(**case["claims"][self.wording_of(row)])

    # -- asking ------------------------------------------------------------------------------

    def match(
        self, sentences: Sequence[Sentence], *, limit: int = 1, min_score: float | None = None
    ) -> Outcome:
        """Match a batch of sentences.

        ``limit`` is the number of cases a sentence; ``min_score`` defaults to the lower end of
        band ``similar``, and 0 returns the best cases whatever their score.
        """
        return match_sentences(self, sentences, limit=limit, min_score=min_score)

    def related(self, case_id: str, *, limit: int = MOST_RELATED) -> tuple[Related, ...]:
        """What editors pinned to a case, then the nearest others; KeyError for no such case."""
        number = self._content.number(case_id)
        if number is None:
            raise KeyError(case_id)
        return self._related(number, limit)

    def search(
        self, query: str, *, language: str | None = None, limit: int = 20, offset: int = 0
    ) -> list[str]:
        """Ids of cases for people who look for one, best first; all, newest first, for "".

        ``language`` keeps cases that have a wording in it.
        """
        if query.strip():
            batch = look_up(self.lexical, [read(normalise(query), language or "en")])
            # Several rows may belong to one case, and the language is checked afterwards.
            found = candidates(self.lexical, batch, limit=min(8 * (offset + limit), 4096))
            numbers = dict.fromkeys(int(self.rows.case[row]) for row in found.row)
        else:
            newest = np.argsort(-self._content.snapshot.arrays["published"], kind="stable")
            numbers = dict.fromkeys(newest.tolist())
        ids = []
        for number in numbers:
            if language is None or self._speaks(number, primary(language)):
                ids.append(self._content.ids[number].decode())
            if len(ids) == offset + limit:
                break
        return ids[offset:]

    def _speaks(self, number: int, language: str) -> bool:
        claims = json.loads(self.line(number))["claims"]
        return any(primary(claim["language"]) == language for claim in claims)
