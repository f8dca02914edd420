"""The immutable index: built from cases, asked with sentences, shared through a snapshot."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from matcher import snapshot
from matcher.case import Case, RelatedLink
from matcher.language import primary
from matcher.lexical import Lexical, Rows, candidates, compile_rows, look_up, ranges
from matcher.pairs import PairModel
from matcher.passages import passages
from matcher.pipeline import match_sentences
from matcher.reading import Reading, read
from matcher.score import THRESHOLDS, scorer
from matcher.snapshot import Snapshot
from matcher.text import normalise
from matcher.types import Outcome, Related, Sentence

Progress = Callable[[int, int], None]
"""Called with the number of cases done and their total."""

MOST_RELATED: Final = 3
LEAST_RELATED_COVER: Final = 0.25
"""Share of a claim's telling words that a computed related case must have in common."""
CACHED_ROWS: Final = 20_000
"""Claims' readings kept per index: those that sentences keep meeting."""


class Index:
    """Cases, compiled. Every method may be called from any thread at the same time."""

    def __init__(self, content: Snapshot, pair_model: PairModel | None = None) -> None:
        self._content = content
        self.pair_model: Final = pair_model
        arrays = content.arrays
        self.rows: Final = Rows(
            hashes=arrays["hashes"],
            zipfs=arrays["zipfs"],
            indptr=arrays["indptr"],
            case=arrays["row_case"],
        )
        self.lexical: Final = Lexical(
            vocabulary=arrays["vocabulary"],
            idf=arrays["idf"],
            terms=arrays["terms"],
            indptr=arrays["indptr"],
            post_indptr=arrays["post_indptr"],
            post_rows=arrays["post_rows"],
            post_weights=arrays["post_weights"],
        )
        self._ids = arrays["ids"]
        self._offsets = arrays["offsets"]
        self.digest: Final = str(content.header["digest"])
        self.languages: Final = dict(content.header["languages"])
        self.claims: Final = int(content.header["claims"])
        self.thresholds: Final = {band.value: lower for band, lower in THRESHOLDS.items()}
        self.encoder: Final = pair_model.name if pair_model else None
        self.row_reading = lru_cache(maxsize=CACHED_ROWS)(self._row_reading)
        self._related = lru_cache(maxsize=CACHED_ROWS)(self._compute_related)

    # -- building ----------------------------------------------------------------------------

    @classmethod
    def build(
        cls,
        cases: Iterable[Case],
        *,
        previous: Index | None = None,
        pair_model: PairModel | None = None,
        progress: Progress | None = None,
    ) -> Self:
        """Compile cases; equal cases in any order give an equal index.

        Cases that ``previous`` holds unchanged are not read again. Without ``pair_model`` the
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
        lines = [_line(case) for case in ordered]
        reader = _Reader(previous)
        for done, (case, line) in enumerate(zip(ordered, lines, strict=True), start=1):
            reader.add(case, line)
            if progress:
                progress(done, len(ordered))
        rows, wordings, pieces = reader.finish()
        lexical = compile_rows(rows)
        languages = Counter(primary(claim.language) for case in ordered for claim in case.claims)
        blob = b"".join(lines)
        return cls(
            Snapshot(
                header={
                    "digest": _digest(blob),
                    "languages": dict(sorted(languages.items())),
                    "claims": languages.total(),
                },
                arrays={
                    "hashes": rows.hashes,
                    "zipfs": rows.zipfs,
                    "indptr": rows.indptr,
                    "row_case": rows.case,
                    "row_wording": wordings,
                    "row_piece": pieces,
                    "vocabulary": lexical.vocabulary,
                    "idf": lexical.idf,
                    "terms": lexical.terms,
                    "post_indptr": lexical.post_indptr,
                    "post_rows": lexical.post_rows,
                    "post_weights": lexical.post_weights,
                    "ids": np.array([case.id.encode() for case in ordered], dtype="S128"),
                    "offsets": np.cumsum([0, *map(len, lines)], dtype=np.int64),
                    "published": np.array(
                        [case.published.toordinal() for case in ordered], dtype=np.int32
                    ),
                },
                cases=blob,
            ),
            pair_model,
        )

    def save(self, folder: Path) -> None:
        """Write the index as a snapshot folder, whole or not at all (SnapshotError)."""
        snapshot.save(self._content, folder)

    @classmethod
    def load(cls, folder: Path, *, pair_model: PairModel | None = None) -> Self:
        """Map a snapshot folder into memory.

        Raises
        ------
        SnapshotError
            where it is missing, damaged, or of another format.
        """
        return cls(snapshot.load(folder), pair_model)

    # -- its cases ---------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self._ids)

    def __contains__(self, case_id: str) -> bool:
        return self._number(case_id) is not None

    def _number(self, case_id: str) -> int | None:
        try:
            wanted = np.bytes_(case_id.encode("ascii"))
        except UnicodeEncodeError:
            return None
        at = int(np.searchsorted(self._ids, wanted))
        return at if at < len(self._ids) and self._ids[at] == wanted else None

    def line(self, number: int) -> bytes:
        """A case by its position, as the line of JSON it was built from."""
        return bytes(self._content.cases[self._offsets[number] : self._offsets[number + 1]])

    def case_at(self, number: int) -> Case:
        """A case by its position in the order of ids."""
        return Case.model_validate_json(self.line(number))

    def case(self, case_id: str) -> Case:
        """A case by its id; KeyError where there is none."""
        number = self._number(case_id)
        if number is None:
            raise KeyError(case_id)
        return self.case_at(number)

    def cases(self) -> Iterator[Case]:
        """All cases, in the order of their ids."""
        return (self.case_at(number) for number in range(len(self)))

    def wording_of(self, row: int) -> int:
        """Which of its case's wordings a row belongs to."""
        return int(self._content.arrays["row_wording"][row])

    def _row_reading(self, row: int) -> Reading:
        claim = self.case_at(int(self.rows.case[row])).claims[self.wording_of(row)]
        return passages(claim.text, claim.language)[int(self._content.arrays["row_piece"][row])]

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
        number = self._number(case_id)
        if number is None:
            raise KeyError(case_id)
        return self._related(number, limit)

    def _compute_related(self, number: int, limit: int) -> tuple[Related, ...]:
        case = self.case_at(number)
        pinned = []
        for entry in case.related:
            if isinstance(entry, RelatedLink):
                pinned.append(Related(id=None, claim=entry.title, url=entry.url, pinned=True))
            elif (other := self._number(entry)) is not None:
                pinned.append(self._as_related(other, pinned=True))
        taken = {case.id, *(related.id for related in pinned)}
        nearest = (
            self._as_related(other, pinned=False) for other in self._nearest(case, number, limit)
        )
        computed = [related for related in nearest if related.id not in taken]
        return (*pinned, *computed[: max(0, limit - len(pinned))])

    def _as_related(self, number: int, *, pinned: bool) -> Related:
        case = self.case_at(number)
        return Related(id=case.id, claim=case.claim, url=case.url, pinned=pinned)

    def _nearest(self, case: Case, number: int, limit: int) -> list[int]:
        claim = case.claims[0]
        batch = look_up(self.lexical, [read(normalise(claim.text), claim.language)])
        own_score = float(batch.idf.sum())
        found = candidates(self.lexical, batch, limit=10 * (limit + len(case.related)))
        near = [
            int(self.rows.case[row])
            for row, score in zip(found.row, found.bm25, strict=True)
            if score >= LEAST_RELATED_COVER * own_score
        ]
        return [other for other in dict.fromkeys(near) if other != number]

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
            newest = np.argsort(-self._content.arrays["published"], kind="stable")
            numbers = dict.fromkeys(newest.tolist())
        ids = []
        for number in numbers:
            if language is None or self._speaks(number, primary(language)):
                ids.append(self._ids[number].decode())
            if len(ids) == offset + limit:
                break
        return ids[offset:]

    def _speaks(self, number: int, language: str) -> bool:
        claims = json.loads(self.line(number))["claims"]
        return any(primary(claim["language"]) == language for claim in claims)


