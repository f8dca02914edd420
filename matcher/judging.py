"""From the evidence of pairs to their scores: by words, by vectors, and read together.

Each stage is dearer than the one before and is asked only about what that one leaves.
"""

from __future__ import annotations

from dataclasses import dataclass
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
COMPARED_A_SENTENCE: Final = 30
COMPARED_PAIRS: Final = 384
"""Pairs whose vectors are compared, of one passage and in all: a claim's is mostly known
beforehand, but not yet after a large push."""
READ_A_SENTENCE: Final = 4
"""Pairs of one passage that are read together."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A pair's score, the guard that lowered it, and how near the two come.

    ``near`` says how near the sentence comes to the claim, whatever it says of it: to compare
    within one sentence, by words and, where they are known, by vectors (``nearness``).
    """

    score: float
    guard: Guard | None
    near: float


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
    undecided, hopeless = np.zeros(len(pairs), dtype=bool), ~weighed.worthy
    if semantic is not None:
        languages = [(a.language, b.language) for a, b in pairs]
        undecided = np.array([semantic.compares(*each) for each in languages])
        worth_it = weighed.by_vectors | (light >= model.least_light(cases))
        hopeless |= undecided & ~worth_it
        first = _best_first(light, undecided & (everything | worth_it), weighed.worthy)
        compared = _of_the_first(first, sentences, COMPARED, COMPARED_A_SENTENCE)[:COMPARED_PAIRS]
        # Vectors that are known cost nothing.
        compared = np.union1d(compared, np.flatnonzero(weighed.by_vectors & undecided))
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
        worth_it = about >= model.least_near(cases)
        hopeless |= open_ & ~worth_it
        read = _best_first(about, open_ & (everything | worth_it), weighed.worthy)
        read = _first_of_each(read, sentences)[:READ]
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
    return [
        Judged(score, None, nearness)
        if unsure
        else Judged(*guarded(score, columns_, None if np.isnan(logit) else logit), nearness)
        for score, unsure, columns_, logit, nearness in zip(
            scores.tolist(),
            undecided.tolist(),
            evidence.tolist(),
            heard.tolist(),
            near.tolist(),
            strict=True,
        )
    ]


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
    logits: NDArray[np.float64], chosen: NDArray[np.bool_], worthy: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Positions of the pairs chosen for the next stage, best first.

    Those that would be here anyway come before all others: whoever wants more is shown no less.
    """
    places = np.flatnonzero(chosen)
    return places[np.lexsort((-logits[places], ~worthy[places]))]


def _of_the_first(
    chosen: NDArray[np.int64], sentences: NDArray[np.int32], count: int, each: int
) -> NDArray[np.int64]:
    """Of pairs in their order those of the ``count`` sentences that come first, ``each`` of one."""
    places: dict[int, int] = {}
    kept = []
    for pair, sentence in zip(chosen.tolist(), sentences[chosen].tolist(), strict=True):
        if sentence not in places and len(places) == count:
            continue
        places[sentence] = places.get(sentence, 0) + 1
        if places[sentence] <= each:
            kept.append(pair)
    return np.array(kept, dtype=np.int64)


def _first_of_each(chosen: NDArray[np.int64], sentences: NDArray[np.int32]) -> NDArray[np.int64]:
    """Of pairs in their order the best of each sentence, then the second of each, then ..."""
    places: dict[int, int] = {}
    ranks = []
    for sentence in sentences[chosen].tolist():
        ranks.append(places.get(sentence, 0))
        places[sentence] = ranks[-1] + 1
    rank = np.array(ranks, dtype=np.int64)
    order = np.argsort(rank, kind="stable")
    return chosen[order[rank[order] < READ_A_SENTENCE]]


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
