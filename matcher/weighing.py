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
from matcher.lexical import CANDIDATES, Batch, Candidates
from matcher.nearest import Pairs, best_of_each, nearest_by_words, nearest_of_all
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
    asked = layers.look_up(sentences)
    found = layers.candidates(asked, limit=max(CANDIDATES, most))
    common = layers.overlap(asked, found)
    worth = rough(common)
    first = best_of_each(found.sentence, worth, least=gate(len(layers)), most=usual)
    parts = [_weighed(layers, sentences, found.where(first), common[first])]
    if known is not None:
        near = nearest_by_words(known, layers, sentences, _worth_comparing(parts[0], len(layers)))
        parts.append(_others(layers, sentences, asked, near, parts))
    if everything:
        every = best_of_each(found.sentence, worth, least=-math.inf, most=most)
        every = np.setdiff1d(every, first)
        parts.append(_weighed(layers, sentences, found.where(every), common[every], worthy=False))
    if everything and known is not None:
        near = nearest_of_all(known, layers, sentences, limit=most)
        parts.append(_others(layers, sentences, asked, near, parts, worthy=False))
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


def _weighed(
    layers: Layers,
    sentences: Sequence[Reading],
    pairs: Candidates,
    common: NDArray[np.float32],
    *,
    worthy: bool = True,
    by_vectors: bool = False,
) -> Weighed:
    readings = [
        (sentences[place], layers.reading(row))
        for place, row in zip(pairs.sentence.tolist(), pairs.row.tolist(), strict=True)
    ]
    worded = np.array([wording(*pair) for pair in readings], dtype=np.float32)
    return Weighed(
        sentence=pairs.sentence,
        row=pairs.row,
        readings=readings,
        evidence=np.column_stack((common, worded.reshape(-1, len(WORDING)))),
        worthy=np.full(len(pairs), worthy),
        by_vectors=np.full(len(pairs), by_vectors),
    )


def _others(
    layers: Layers,
    sentences: Sequence[Reading],
    asked: Sequence[Batch],
    near: Pairs,
    before: Iterable[Weighed],
    *,
    worthy: bool = True,
) -> Weighed:
    """What vectors propose beyond the pairs that are weighed before."""
    sentence, row = near
    width = layers.rows
    known = [part.sentence.astype(np.int64) * width + part.row for part in before]
    fresh = ~np.isin(sentence.astype(np.int64) * width + row, np.concatenate(known))
    pairs = layers.with_bm25(asked, sentence[fresh], row[fresh])
    common = layers.overlap(asked, pairs)
    return _weighed(layers, sentences, pairs, common, worthy=worthy, by_vectors=True)


def _joined(parts: Sequence[Weighed]) -> Weighed:
    return Weighed(
        sentence=np.concatenate([part.sentence for part in parts]),
        row=np.concatenate([part.row for part in parts]),
        readings=[pair for part in parts for pair in part.readings],
        evidence=np.concatenate([part.evidence for part in parts]),
        worthy=np.concatenate([part.worthy for part in parts]),
        by_vectors=np.concatenate([part.by_vectors for part in parts]),
    )
