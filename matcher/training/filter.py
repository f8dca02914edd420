"""Measure what the filter's few numbers are set by: ``python -m matcher.training.filter``.

For indexes of several sizes: which score the engine's hints have, hence which share survives a
least score, and which share of ordinary sentences would leave. The least score's factor was read
from one half of the hints; the last lines show the other half. Needs the shared datasets.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha1
from typing import Final

import numpy as np
from numpy.typing import NDArray

from matcher.bench import build, corpus
from matcher.evaluate import ON_TOPIC, best_matches
from matcher.filter import Filter
from matcher.filterwire import Message, digest, encode, pack
from matcher.index import Index
from matcher.text import split_sentences
from matcher.training.corpora import rows
from matcher.types import Band

SIZES: Final = (500, 2_000, 6_000, 12_000, 50_000)
FACTORS: Final = (1.0, 1.5, 1.87, 2.5, 3.5)
"""Least scores to look at, as multiples of the square root of the number of cases."""


@dataclass(frozen=True, slots=True)
class Texts:
    """Sentences by what they are: with a key that keeps those of one case in one half."""

    hints: list[tuple[str, str]]
    ordinary: list[str]


def texts() -> Texts:
    """Sentences that mostly repeat a claim, and ordinary news."""
    said = [
        (r["case_id"], s) for r in rows("euvsdisinfo/pairs") for s in split_sentences(r["text"])
    ]
    quoted = [(r["fake"], r["text"]) for r in rows("propaganda_diary/quotes")]
    return Texts(said + quoted, [r["text"] for r in rows("news/en")])


def half(key: str) -> int:
    """The half, 0 or 1, that a case or a fake belongs to."""
    return sha1(key.encode(), usedforsecurity=False).digest()[0] % 2


def scores(filter_: Filter, sentences: Sequence[str]) -> NDArray[np.int64]:
    """The filter's scores of sentences."""
    return np.array([filter_.score(sentence) for sentence in sentences], dtype=np.int64)


def sent_bytes(filter_: Filter) -> int:
    """Bytes of a response that holds the filter."""
    content = encode(filter_)
    return len(pack(Message(0, 0, digest(content), None, content)))


def measure(index: Index, known: Texts) -> Iterator[str]:
    """Lines of the table for one index."""
    filter_ = Filter.build(index)
    bands = [
        found[0].band if found else None
        for found in best_matches(index, [text for _, text in known.hints])
    ]
    hint_scores = scores(filter_, [text for _, text in known.hints])
    ordinary = scores(filter_, known.ordinary)
    topical = ordinary[[bool(ON_TOPIC.search(text)) for text in known.ordinary]]
    yield f"\n{len(index):,} cases, {len(filter_.rows):,} rows, {sent_bytes(filter_):,} bytes sent"
    yield f"{'least':>7} {'match':>14} {'similar':>14} {'ordinary':>9} {'on topic':>9}   (halves)"
    for factor in FACTORS:
        least = factor * math.sqrt(len(index))
        cells = []
        for band in Band:
            chosen = [
                hint_scores[
                    [
                        found is band and half(key) == part
                        for found, (key, _) in zip(bands, known.hints, strict=True)
                    ]
                ]
                for part in (0, 1)
            ]
            cells.append(" ".join(f"{np.mean(part >= least):6.3f}" for part in chosen))
        leaving = [float(np.mean(group >= least)) for group in (ordinary, topical)]
        yield f"{least:7.0f} {cells[0]:>14} {cells[1]:>14} {leaving[0]:9.3f} {leaving[1]:9.3f}"


def main() -> None:
    """Print the tables."""
    known = texts()
    for cases in SIZES:
        for line in measure(build(corpus(cases).claims), known):
            sys.stdout.write(line + "\n")


if __name__ == "__main__":
    main()