def _line(case: Case) -> bytes:
    return case.model_dump_json(exclude_none=True).encode() + b"\n"


def _digest(cases: bytes) -> str:
    engine = f"claimlight {snapshot.FORMAT} {scorer().name}\n".encode()
    return sha256(engine + cases).hexdigest()


class _Reader:
    """Collects the rows of cases, taking those of unchanged cases from an earlier index."""

    def __init__(self, previous: Index | None) -> None:
        self._previous = previous
        self._old_rows = len(previous.rows) if previous else 0
        self._first_row = (
            np.searchsorted(previous.rows.case, np.arange(len(previous) + 1)) if previous else None
        )
        self._fresh: list[Reading] = []
        self._fresh_wordings: list[int] = []
        self._fresh_pieces: list[int] = []
        # Rows of the cases in their order, counted through the old rows and then the fresh.
        self._taken: list[NDArray[np.int64]] = []
        self._counts: list[int] = []

    def add(self, case: Case, line: bytes) -> None:
        taken = self._unchanged(case.id, line)
        if taken is None:
            start = self._old_rows + len(self._fresh)
            for number, claim in enumerate(case.claims):
                for piece, reading in enumerate(passages(claim.text, claim.language)):
                    self._fresh.append(reading)
                    self._fresh_wordings.append(number)
                    self._fresh_pieces.append(piece)
            taken = np.arange(start, self._old_rows + len(self._fresh))
        self._taken.append(taken)
        self._counts.append(len(taken))

    def _unchanged(self, case_id: str, line: bytes) -> NDArray[np.int64] | None:
        if self._previous is None or self._first_row is None:
            return None
        number = self._previous._number(case_id)
        if number is None or self._previous.line(number) != line:
            return None
        return np.arange(self._first_row[number], self._first_row[number + 1])

    def finish(self) -> tuple[Rows, NDArray[np.int16], NDArray[np.int16]]:
        """The rows, and for each the number of its wording and of the piece within it."""
        fresh = self._fresh
        lengths = [len(reading) for reading in fresh]
        hashes = np.fromiter((h for r in fresh for h in r.hashes), np.uint64, sum(lengths))
        zipfs = np.fromiter((z for r in fresh for z in r.zipfs), np.float32, sum(lengths))
        wordings = np.array(self._fresh_wordings, dtype=np.int16)
        pieces = np.array(self._fresh_pieces, dtype=np.int16)
        if self._previous is not None:
            old, arrays = self._previous.rows, self._previous._content.arrays
            lengths = [*np.diff(old.indptr), *lengths]
            hashes = np.concatenate((old.hashes, hashes))
            zipfs = np.concatenate((old.zipfs, zipfs))
            wordings = np.concatenate((arrays["row_wording"], wordings))
            pieces = np.concatenate((arrays["row_piece"], pieces))
        taken = np.concatenate(self._taken) if self._taken else np.zeros(0, dtype=np.int64)
        all_lengths = np.array(lengths, dtype=np.int64)
        starts = np.cumsum(all_lengths) - all_lengths
        flat = ranges(starts[taken], all_lengths[taken])
        case = np.repeat(np.arange(len(self._counts), dtype=np.int32), self._counts)
        rows = Rows(
            hashes=hashes[flat],
            zipfs=zipfs[flat],
            indptr=np.concatenate(([0], np.cumsum(all_lengths[taken]))).astype(np.int64),
            case=case,
        )
        return rows, wordings[taken], pieces[taken]
