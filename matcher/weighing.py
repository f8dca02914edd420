"""Which pairs of sentences and claims are weighed, and the evidence that they bring."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from matcher.evidence import OVERLAP, WORDING, wording
from matcher.layers import Layers
from matcher.lexical import CANDIDATES, Candidates
from matcher.nearest import (
    Pairs,
    best_of_each,
    cosines_with_all,
    largest,
    nearest_by_words,
    nearness,
)
from matcher.reading import Reading
from matcher.score import design, scorer
from matcher.vectors import KnownVectors

GATE: Final = 4.0
GATE_CASES: Final = 11_000
GATE_SLOPE: Final = 0.5
"""Least shared idf times claim cover for a pair to be weighed at all (see ``rough``), in an index
of so many cases, and how it rises for each factor e of them: the best of more is higher by
chance. A small index can afford to weigh more."""
WEIGHED_PAIRS: Final = 5
"""Pairs weighed a passage that words propose: ten find no more."""
SPARE: Final = 3
"""Pairs weighed a passage beyond the cases wanted: a case may have several wordings."""
PROPOSED_FOR_ONE: Final = 3
"""Pairs weighed a passage for each case wanted, where all are wanted whatever their score."""
WEIGHED_A_REQUEST: Final = 1_500
"""Pairs weighed a request where all are wanted, if a sentence then gets as many as is usual."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """Pairs of sentences and claims: one entry of each array, or of ``readings``, a pair.

    ``sentence`` and ``row`` (int32) are positions; ``evidence`` has the columns of OVERLAP +
    WORDING. ``worthy``: would be here also if not all were wanted whatever their score;
    ``by_vectors``: proposed by their vectors, which are known.
    """

    sentence: NDArray[np.int32]
    row: NDArray[np.int32]
    readings: list[tuple[Reading, Reading]]
    evidence: NDArray[np.float32]
    worthy: NDArray[np.bool_]
    by_vectors: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.row)


def weigh(
    layers: Layers,
    known: KnownVectors | None,
    sentences: Sequence[Reading],
    *,
    limit: int,
    everything: bool,
) -> Weighed:
    """Gather the pairs that may be shown and their evidence.

    Parameters
    ----------
    known
        the vectors of claims; None: words alone propose.
    limit
        cases wanted a sentence.
    everything
        whether they are wanted whatever their score: then more is weighed, and nothing less.
    """
    usual = most = max(WEIGHED_PAIRS, limit + SPARE)
    if everything:
        most = max(usual, min(PROPOSED_FOR_ONE * limit, WEIGHED_A_REQUEST // len(sentences)))
    texts = _Texts(layers, sentences)
    found = layers.candidates(texts.asked, limit=max(CANDIDATES, most))
    common = layers.overlap(texts.asked, found)
    worth = rough(common)
    first = best_of_each(found.sentence, worth, least=gate(len(layers)), most=usual)
    parts = [texts.weighed(found.where(first), common[first])]
    if known is not None:
        near = nearest_by_words(known, layers, sentences, _worth_comparing(parts[0], len(layers)))
        pairs = texts.others(near, parts)
        parts.append(texts.weighed(pairs, layers.overlap(texts.asked, pairs), by_vectors=True))
    if everything:
        cosines = cosines_with_all(known, layers, sentences) if known is not None else None
        if cosines is None:
            rest = best_of_each(found.sentence, worth, least=-math.inf, most=most)
            rest = np.setdiff1d(rest, first)
            parts.append(texts.weighed(found.where(rest), common[rest], worthy=False))
        else:
            sentence, row = largest(cosines, most)
            sentence = np.concatenate((found.sentence, sentence))
            pairs = texts.others((sentence, np.concatenate((found.row, row))), parts)
            parts.append(texts.nearest(pairs, cosines, most=usual))
    return _joined(parts)


def rough(common: NDArray[np.float32]) -> NDArray[np.float32]:
    """What the sparse index alone says of pairs: shared idf times the claim's cover."""
    return np.asarray(
        common[:, OVERLAP.index("shared_idf")] * common[:, OVERLAP.index("claim_cover")]
    )


def gate(cases: int) -> float:
    """The least ``rough`` for a pair to be weighed in an index of so many cases."""
    return max(GATE / 2, GATE + GATE_SLOPE * math.log(max(cases, 1) / GATE_CASES))


def _worth_comparing(weighed: Weighed, cases: int) -> list[int]:
    """The sentences with pairs that words alone find worth comparing by vectors, best first."""
    model = scorer()
    light = model.light.logits(design(weighed.evidence))
    worth_it = np.flatnonzero(light >= model.least_light(cases))
    best_first = worth_it[np.argsort(-light[worth_it], kind="stable")]
    return list(dict.fromkeys(weighed.sentence[best_first].tolist()))


class _Texts:
    """Some sentences, looked up in an index."""

    def __init__(self, layers: Layers, sentences: Sequence[Reading]) -> None:
        self.asked = layers.look_up(sentences)
        self._layers = layers
        self._sentences = sentences

    def others(self, pairs: Pairs, before: Iterable[Weighed]) -> Candidates:
        """Pairs, each once, but for those that are weighed before."""
        sentence, row = pairs
        width = self._layers.rows
        taken = [part.sentence.astype(np.int64) * width + part.row for part in before]
        numbers = sentence.astype(np.int64) * width + row
        fresh = np.setdiff1d(numbers, np.concatenate(taken))
        sentence, row = (part.astype(np.int32) for part in np.divmod(fresh, width))
        return self._layers.with_bm25(self.asked, sentence, row)

    def nearest(self, pairs: Candidates, cosines: NDArray[np.float32], *, most: int) -> Weighed:
        """The nearest of some pairs with their evidence, ``most`` of a sentence."""
        common = self._layers.overlap(self.asked, pairs)
        near = cosines[pairs.sentence, pairs.row]
        worth = nearness(common[:, OVERLAP.index("shared_idf")], near)
        kept = best_of_each(pairs.sentence, worth, least=-math.inf, most=most)
        return self.weighed(
            pairs.where(kept), common[kept], worthy=False, by_vectors=np.isfinite(near[kept])
        )

    def weighed(
        self,
        pairs: Candidates,
        common: NDArray[np.float32],
        *,
        worthy: bool = True,
        by_vectors: NDArray[np.bool_] | bool = False,
    ) -> Weighed:
        """Pairs with their evidence, of which the words in common are known."""
        readings = [
            (self._sentences[place], self._layers.reading(row))
            for place, row in zip(pairs.sentence.tolist(), pairs.row.tolist(), strict=True)
        ]
        worded = np.array([wording(*pair) for pair in readings], dtype=np.float32)
        return Weighed(
            sentence=pairs.sentence,
            row=pairs.row,
            readings=readings,
            evidence=np.column_stack((common, worded.reshape(-1, len(WORDING)))),
            worthy=np.full(len(pairs), worthy),
            by_vectors=np.broadcast_to(by_vectors, len(pairs)),
        )


def _joined(parts: Sequence[Weighed]) -> Weighed:
    return Weighed(
        sentence=np.concatenate([part.sentence for part in parts]),
        row=np.concatenate([part.row for part in parts]),
        readings=[pair for part in parts for pair in part.readings],
        evidence=np.concatenate([part.evidence for part in parts]),
        worthy=np.concatenate([part.worthy for part in parts]),
        by_vectors=np.concatenate([part.by_vectors for part in parts]),
    )
