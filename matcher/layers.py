"""The cases of an index: those that were compiled, and beside them the few changed since.

To compile all cases takes longer the more there are; to put a few beside them does not. Cases
and rows are numbered through the compiled ones and then the others; a case that was replaced or
is gone keeps its number, and is never met under it.
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from matcher import compiling
from matcher.case import Case, Claim
from matcher.content import Content
from matcher.evidence import OVERLAP, overlap
from matcher.lexical import CANDIDATES, Batch, Candidates, bm25_of, candidates, look_up
from matcher.reading import Reading
from matcher.snapshot import Snapshot
from matcher.summary import Summary

CACHED_ROWS: Final = 4_000
"""Claims' readings kept of each layer, 10 MB when full: those that sentences keep meeting."""

ReadRow = Callable[[int], Reading]


class Layers:
    """Compiled cases and those beside them; immutable, for any thread.

    Parameters
    ----------
    base
        the cases that were compiled.
    top
        the cases that were put since; None: nothing has changed.
    hidden
        positions in ``base`` of the cases that were replaced or are gone.
    read_base
        how the rows of ``base`` are read, where that is remembered already.
    """

    def __init__(
        self,
        base: Content,
        top: Content | None = None,
        hidden: NDArray[np.int64] | None = None,
        read_base: ReadRow | None = None,
    ) -> None:
        self.base: Final = base
        self.top: Final = top
        self._hidden: Final = np.zeros(0, np.int64) if hidden is None else hidden
        self._shown = np.ones(len(base), dtype=bool)
        self._shown[self._hidden] = False
        self._hidden_rows: Final = (
            int(np.count_nonzero(~self._shown[base.rows.case])) if len(self._hidden) else 0
        )
        # The caches refer to the contents alone: layers that are replaced are freed at once.
        self._read_base: Final = read_base or lru_cache(CACHED_ROWS)(base.reading)
        self._read_top: Final = lru_cache(CACHED_ROWS)(top.reading) if top else None
        summary = Summary.of(base.snapshot.header)
        if top is not None:
            summary = summary.without(map(base.line, self._hidden.tolist()))
            summary = summary.joined(Summary.of(top.snapshot.header))
        self.summary: Final = summary

    # -- made of others ----------------------------------------------------------------------

    def amended(self, put: Sequence[Case], gone: Collection[str]) -> Layers:
        """With cases, sorted by id, put and others gone, beside what is compiled."""
        old = self.top.snapshot if self.top else compiling.empty()
        top = compiling.revised(old, put, gone, beside=self.base.lexical)
        touched = np.array([i.encode() for i in (*(c.id for c in put), *gone)], dtype="S128")
        hidden = np.union1d(self._hidden, compiling.positions(self.base.ids, touched))
        return Layers(self.base, Content(top), hidden, self._read_base)

    def revised(self, put: Sequence[Case], gone: Collection[str]) -> Snapshot:
        """All of it compiled, with cases, sorted by id, put and others gone."""
        if self.top is None:
            return compiling.revised(self.base.snapshot, put, gone)
        away = {*gone, *(self.base.ids[number].decode() for number in self._hidden)}
        ours = map(Case.model_validate_json, map(self.top.line, range(len(self.top))))
        known = {case.id: case for case in ours if case.id not in gone}
        known |= {case.id: case for case in put}
        ordered = sorted(known.values(), key=lambda case: case.id)
        return compiling.revised(self.base.snapshot, ordered, away - known.keys())

    # -- cases -------------------------------------------------------------------------------

    def __len__(self) -> int:
        """How many cases there are."""
        return len(self.base) - len(self._hidden) + (len(self.top) if self.top else 0)

    @property
    def numbered(self) -> int:
        """All numbers of cases are lower than this; those that are hidden have one as well."""
        return len(self.base) + (len(self.top) if self.top else 0)

    def number(self, case_id: str) -> int | None:
        """The number of a case; None where there is none."""
        if self.top is not None and (number := self.top.number(case_id)) is not None:
            return len(self.base) + number
        number = self.base.number(case_id)
        return number if number is not None and self._shown[number] else None

    def numbers(self) -> Iterator[int]:
        """The numbers of all cases, in the order of their ids."""
        below = np.flatnonzero(self._shown).tolist()
        if self.top is None:
            return iter(below)
        above = range(len(self.base), len(self.base) + len(self.top))
        return heapq.merge(below, above, key=self.id_at)

    def newest(self) -> Iterator[int]:
        """The same, newest first."""
        published = self.base.published
        if self.top is not None:
            published = np.concatenate((published, self.top.published))
        numbers = np.fromiter(self.numbers(), np.int64, len(self))
        return iter(numbers[np.argsort(-published[numbers], kind="stable")].tolist())

    def line(self, number: int) -> bytes:
        """A case as the line of JSON it was built from."""
        content, number = self._case(number)
        return content.line(number)

    def id_at(self, number: int) -> str:
        """The id of a case."""
        content, number = self._case(number)
        return bytes(content.ids[number]).decode()

    def case_at(self, number: int) -> Case:
        """A case."""
        return Case.model_validate_json(self.line(number))

    def _case(self, number: int) -> tuple[Content, int]:
        if self.top is None or number < len(self.base):
            return self.base, number
        return self.top, number - len(self.base)

    # -- rows --------------------------------------------------------------------------------

    @property
    def rows(self) -> int:
        """All numbers of rows are lower than this."""
        return len(self.base.rows) + (len(self.top.rows) if self.top else 0)

    def case_of(self, row: int) -> int:
        """The number of the case that a row belongs to."""
        content, place = self._row(row)
        number = int(content.rows.case[place])
        return number if content is self.base else len(self.base) + number

    def claim_at(self, row: int) -> Claim:
        """The wording that a row belongs to."""
        content, place = self._row(row)
        case = json.loads(content.line(int(content.rows.case[place])))
        return Claim.model_construct(**case["claims"][int(content.wordings[place])])

    def reading(self, row: int) -> Reading:
        """The passage of a claim that a row stands for."""
        below = len(self.base.rows)
        if self._read_top is not None and row >= below:
            return self._read_top(row - below)
        return self._read_base(row)

    def shown_rows(self) -> NDArray[np.int32]:
        """The rows of all cases, ascending."""
        base = np.arange(len(self.base.rows), dtype=np.int32)
        if len(self._hidden):
            base = base[self._shown[self.base.rows.case]]
        if self.top is None:
            return base
        above = np.arange(len(self.top.rows), dtype=np.int32) + np.int32(len(self.base.rows))
        return np.concatenate((base, above))

    def keys(self, rows: NDArray[np.int32]) -> NDArray[np.uint64]:
        """The keys of the passages that rows stand for (``text_key``)."""
        found = np.empty(len(rows), dtype=np.uint64)
        for _, content, mine, own in self._by_layer(rows):
            found[mine] = content.keys[own]
        return found

    def _by_layer(
        self, rows: NDArray[np.int32]
    ) -> Iterator[tuple[int, Content, NDArray[np.bool_], NDArray[np.int32]]]:
        """Each layer by its place, which of some rows are its, and their places in it."""
        below = np.int32(len(self.base.rows))
        mine = rows < below
        yield 0, self.base, mine, rows[mine]
        if self.top is not None:
            yield 1, self.top, ~mine, rows[~mine] - below

    def _row(self, row: int) -> tuple[Content, int]:
        below = len(self.base.rows)
        if self.top is None or row < below:
            return self.base, row
        return self.top, row - below

    # -- looked up ---------------------------------------------------------------------------

    def look_up(self, readings: Sequence[Reading]) -> tuple[Batch, ...]:
        """Sentences as terms of each layer."""
        batch = look_up(self.base.lexical, readings)
        if self.top is None:
            return (batch,)
        return batch, look_up(self.top.lexical, readings, beside=batch)

    def candidates(self, asked: Sequence[Batch], *, limit: int = CANDIDATES) -> Candidates:
        """The ``limit`` rows of highest BM25 for each sentence, best first."""
        found = self._of_base(asked[0], limit)
        if self.top is None:
            return found
        above = candidates(self.top.lexical, asked[1], limit=limit)
        sentence = np.concatenate((found.sentence, above.sentence))
        row = np.concatenate((found.row, above.row + np.int32(len(self.base.rows))))
        bm25 = np.concatenate((found.bm25, above.bm25))
        return Candidates(sentence, row, bm25).first(limit)

    def overlap(self, asked: Sequence[Batch], pairs: Candidates) -> NDArray[np.float32]:
        """Evidence from the words that pairs have in common, see ``evidence.overlap``."""
        found = np.empty((len(pairs), len(OVERLAP)), dtype=np.float32)
        for layer, content, mine, row in self._by_layer(pairs.row):
            own = Candidates(pairs.sentence[mine], row, pairs.bm25[mine])
            found[mine] = overlap(content.lexical, asked[layer], own)
        return found

    def with_bm25(
        self, asked: Sequence[Batch], sentence: NDArray[np.int32], row: NDArray[np.int32]
    ) -> Candidates:
        """Pairs that something else than words proposes, with the BM25 they have."""
        bm25 = np.empty(len(row), dtype=np.float32)
        for layer, content, mine, own in self._by_layer(row):
            bm25[mine] = bm25_of(
                content.lexical, asked[layer], sentence[mine], own, beside=self.base.lexical
            )
        return Candidates(sentence, row, bm25)

    def _of_base(self, batch: Batch, limit: int) -> Candidates:
        """The candidates among the compiled rows that are shown.

        Where hidden ones took the places of others, more are asked for: a case that was
        replaced may have had many wordings, all nearest to one sentence.
        """
        beyond = min(self._hidden_rows, limit)
        while True:
            found = candidates(self.base.lexical, batch, limit=limit + beyond)
            if not beyond:
                return found
            kept = found.where(self._shown[self.base.rows.case[found.row]])
            cut_off = np.bincount(found.sentence, minlength=len(batch)) == limit + beyond
            short = np.bincount(kept.sentence, minlength=len(batch)) < limit
            if beyond == self._hidden_rows or not (cut_off & short).any():
                return kept.first(limit)
            beyond = min(self._hidden_rows, 4 * beyond)
