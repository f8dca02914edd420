"""The road of a batch: sentences, candidates, evidence, scores, matches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from matcher.detect import reading_language
from matcher.evidence import OVERLAP, overlap, wording
from matcher.passages import passages
from matcher.reading import Reading
from matcher.score import JUST_BELOW, THRESHOLDS, band, design, design_read, guarded, scorer
from matcher.types import Band, Guard, Match, Outcome, Sentence, Skipped, Why

if TYPE_CHECKING:
    from matcher.index import Index

GATE: Final = 3.0
"""Least shared idf times claim cover for a pair to be weighed at all; see ``rough``."""
WEIGHED_PAIRS: Final = 4
"""Pairs weighed a passage: ten find two hundredths more of the cases, at twice the cost."""
READ_PAIRS: Final = 256
"""Pairs that the pair model reads a request, best first: a bound on the cost of a hostile one."""
CONTRARY: Final = (Guard.NEGATED, Guard.QUOTED)
PAIR_LANGUAGE: Final = "en"
"""The language that the pair model was trained on."""


@dataclass(frozen=True, slots=True)
class _Pair:
    """One passage of a sentence against one row of the index, judged."""

    score: float
    guard: Guard | None
    row: int
    reading: Reading


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
    layers = index.layers
    best: list[dict[int, _Pair]] = [{} for _ in sentences]
    for owner, pair in _judge(index, owners, readings, everything=least <= 0, limit=limit):
        case = layers.case_of(pair.row)
        if case not in best[owner] or pair.score > best[owner][case].score:
            best[owner][case] = pair
    matches = [
        _match(index, sentence, case, pair)
        for sentence, found in zip(sentences, best, strict=True)
        for case, pair in sorted(
            found.items(), key=lambda one: (-one[1].score, layers.id_at(one[0]))
        )[:limit]
        if pair.score >= least
    ]
    return Outcome(matches=tuple(matches), skipped=tuple(skipped))


def _judge(
    index: Index, owners: list[int], readings: list[Reading], *, everything: bool, limit: int
) -> list[tuple[int, _Pair]]:
    if not readings or not len(index):
        return []
    found = [
        (found.sentence, found.row + first, overlap(content.lexical, batch, found))
        for content, batch, found, first in index.layers.proposals(readings)
    ]
    sentence, row, common = (np.concatenate(part) for part in zip(*found, strict=True))
    kept = _worth_weighing(sentence, rough(common), everything=everything, limit=limit)
    if not len(kept):
        return []
    sentences, rows = sentence[kept].tolist(), row[kept].tolist()
    pairs = [
        (readings[place], index.layers.reading(row))
        for place, row in zip(sentences, rows, strict=True)
    ]
    worded = np.array([wording(*pair) for pair in pairs], dtype=np.float32)
    evidence = np.column_stack((common[kept], worded))
    scores = _scores(index, pairs, evidence, everything=everything)
    return [
        (owners[place], _Pair(*judged, row, readings[place]))
        for judged, place, row in zip(
            _overshadowed(scores, sentences), sentences, rows, strict=True
        )
    ]


def _overshadowed(
    scores: list[tuple[float, Guard | None]], sentences: list[int]
) -> Iterator[tuple[float, Guard | None]]:
    """Hold what comes after a contradiction of the nearest claim.

    A sentence that denies or debunks the claim nearest to it is about that one; that it also
    comes near to others of the same subject is no reason to show them.
    """
    nearest: Guard | None = None
    for i, (score, guard) in enumerate(scores):
        if not i or sentences[i] != sentences[i - 1]:
            nearest = guard if guard in CONTRARY and band(score) is None else None
        limit = THRESHOLDS[Band.SIMILAR] - JUST_BELOW
        yield (limit, nearest) if nearest and score > limit else (score, guard)


def _scores(
    index: Index,
    pairs: list[tuple[Reading, Reading]],
    evidence: NDArray[np.float32],
    *,
    everything: bool,
) -> list[tuple[float, Guard | None]]:
    """Score and guard of each pair: by the light stage, and by the pair model where it reads."""
    model, cases = scorer(), len(index)
    logits = model.light.logits(design(evidence))
    light = model.light.scores(logits, cases)
    if index.pair_model is None:
        return [guarded(float(s), e) for s, e in zip(light, evidence, strict=True)]
    english = np.array(
        [a.language == PAIR_LANGUAGE and b.language == PAIR_LANGUAGE for a, b in pairs]
    )
    least = -np.inf if everything else model.read_from + model.light.by_chance(cases)
    read = np.flatnonzero(english & (logits >= least))
    read = read[np.argsort(-logits[read], kind="stable")][:READ_PAIRS]
    heard = index.pair_model.scores([(pairs[i][0].text, pairs[i][1].text) for i in read])
    sure = model.read.scores(
        model.read.logits(design_read(evidence[read], logits[read], heard)), cases
    )
    judged = [
        # What the pair model was not asked about is no more than near.
        (min(float(s), THRESHOLDS[Band.SIMILAR] - JUST_BELOW), None) if e else guarded(float(s), c)
        for s, e, c in zip(light, english, evidence, strict=True)
    ]
    for i, score, logit in zip(read.tolist(), sure.tolist(), heard.tolist(), strict=True):
        judged[i] = guarded(score, evidence[i], logit)
    return judged


def rough(common: NDArray[np.float32]) -> NDArray[np.float32]:
    """What the sparse index alone says of pairs: shared idf times the claim's cover."""
    return np.asarray(
        common[:, OVERLAP.index("shared_idf")] * common[:, OVERLAP.index("claim_cover")]
    )


def _worth_weighing(
    proposed: NDArray[np.int32], worth: NDArray[np.float32], *, everything: bool, limit: int
) -> NDArray[np.int64]:
    """Positions of the pairs to weigh: the best few of each sentence that pass the gate."""
    most = max(WEIGHED_PAIRS, 2 * limit)
    order = np.lexsort((-worth, proposed))
    sentence = proposed[order]
    first = np.searchsorted(sentence, sentence)
    chosen = np.arange(len(order)) - first < most
    if not everything:
        chosen &= worth[order] >= GATE
    return order[chosen]


def _match(index: Index, sentence: Sentence, number: int, pair: _Pair) -> Match:
    claim = index.layers.claim_at(pair.row)
    return Match(
        sentence_id=sentence.id,
        case_id=index.layers.id_at(number),
        score=round(pair.score, 4),
        band=band(pair.score),
        claim=claim.text,
        claim_language=claim.language,
        why=Why(shared=_shared(pair.reading, index.layers.reading(pair.row)), guard=pair.guard),
    )


def _shared(sentence: Reading, claim: Reading) -> tuple[str, ...]:
    common = set(claim.hashes)
    at = [p for p, h in zip(sentence.positions, sentence.hashes, strict=True) if h in common]
    # The parts of a compound share its position.
    return tuple(sentence.words[position] for position in dict.fromkeys(at))
