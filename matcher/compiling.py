"""From cases to the content of an index: read what is new, take over what is not.

Deterministic: the same cases give the same content, whatever they were compiled on top of.
"""

from __future__ import annotations

import itertools
import mmap
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from matcher.case import Case
from matcher.lexical import Lexical, Numbered, Rows, compile_rows, ranges, renumber
from matcher.passages import passages
from matcher.reading import Reading
from matcher.snapshot import Snapshot
from matcher.summary import Summary
from matcher.text import text_key

Progress = Callable[[int, int], None]
"""Called with the number of cases read and their total."""


def case_line(case: Case) -> bytes:
    """The case as an index holds it."""
    return case.model_dump_json(exclude_none=True).encode() + b"\n"


def empty() -> Snapshot:
    """The content of an index without cases, to compile others on top of."""
    return Snapshot(
        header=Summary().header(),
        arrays={
            "hashes": np.zeros(0, np.uint64),
            "zipfs": np.zeros(0, np.float32),
            "vocabulary": np.zeros(0, np.uint64),
            "terms": np.zeros(0, np.int32),
            "indptr": np.zeros(1, np.int64),
            "row_case": np.zeros(0, np.int32),
            "row_wording": np.zeros(0, np.int16),
            "row_language": np.zeros(0, LANGUAGE),
            "row_key": np.zeros(0, np.uint64),
            "positions": np.zeros(0, np.uint16),
            "texts": np.zeros(0, np.uint8),
            "text_offsets": np.zeros(1, np.int64),
            "ids": np.zeros(0, "S128"),
            "offsets": np.zeros(1, np.int64),
            "published": np.zeros(0, np.int32),
        },
        cases=b"",
    )


def revised(
    old: Snapshot,
    put: Sequence[Case],
    gone: Collection[str],
    *,
    beside: Lexical | None = None,
    progress: Progress | None = None,
) -> Snapshot:
    """The content with some cases put and others gone; only what is put is read.

    Parameters
    ----------
    put
        cases with different ids, sorted by id; each replaces the one of its id.
    gone
        ids to leave out; one that is not there does not matter.
    beside
        the larger index that these cases stand beside, if there is one.
    """
    arrays = old.arrays
    count = len(arrays["ids"])
    lines = [case_line(case) for case in put]
    fresh = _read(put, progress)
    put_ids = np.array([case.id.encode() for case in put], dtype="S128")
    touched = np.concatenate((put_ids, np.array([i.encode() for i in gone], dtype="S128")))
    replaced = positions(arrays["ids"], touched)
    kept = np.delete(np.arange(count), replaced)
    places = np.searchsorted(arrays["ids"][kept], put_ids)
    # Numbers of cases, counted through the old and then the put ones, in the order of ids.
    source = np.insert(kept, places, np.arange(count, count + len(put)))

    readings = _read_rows(old, fresh, source)
    lexical = compile_rows(readings.rows, readings.numbered, beside=beside)
    blob, offsets = _joined(old.cases, arrays["offsets"], lines, source)
    days = np.array([case.published.toordinal() for case in put], dtype=np.int32)
    summary = Summary.of(old.header).without(lines_of(old, replaced)).with_cases(put, lines)
    return Snapshot(
        header=summary.header(),
        arrays={
            **readings.arrays,
            "vocabulary": lexical.vocabulary,
            "idf": lexical.idf,
            "terms": lexical.terms,
            "post_indptr": lexical.post_indptr,
            "post_rows": lexical.post_rows,
            "post_weights": lexical.post_weights,
            "ids": np.concatenate((arrays["ids"], put_ids))[source],
            "offsets": offsets,
            "published": np.concatenate((arrays["published"], days))[source],
        },
        cases=blob,
    )


LANGUAGE: Final = "S8"
"""A language by its primary subtag, of at most eight letters."""

Passage = tuple[Reading, int]
"""A passage of a claim, and the number of its wording."""


def _read(put: Sequence[Case], progress: Progress | None) -> list[list[Passage]]:
    read = []
    for done, case in enumerate(put, start=1):
        read.append(
            [
                (reading, number)
                for number, claim in enumerate(case.claims)
                for reading in passages(claim.text, claim.language)
            ]
        )
        if progress:
            progress(done, len(put))
    return read


def lines_of(content: Snapshot, numbers: Iterable[int]) -> Iterator[bytes]:
    """The lines of some cases of a snapshot."""
    offsets = content.arrays["offsets"]
    return (bytes(content.cases[offsets[number] : offsets[number + 1]]) for number in numbers)


