"""The road of a batch: sentences, candidates, evidence, scores, matches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import TYPE_CHECKING, Final, Self

import numpy as np

from matcher.detect import reading_language
from matcher.guard import JUST_BELOW, held
from matcher.judging import Judged, judge
from matcher.passages import passages
from matcher.reading import Reading
from matcher.score import THRESHOLDS, band
from matcher.types import Band, Guard, Match, Outcome, Sentence, Skipped, Why
from matcher.weighing import weigh

if TYPE_CHECKING:
    from matcher.index import Index

CONTRARY: Final = (Guard.NEGATED, Guard.QUOTED)


@dataclass(frozen=True, slots=True)
class _Pair:
    """One passage of a sentence against one row of the index, judged."""

    judged: Judged
    row: int
    reading: Reading
    near: float
    """``Judged.near``, of all pairs of the sentence and the case together."""

    def beside(self, other: Self) -> Self:
        """The better of two pairs of a sentence and a case, as near as both together come.

        A case of which several wordings come near is nearer than by the best of them.
        """
        best = max(other, self, key=lambda pair: pair.worth(everything=False))
        return replace(best, near=float(np.logaddexp(self.near, other.near)))

    def worth(self, *, everything: bool) -> tuple[bool, float, float]:
        """What pairs are compared by: their scores.

        Where all are wanted, how near they come, for guards and doubt put scores on a few
        levels; a ``match`` comes first all the same.
        """
        score, near = self.judged.score, self.near
        match = band(score) is Band.MATCH
        return (match, near, score) if everything else (match, score, near)


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
    layers, everything = index.layers, least <= 0
    best: list[dict[int, _Pair]] = [{} for _ in sentences]
    for owner, case, pair in _judge(index, owners, readings, everything=everything, limit=limit):
        found = best[owner]
        found[case] = pair.beside(found[case]) if case in found else pair
    matches = []
    for sentence, found in zip(sentences, best, strict=True):
        best_first = sorted(
            ((layers.id_at(case), pair) for case, pair in found.items()), key=itemgetter(0)
        )
        best_first.sort(key=lambda one: one[1].worth(everything=everything), reverse=True)
        matches += [
            _match(index, sentence, case_id, pair)
            for case_id, pair in best_first[:limit]
            if pair.judged.score >= least
        ]
    return Outcome(matches=tuple(matches), skipped=tuple(skipped))


def _judge(
    index: Index, owners: list[int], readings: list[Reading], *, everything: bool, limit: int
) -> list[tuple[int, int, _Pair]]:
    """The pairs that are weighed, each with the number of its sentence and of its case."""
    if not readings or not len(index):
        return []
    known = index.semantic.known if index.semantic is not None else None
    weighed = weigh(index.layers, known, readings, limit=limit, everything=everything)
    if not len(weighed):
        return []
    judged = judge(index.semantic, len(index), weighed, everything=everything)
    sentences, rows = weighed.sentence.tolist(), weighed.row.tolist()
    texts = [owners[place] for place in sentences]
    whole = [not place or owners[place - 1] != owners[place] for place in sentences]
    cases = list(map(index.layers.case_of, rows))
    found = _of_one_piece(_overshadowed(judged, sentences), texts, cases, whole)
    return [
        (text, case, _Pair(judged, row, readings[place], judged.near))
        for judged, text, case, place, row in zip(found, texts, cases, sentences, rows, strict=True)
    ]


def _contrary(judged: Judged) -> bool:
    return judged.decided and judged.guard in CONTRARY


def _overshadowed(found: Sequence[Judged], sentences: Sequence[int]) -> Iterator[Judged]:
    """Hold what is only ``similar`` where the nearest claim is contradicted or quoted.

    A sentence that denies or debunks the claim nearest to it is about that one; that it also
    comes near to others of the same subject is no reason to show them.
    """
    nearest: dict[int, Judged] = {}
    for sentence, judged in zip(sentences, found, strict=True):
        if judged.compared and judged.near > nearest.setdefault(sentence, judged).near:
            nearest[sentence] = judged
    for sentence, judged in zip(sentences, found, strict=True):
        first = nearest.get(sentence)
        hidden = first is not None and _contrary(first) and band(first.score) is None
        if first is not None and hidden and band(judged.score) is Band.SIMILAR:
            limit = THRESHOLDS[Band.SIMILAR] - JUST_BELOW
            yield replace(judged, score=limit, guard=first.guard)
        else:
            yield judged


def _of_one_piece(
    found: Iterable[Judged], texts: Sequence[int], cases: Sequence[int], whole: Sequence[bool]
) -> Iterator[Judged]:
    """Hold one sentence of a text below ``match`` where the text says the contrary or quotes.

    "Do vaccines cause infertility? No." holds the claim word for word, and denies it.
    """
    found = list(found)
    contrary = {
        (text, case): judged.guard
        for judged, text, case, is_whole in zip(found, texts, cases, whole, strict=True)
        if is_whole and _contrary(judged)
    }
    for judged, text, case, is_whole in zip(found, texts, cases, whole, strict=True):
        if not is_whole and (text, case) in contrary:
            score, guard = held(judged.score, Band.MATCH, contrary[text, case])
            yield replace(judged, score=score, guard=guard or judged.guard)
        else:
            yield judged


def _match(index: Index, sentence: Sentence, case_id: str, pair: _Pair) -> Match:
    claim = index.layers.claim_at(pair.row)
    return Match(
        sentence_id=sentence.id,
        case_id=case_id,
        score=round(pair.judged.score, 4),
        band=band(pair.judged.score),
        claim=claim.text,
        claim_language=claim.language,
        why=Why(
            shared=_shared(pair.reading, index.layers.reading(pair.row)), guard=pair.judged.guard
        ),
    )


def _shared(sentence: Reading, claim: Reading) -> tuple[str, ...]:
    common = set(claim.hashes)
    at = [p for p, h in zip(sentence.positions, sentence.hashes, strict=True) if h in common]
    # The parts of a compound share its position.
    return tuple(sentence.words[position] for position in dict.fromkeys(at))
