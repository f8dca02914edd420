"""The road of a batch: sentences, candidates, evidence, scores, matches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from matcher.detect import reading_language
from matcher.evidence import OVERLAP, overlap, wording
from matcher.guard import JUST_BELOW
from matcher.judging import Judged, judge
from matcher.lexical import Candidates, candidates, look_up
from matcher.passages import passages
from matcher.reading import Reading
from matcher.score import THRESHOLDS, band
from matcher.types import Band, Guard, Match, Outcome, Sentence, Skipped, Why

if TYPE_CHECKING:
    from matcher.index import Index

GATE: Final = 3.0
"""Least shared idf times claim cover for a pair to be weighed at all; see ``rough``."""
WEIGHED_PAIRS: Final = 4
"""Pairs weighed a passage: ten find two hundredths more of the cases, at twice the cost."""
CONTRARY: Final = (Guard.NEGATED, Guard.QUOTED)


@dataclass(frozen=True, slots=True)
class _Pair:
    """One passage of a sentence against one row of the index, judged."""

    judged: Judged
    row: int
    reading: Reading

    @property
    def worth(self) -> tuple[float, float]:
        """What pairs are compared by: their scores, and where those are held what they were."""
        return self.judged.score, self.judged.unheld


def match_sentences(
    index: Index, sentences: Sequence[Sentence], *, limit: int, min_score: float | None
) -> Outcome:
    """Match a batch against an index; see ``Index.match``."""
    least = THRESHOLDS[Band.SIMILAR] if min_score is None else min_score
    owners: list[int] = []
    readings: list[Reading] = []
    skipped: list[Skipped] = []
    for number, sentence in enumerate(sentences):
        language = reading_language(sentence.text, sentence.language, index.languages)
        if language is None:
            skipped.append(Skipped(sentence.id, "language"))
            continue
        pieces = passages(sentence.text, language)
        if not pieces:
            skipped.append(Skipped(sentence.id, "empty"))
        owners += [number] * len(pieces)
        readings += pieces
    best: list[dict[int, _Pair]] = [{} for _ in sentences]
    for owner, pair in _judge(index, owners, readings, everything=least <= 0, limit=limit):
        case = int(index.rows.case[pair.row])
        if case not in best[owner] or pair.worth > best[owner][case].worth:
            best[owner][case] = pair
    matches = [
        _match(index, sentence, case, pair)
        for sentence, found in zip(sentences, best, strict=True)
        for case, pair in sorted(found.items(), key=_best_first)[:limit]
        if pair.judged.score >= least
    ]
    return Outcome(matches=tuple(matches), skipped=tuple(skipped))


def _best_first(found: tuple[int, _Pair]) -> tuple[float, float, int]:
    case, pair = found
    score, unheld = pair.worth
    return -score, -unheld, case


def _judge(
    index: Index, owners: list[int], readings: list[Reading], *, everything: bool, limit: int
) -> list[tuple[int, _Pair]]:
    if not readings or not len(index):
        return []
    batch = look_up(index.lexical, readings)
    proposed = candidates(index.lexical, batch)
    common = overlap(index.lexical, batch, proposed)
    kept = _worth_weighing(proposed, rough(common), everything=everything, limit=limit)
    if not len(kept):
        return []
    pairs = [
        (readings[sentence], index.row_reading(row))
        for sentence, row in zip(
            proposed.sentence[kept].tolist(), proposed.row[kept].tolist(), strict=True
        )
    ]
    worded = np.array([wording(*pair) for pair in pairs], dtype=np.float32)
    evidence = np.column_stack((common[kept], worded))
    sentences = proposed.sentence[kept]
    found = judge(
        index.semantic, len(index), pairs, evidence, sentences=sentences, everything=everything
    )
    return [
        (owners[sentence], _Pair(judged, row, readings[sentence]))
        for judged, sentence, row in zip(
            _overshadowed(found, sentences.tolist()),
            sentences.tolist(),
            proposed.row[kept].tolist(),
            strict=True,
        )
    ]


def _overshadowed(found: Sequence[Judged], sentences: Sequence[int]) -> Iterator[Judged]:
    """Hold what comes after a contradiction of the nearest claim.

    A sentence that denies or debunks the claim nearest to it is about that one; that it also
    comes near to others of the same subject is no reason to show them.
    """
    nearest: dict[int, Judged] = {}
    for sentence, judged in zip(sentences, found, strict=True):
        if sentence not in nearest or judged.near > nearest[sentence].near:
            nearest[sentence] = judged
    limit = THRESHOLDS[Band.SIMILAR] - JUST_BELOW
    for sentence, judged in zip(sentences, found, strict=True):
        first = nearest[sentence]
        hidden = first.guard in CONTRARY and band(first.score) is None and judged.score > limit
        yield replace(judged, score=limit, guard=first.guard) if hidden else judged


def rough(common: NDArray[np.float32]) -> NDArray[np.float32]:
    """What the sparse index alone says of pairs: shared idf times the claim's cover."""
    return np.asarray(
        common[:, OVERLAP.index("shared_idf")] * common[:, OVERLAP.index("claim_cover")]
    )


def _worth_weighing(
    proposed: Candidates, worth: NDArray[np.float32], *, everything: bool, limit: int
) -> NDArray[np.int64]:
    """Positions of the pairs to weigh: the best few of each sentence that pass the gate."""
    most = max(WEIGHED_PAIRS, 2 * limit)
    order = np.lexsort((-worth, proposed.sentence))
    sentence = proposed.sentence[order]
    first = np.searchsorted(sentence, sentence)
    chosen = np.arange(len(order)) - first < most
    if not everything:
        chosen &= worth[order] >= GATE
    return order[chosen]


def _match(index: Index, sentence: Sentence, number: int, pair: _Pair) -> Match:
    case = index.case_at(number)
    claim = case.claims[index.wording_of(pair.row)]
    return Match(
        sentence_id=sentence.id,
        case_id=case.id,
        score=round(pair.judged.score, 4),
        band=band(pair.judged.score),
        claim=claim.text,
        claim_language=claim.language,
        why=Why(shared=_shared(pair.reading, index.row_reading(pair.row)), guard=pair.judged.guard),
    )


def _shared(sentence: Reading, claim: Reading) -> tuple[str, ...]:
    common = set(claim.hashes)
    return tuple(
        sentence.words[position]
        for position, hashed in zip(sentence.positions, sentence.hashes, strict=True)
        if hashed in common
    )