def positions(ids: NDArray[Any], wanted: NDArray[Any]) -> NDArray[np.int64]:
    """Where the wanted ids stand, of those that are there; each once."""
    if not len(ids):
        return np.zeros(0, dtype=np.int64)
    at = np.minimum(np.searchsorted(ids, wanted), len(ids) - 1)
    return np.unique(at[ids[at] == wanted]).astype(np.int64)


@dataclass(frozen=True, slots=True)
class _ReadRows:
    """The rows of all cases, as they are weighed and as a snapshot holds them."""

    rows: Rows
    numbered: Numbered
    arrays: dict[str, NDArray[Any]]


def _read_rows(
    old: Snapshot, fresh: Sequence[Sequence[Passage]], source: NDArray[np.int64]
) -> _ReadRows:
    """The rows of the cases in their order, counted through the old rows and then the fresh."""
    arrays = old.arrays
    flat = [passage for passages_of_case in fresh for passage in passages_of_case]
    readings = [reading for reading, _ in flat]
    sizes = [len(reading) for reading in readings]
    hashes = np.fromiter((h for r in readings for h in r.hashes), np.uint64, sum(sizes))
    zipfs = np.fromiter((z for r in readings for z in r.zipfs), np.float32, sum(sizes))
    positions = np.fromiter((p for r in readings for p in r.positions), np.uint16, sum(sizes))

    first = np.searchsorted(arrays["row_case"], np.arange(len(arrays["ids"]) + 1))
    counts = np.concatenate((np.diff(first), [len(each) for each in fresh])).astype(np.int64)
    starts = np.cumsum(counts) - counts
    taken = ranges(starts[source], counts[source])
    lengths = np.concatenate((np.diff(arrays["indptr"]), sizes)).astype(np.int64)
    at = ranges((np.cumsum(lengths) - lengths)[taken], lengths[taken])
    wordings = np.array([number for _, number in flat], dtype=np.int16)
    languages = np.array([reading.language.encode() for reading in readings], dtype=LANGUAGE)
    keys = np.fromiter((text_key(reading.text) for reading in readings), np.uint64, len(readings))
    texts = [reading.text.encode() for reading in readings]
    blob, text_offsets = _joined(arrays["texts"].data, arrays["text_offsets"], texts, taken)
    rows = Rows(
        hashes=np.concatenate((arrays["hashes"], hashes))[at],
        zipfs=np.concatenate((arrays["zipfs"], zipfs))[at],
        indptr=np.concatenate(([0], np.cumsum(lengths[taken]))).astype(np.int64),
        case=np.repeat(np.arange(len(source), dtype=np.int32), counts[source]),
    )
    return _ReadRows(
        rows=rows,
        numbered=renumber((arrays["vocabulary"], arrays["terms"]), hashes, at),
        arrays={
            "hashes": rows.hashes,
            "zipfs": rows.zipfs,
            "positions": np.concatenate((arrays["positions"], positions))[at],
            "indptr": rows.indptr,
            "row_case": rows.case,
            "row_wording": np.concatenate((arrays["row_wording"], wordings))[taken],
            "row_language": np.concatenate((arrays["row_language"], languages))[taken],
            "row_key": np.concatenate((arrays["row_key"], keys))[taken],
            "texts": np.frombuffer(blob, dtype=np.uint8),
            "text_offsets": text_offsets,
        },
    )


def _joined(
    old: bytes | memoryview | mmap.mmap,
    old_offsets: NDArray[np.int64],
    fresh: Sequence[bytes],
    source: NDArray[np.int64],
) -> tuple[bytes, NDArray[np.int64]]:
    """Pieces of an old blob and fresh ones in a new order, and where each begins.

    ``source`` counts through the old and then the fresh; old ones that stand side by side are
    taken in one piece.
    """
    count = len(old_offsets) - 1
    lengths = np.concatenate((np.diff(old_offsets), [len(piece) for piece in fresh]))
    offsets = np.concatenate(([0], np.cumsum(lengths[source]))).astype(np.int64)
    breaks = np.flatnonzero((np.diff(source) != 1) | (source[1:] >= count)) + 1
    bounds = [0, *breaks.tolist(), len(source)] if len(source) else [0]
    runs = []
    for start, end in itertools.pairwise(bounds):
        first, last = int(source[start]), int(source[end - 1])
        if first >= count:
            runs.append(fresh[first - count])
        else:
            runs.append(bytes(old[old_offsets[first] : old_offsets[last + 1]]))
    return b"".join(runs), offsets
