"""Which pairs of sentences and claims are weighed, and the evidence that they bring."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from matcher.evidence import OVERLAP, WORDING, wording
from matcher.layers import Layers
from matcher.lexical import CANDIDATES, Candidates, best_of_each
from matcher.nearest import Pairs, cosines_with_all, nearest_by_words, nearness
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
"""Pairs proposed a passage for each case wanted, where all are wanted whatever their score."""
PROPOSED_A_REQUEST: Final = 1_500
"""Pairs proposed a request where all are wanted, if a sentence then gets as many as is usual."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """Pairs of sentences and claims: one entry of each array, or of ``readings``, a pair.

    ``sentence`` and ``row`` (int32) are positions; ``evidence`` has the columns of OVERLAP +
    WORDING. ``worthy``: would be here also if not all were wanted whatever their score;
    ``by_vectors``: proposed by their vectors, whatever words say; ``known``: the claim's vector
    need not be made.
    """

    sentence: NDArray[np.int32]
    row: NDArray[np.int32]
    readings: list[tuple[Reading, Reading]]
    evidence: NDArray[np.float32]
    worthy: NDArray[np.bool_]
    by_vectors: NDArray[np.bool_]
    known: NDArray[np.bool_]

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
    usual = max(WEIGHED_PAIRS, limit + SPARE)
    texts = _Texts(layers, known, sentences)
    found = layers.candidates(texts.asked, limit=max(CANDIDATES, usual))
    common = layers.overlap(texts.asked, found)
    first = best_of_each(found.sentence, rough(common), least=gate(len(layers)), most=usual)
    parts = [texts.weighed(found.where(first), common[first])]
    if known is not None:
        chosen = _worth_comparing(parts[0], len(layers), known.languages)
        near = nearest_by_words(known, layers, sentences, chosen)
        if len(near[0]):
            pairs = texts.others(near, parts)
            others = texts.weighed(pairs, layers.overlap(texts.asked, pairs), by_vectors=True)
            parts = [texts.told_by_vectors(parts[0], near), others]
    if everything:
        most = max(usual, min(PROPOSED_FOR_ONE * limit, PROPOSED_A_REQUEST // len(sentences)))
        parts.append(texts.whatever_they_score(parts, usual=usual, most=most))
    return _joined(parts)


def rough(common: NDArray[np.float32]) -> NDArray[np.float32]:
    """What the sparse index alone says of pairs: shared idf times the claim's cover."""
    return np.asarray(
        common[:, OVERLAP.index("shared_idf")] * common[:, OVERLAP.index("claim_cover")]
    )


def gate(cases: int) -> float:
    """The least ``rough`` for a pair to be weighed in an index of so many cases."""
    return max(GATE / 2, GATE + GATE_SLOPE * math.log(max(cases, 1) / GATE_CASES))


def _worth_comparing(weighed: Weighed, cases: int, languages: Collection[str]) -> list[int]:
    """The sentences with pairs that words find worth comparing by vectors, best first."""
    model = scorer()
    light = model.light.logits(design(weighed.evidence))
    worth_it = np.flatnonzero(light >= model.least_light(cases))
    best_first = worth_it[np.argsort(-light[worth_it], kind="stable")].tolist()
    readable = [i for i in best_first if weighed.readings[i][1].language in languages]
    return list(dict.fromkeys(weighed.sentence[readable].tolist()))


class _Texts:
    """Some sentences, looked up in an index."""

    def __init__(
        self, layers: Layers, known: KnownVectors | None, sentences: Sequence[Reading]
    ) -> None:
        self.asked = layers.look_up(sentences)
        self._layers = layers
        self._known = known
        self._sentences = sentences

    def told_by_vectors(self, weighed: Weighed, near: Pairs) -> Weighed:
        """The pairs, and which of them vectors propose as well."""
        numbers = self._number(weighed.sentence, weighed.row)
        return replace(weighed, by_vectors=np.isin(numbers, self._number(*near)))

    def others(self, pairs: Pairs, before: Iterable[Weighed]) -> Candidates:
        """Pairs, each once, but for those that are weighed before."""
        taken = [self._number(part.sentence, part.row) for part in before]
        fresh = np.setdiff1d(self._number(*pairs), np.concatenate(taken))
        sentence, row = (part.astype(np.int32) for part in np.divmod(fresh, self._layers.rows))
        return self._layers.with_bm25(self.asked, sentence, row)

    def whatever_they_score(self, before: Sequence[Weighed], *, usual: int, most: int) -> Weighed:
        """Further pairs: the nearest of those that words and vectors propose.

        Where vectors do not tell, what words alone say decides, and more pairs are weighed.
        """
        layers, known = self._layers, self._known
        found = layers.candidates(self.asked, limit=max(CANDIDATES, most))
        cosines = cosines_with_all(known, layers, self._sentences) if known is not None else None
        if cosines is None:
            pairs = self.others((found.sentence, found.row), before)
            common = layers.overlap(self.asked, pairs)
            worth = rough(common)
        else:
            sentence, row = cosines.largest(most)
            sentence = np.concatenate((found.sentence, sentence))
            pairs = self.others((sentence, np.concatenate((found.row, row))), before)
            common = layers.overlap(self.asked, pairs)
            shared_idf = common[:, OVERLAP.index("shared_idf")]
            worth, most = nearness(shared_idf, cosines.of(pairs.sentence, pairs.row)), usual
        kept = best_of_each(pairs.sentence, worth, least=-math.inf, most=most)
        return self.weighed(pairs.where(kept), common[kept], worthy=False)

    def weighed(
        self,
        pairs: Candidates,
        common: NDArray[np.float32],
        *,
        worthy: bool = True,
        by_vectors: bool = False,
    ) -> Weighed:
        """Pairs with their evidence, of which the words in common are known."""
        readings = [
            (self._sentences[place], self._layers.reading(row))
            for place, row in zip(pairs.sentence.tolist(), pairs.row.tolist(), strict=True)
        ]
        worded = np.array([wording(*pair) for pair in readings], dtype=np.float32)
        nothing = np.zeros(len(pairs), dtype=bool)
        known = self._known
        return Weighed(
            sentence=pairs.sentence,
            row=pairs.row,
            readings=readings,
            evidence=np.column_stack((common, worded.reshape(-1, len(WORDING)))),
            worthy=nothing | worthy,
            by_vectors=nothing | by_vectors,
            known=nothing if known is None else known.knows(self._layers.keys(pairs.row)),
        )

    def _number(self, sentence: NDArray[np.int32], row: NDArray[np.int32]) -> NDArray[np.int64]:
        return sentence.astype(np.int64) * self._layers.rows + row


def _joined(parts: Sequence[Weighed]) -> Weighed:
    return Weighed(
        sentence=np.concatenate([part.sentence for part in parts]),
        row=np.concatenate([part.row for part in parts]),
        readings=[pair for part in parts for pair in part.readings],
        evidence=np.concatenate([part.evidence for part in parts]),
        worthy=np.concatenate([part.worthy for part in parts]),
        by_vectors=np.concatenate([part.by_vectors for part in parts]),
        known=np.concatenate([part.known for part in parts]),
    )
