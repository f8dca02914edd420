"""From the evidence of pairs to their scores: by words, by vectors, and read together.

Each stage is dearer than the one before and is asked only about what that one leaves.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan
from typing import Final

import numpy as np
from numpy.typing import NDArray

from matcher.guard import JUST_BELOW, guarded
from matcher.nearest import COMPARED, nearness
from matcher.score import COLUMN, THRESHOLDS, design, design_near, design_read, scorer
from matcher.semantic import Semantic
from matcher.types import Band, Guard
from matcher.weighing import Weighed

READ: Final = 128
"""Pairs that are read together, a request at most, best first, as ``COMPARED`` is a bound on what
a hostile one costs. Of 256 sentences of news some 10 are compared and 4 pairs read; of 256
honest ones on an index's very subjects 116, so that each has its best pair read."""
MADE_A_SENTENCE: Final = 30
MADE: Final = 384
"""Vectors of claims that are made, of one passage and in all: mostly they are known beforehand,
but not yet after a large push."""
READ_A_SENTENCE: Final = 4
"""Pairs of one passage that are read together."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A pair's score, the guard that lowered it, and how near the two come.

    ``compared`` and ``decided`` say whether it is compared, and its score is believed, also if
    not all are wanted whatever their score: what else is met then hides nothing and shows nothing.
    ``near`` says how near the sentence comes to the claim, whatever it says of it: to compare
    within one sentence, by words and, where they are known, by vectors (``nearness``).
    """

    score: float
    guard: Guard | None
    near: float
    compared: bool
    decided: bool


def judge(
    semantic: Semantic | None,
    cases: int,
    weighed: Weighed,
    *,
    everything: bool,
) -> list[Judged]:
    """Judge the pairs of a batch against an index of so many cases.

    Parameters
    ----------
    semantic
        None: words alone decide.
    everything
        whether also the hopeless are worth their cost, since somebody wants them in order.
    """
    pairs, evidence, sentences = weighed.readings, weighed.evidence, weighed.sentence
    model = scorer()
    light = model.light.logits(design(evidence))
    scores = model.light.scores(light, cases)
    about, heard = light.copy(), np.full(len(pairs), np.nan)
    shared_idf = evidence[:, COLUMN["shared_idf"]]
    near = nearness(shared_idf, np.full(len(pairs), -np.inf, dtype=np.float32))
    usual = weighed.worthy
    undecided, hopeless = np.zeros(len(pairs), dtype=bool), ~weighed.worthy
    if semantic is not None:
        languages = [(a.language, b.language) for a, b in pairs]
        undecided = np.array([semantic.compares(*each) for each in languages])
        hopeless |= undecided & ~(weighed.by_vectors | (light >= model.least_light(cases)))
        usual = ~hopeless
        compared = _best_first(light, undecided & (everything | usual), usual)
        compared = _affordable(compared, sentences, weighed.known)
        cosines = semantic.cosines([(pairs[i][0].text, pairs[i][1].text) for i in compared])
        columns = design_near(evidence[compared], light[compared], cosines)
        near[undecided] -= FAR
        near[compared] = nearness(shared_idf[compared], cosines)
        about[compared] = model.near.logits(columns)
        scores[compared] = model.near.scores(about[compared], cases)
        readable = np.array([semantic.reads(*each) for each in languages])
        undecided[compared] = readable[compared]

        open_ = np.zeros(len(pairs), dtype=bool)
        open_[compared] = readable[compared]
        hopeless |= open_ & (about < model.least_near(cases))
        read = _best_first(about, open_ & (everything | ~hopeless), ~hopeless)
        read = _first_of_each(read, sentences, ~hopeless)[:READ]
        place = {pair: i for i, pair in enumerate(compared.tolist())}
        seen = columns[[place[pair] for pair in read.tolist()]]
        heard[read] = logits = semantic.logits([(pairs[i][0].text, pairs[i][1].text) for i in read])
        said = model.read.scores(model.read.logits(design_read(seen, logits)), cases)
        # Whether it says the same decides on ``match``, how near it comes on ``similar``.
        scores[read] = np.where(
            said >= THRESHOLDS[Band.MATCH], said, _below_match(scores[read], said)
        )
        undecided[read] = False
        _put_behind(scores, undecided, read, sentences)
    limit = THRESHOLDS[Band.SIMILAR] - JUST_BELOW
    # What is looked at only because all are wanted is not shown for it.
    np.minimum(scores, limit, out=scores, where=undecided | hopeless)
    told = [
        (score, None) if unsure else guarded(score, columns_, None if isnan(logit) else logit)
        for score, unsure, columns_, logit in zip(
            scores.tolist(), undecided.tolist(), evidence.tolist(), heard.tolist(), strict=True
        )
    ]
    rest = near.tolist(), usual.tolist(), (~hopeless).tolist()
    return [Judged(*each, *others) for each, *others in zip(told, *rest, strict=True)]


