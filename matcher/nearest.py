"""The claims nearest to a sentence by the vectors that are known of them.

Words propose first, and tell which sentences are worth a vector at all. Of what else lies near
to one of these, some says the same in other words.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from matcher.layers import Layers
from matcher.reading import Reading
from matcher.vectors import KnownVectors

DEPTH: Final = 50
"""Rows of highest BM25 among which a sentence's nearest are looked for; 100 or 200 find no more."""
NEAREST: Final = 8
"""Rows proposed a sentence."""
LEAST_COSINE: Final = 0.6
"""Below it hardly anything says the same."""
COMPARED: Final = 128
"""Passages whose vectors are made, a request at most, best first: a bound on what a hostile one
costs. A sentence is one passage, a text of several is one itself and one for each."""
MOST_ROWS: Final = 50_000
"""Rows of an index that may all be compared: 40 to 80 ms a request, 9 to 17 with 12,000."""

Pairs = tuple[NDArray[np.int32], NDArray[np.int32]]
"""Positions of sentences, and numbers of rows."""
NONE: Final = (np.zeros(0, np.int32), np.zeros(0, np.int32))


def nearest_by_words(
    known: KnownVectors, layers: Layers, readings: Sequence[Reading], best_first: Sequence[int]
) -> Pairs:
    """The nearest rows of some sentences, of those rows that share words with them."""
    readable = [place for place in best_first if readings[place].language in known.languages]
    chosen = np.array(readable[:COMPARED], dtype=np.int32)
    asked = [readings[place] for place in chosen.tolist()]
    if not asked:
        return NONE
    found = layers.candidates(layers.look_up(asked), limit=DEPTH)
    vectors = known.vectors([reading.text for reading in asked])
    cosines = known.paired(vectors[found.sentence], layers.keys(found.row))
    best = best_of_each(found.sentence, cosines, least=LEAST_COSINE, most=NEAREST)
    return chosen[found.sentence[best]], found.row[best]


def nearest_of_all(
    known: KnownVectors, layers: Layers, readings: Sequence[Reading], *, limit: int
) -> Pairs:
    """The nearest rows of all sentences, of all rows; none where that would cost too much."""
    chosen = [i for i, each in enumerate(readings) if each.language in known.languages]
    rows = layers.shown_rows()
    if not 0 < len(chosen) <= COMPARED or not 0 < len(rows) <= MOST_ROWS:
        return NONE
    vectors = known.vectors([readings[place].text for place in chosen])
    cosines = known.cosines(vectors, layers.keys(rows))
    most = min(limit, len(rows))
    best = np.argpartition(cosines, -most, axis=1)[:, -most:]
    there = np.isfinite(np.take_along_axis(cosines, best, axis=1))
    sentence = np.repeat(np.array(chosen, dtype=np.int32), there.sum(axis=1))
    return sentence, rows[best[there]]


def best_of_each(
    sentence: NDArray[np.int32], worth: NDArray[np.floating], *, least: float, most: int
) -> NDArray[np.int64]:
    """Places of the pairs that are worth most, ``most`` of a sentence, and ``least`` at least."""
    order = np.lexsort((-worth, sentence))
    grouped = sentence[order]
    first = np.searchsorted(grouped, grouped)
    return order[(np.arange(len(order)) - first < most) & (worth[order] >= least)]
