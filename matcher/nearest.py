"""The claims nearest to a sentence by the vectors that are known of them.

Words propose first, and tell which sentences are worth a vector at all. Of what else lies near
to one of these, some says the same in other words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from matcher.layers import Layers
from matcher.lexical import best_of_each, found_in
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

COSINE_WORTH: Final = np.float32(40)
"""What a cosine of one is worth beside the idf that a pair shares, in nats, where pairs are put
in order: words tell names and numbers apart, vectors find other words. Of 10 to 80 the best on
the training tweets of CheckThat! 2020, flat from 40 to 60; no fitted sum of more does better."""
LIKELY_COSINE: Final = np.float32(0.4)
"""Taken for a cosine that is not known."""

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


@dataclass(frozen=True, slots=True)
class Cosines:
    """The cosines of some sentences with some rows, both ascending; -inf: not known."""

    sentences: NDArray[np.int32]
    rows: NDArray[np.int32]
    values: NDArray[np.float32]

    def largest(self, most: int) -> Pairs:
        """Of each sentence the rows of the largest cosines, ``most`` of them, in no order."""
        most = min(most, len(self.rows))
        place = np.argpartition(self.values, -most, axis=1)[:, -most:]
        there = np.isfinite(np.take_along_axis(self.values, place, axis=1))
        return np.repeat(self.sentences, there.sum(axis=1)), self.rows[place[there]]

    def of(self, sentence: NDArray[np.int32], row: NDArray[np.int32]) -> NDArray[np.float32]:
        """The cosines of pairs."""
        one, known = found_in(self.sentences, sentence)
        other, there = found_in(self.rows, row)
        return np.where(known & there, self.values[one, other], np.float32(-np.inf))


def cosines_with_all(
    known: KnownVectors, layers: Layers, readings: Sequence[Reading]
) -> Cosines | None:
    """Compare sentences with all rows; None where that would cost too much."""
    chosen = np.flatnonzero([each.language in known.languages for each in readings])
    rows = layers.shown_rows()
    if not 0 < len(chosen) <= COMPARED or not 0 < len(rows) <= MOST_ROWS:
        return None
    vectors = known.vectors([readings[place].text for place in chosen.tolist()])
    return Cosines(chosen.astype(np.int32), rows, known.cosines(vectors, layers.keys(rows)))


def nearness(shared_idf: NDArray[np.float32], cosines: NDArray[np.float32]) -> NDArray[np.float32]:
    """How near sentences come to claims, by the words in common and by their vectors."""
    likely = np.where(np.isfinite(cosines), cosines, LIKELY_COSINE)
    return np.asarray(shared_idf + COSINE_WORTH * likely, dtype=np.float32)