def _below_match(scores: NDArray[np.float64], said: NDArray[np.float64]) -> NDArray[np.float64]:
    """Scores that reach ``similar`` at most: how near it comes decides whether they do.

    Above that, what is said counts for as much: of 1,000 honest sentences it holds 52 instead of
    71 above the level at which three quarters of the cases are found; for more than that it
    would cost cases at 1 per 1,000.
    """
    similar, match = THRESHOLDS[Band.SIMILAR], THRESHOLDS[Band.MATCH]
    near = (scores - similar) / (1 - similar)
    within = similar + (near + said / match) / 2 * (match - JUST_BELOW - similar)
    return np.where(scores >= similar, np.minimum(within, match - JUST_BELOW), scores)


FAR: Final = 100.0
"""Puts the pairs that are not compared behind those that are."""


def _best_first(
    logits: NDArray[np.float64], chosen: NDArray[np.bool_], usual: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Positions of the pairs chosen for the next stage, best first.

    Those that come so far anyway are before all others: whoever wants more is shown no less.
    """
    places = np.flatnonzero(chosen)
    return places[np.lexsort((-logits[places], ~usual[places]))]


def _affordable(
    chosen: NDArray[np.int64], sentences: NDArray[np.int32], known: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Of pairs in their order those of the first sentences, and of the first unknown vectors."""
    made: dict[int, int] = {}
    kept, left = [], MADE
    for pair, sentence in zip(chosen.tolist(), sentences[chosen].tolist(), strict=True):
        if sentence not in made:
            if len(made) == COMPARED:
                continue
            made[sentence] = 0
        if not known[pair]:
            made[sentence] += 1
            left -= 1
            if left < 0 or made[sentence] > MADE_A_SENTENCE:
                continue
        kept.append(pair)
    return np.array(kept, dtype=np.int64)


def _first_of_each(
    chosen: NDArray[np.int64], sentences: NDArray[np.int32], usual: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Of pairs in their order the best of each sentence, then the second of each, then ...

    Behind all these come those that are here only because all are wanted: the best of a sentence
    of which no other is read.
    """
    places: dict[int, int] = {}
    ranks = []
    for sentence in sentences[chosen].tolist():
        ranks.append(places.get(sentence, 0))
        places[sentence] = ranks[-1] + 1
    rank = np.array(ranks, dtype=np.int64)
    order = np.lexsort((rank, ~usual[chosen]))
    most = np.where(usual[chosen], READ_A_SENTENCE, 1)
    return chosen[order[rank[order] < most[order]]]


def _put_behind(
    scores: NDArray[np.float64],
    undecided: NDArray[np.bool_],
    read: NDArray[np.int64],
    sentences: NDArray[np.int32],
) -> None:
    """Let no pair that was not read come before one of its sentence that was."""
    lowest: dict[int, float] = {}
    for pair in read.tolist():
        sentence = int(sentences[pair])
        lowest[sentence] = min(lowest.get(sentence, 1.0), float(scores[pair]))
    for pair in np.flatnonzero(undecided).tolist():
        scores[pair] *= lowest.get(int(sentences[pair]), 1.0)
