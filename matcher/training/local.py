"""Fit ``model/local.json``: ``python -m matcher.training.local`` (needs the shared datasets).

The rule of strict mode foretells, from the filter and the wordings alone, what the engine shows
as ``match``. It is fitted on the training folds, its thresholds are set on the news of the same
folds at the least rate asked of the engine, and the lines printed last are of the folds held out.
The tones of words are fitted first, on the same folds; the rule sees tones that each fold had no
part in. To be run again after ``matcher.training.filter``.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from matcher.bench.corpus import cases as cases_of
from matcher.bench.corpus import corpus
from matcher.evaluate.indexes import titles_index
from matcher.filter import Filter
from matcher.folding import PREFIX_UNITS
from matcher.index import Index
from matcher.local import EVIDENCE, MODEL, WORDING, Judge, Rule, plain_words, toned
from matcher.pack import Pack, wordings
from matcher.training.corpora import HELD_OUT
from matcher.training.filter import ROUNDS, Evidence, Sentences, gather, logistic
from matcher.types import Band

FILTERED: Final = (
    "shared_log",
    "claim_log",
    "sentence_log",
    "count_log",
    "terms_log",
    "cover",
    "part",
    "cover_part",
)
"""Names of the filter's own evidence, in its order."""
START: Final = Rule(bias=0, coefficients=(0,) * EVIDENCE, least_score=0, eager_score=0)
HONEST_WEIGHT: Final = 0.2
"""Sentences of disproofs count for so much of a news sentence: more of it, and fewer of them are
shown, and fewer hints found."""
TONES: Final = 400
"""Words that have a tone: those that tell the most sentences apart."""
LEAST_SENTENCES: Final = 8
"""Training sentences below which a word has none."""
TONE_UNIT: Final = 100
"""Units of tone a unit of log-odds."""
TONE_RIDGE: Final = 10.0
TONE_HINT_WEIGHT: Final = 3.0
"""Repeated claims count for so many sentences of disproofs: there are few."""
QUIET_WEIGHT: Final = 0.5
"""Sentences meant to repeat a claim that the engine does not show."""
RIDGE_SCALE: Final = 4_000
"""Score units a unit of log-odds."""
NEWS: Final = 0.5 / 1_000
"""Share of ordinary news that may be shown: the engine's own moves with every fit of it, by four
sentences or six of 14,211."""
TAIL: Final = 50
"""Best scores of ordinary news by which rates below one in a hundred are foretold."""
EAGER: Final = 2.4 / 1_000
"""Share of ordinary news that readers who want to see more put up with."""
SIZE_RATE: Final = 5 / 1_000
"""Share of ordinary news by whose score indexes of different sizes are compared."""
SIZES: Final = (500, 2_000, 6_000)


def evidence(index: Index, filter_: Filter, texts: list[str]) -> Evidence:
    """What a browser sees of sentences and the wordings nearest to each."""
    judge = Judge(filter_, wordings(Pack.of(index)).__getitem__, START)
    found = [[columns for _, columns in judge.candidates(text, "en")] for text in texts]
    return Evidence(
        columns=np.array([columns for some in found for columns in some], dtype=np.int64),
        owner=np.repeat(np.arange(len(texts)), list(map(len, found))),
        sentences=len(texts),
    )


def tones(known: Sentences, among: NDArray[np.bool_]) -> dict[str, int]:
    """The tones of English words: of repeated claims against disproofs, in their order."""
    hints = known.shown(Band.MATCH)
    chosen = np.flatnonzero(among & (hints | (known.kind == "honest")))
    texts = [{w[:PREFIX_UNITS] for w in plain_words(known.texts[at])} for at in chosen]
    counts = Counter(word for text in texts for word in text if word.isascii())
    words = sorted(word for word, count in counts.items() if count >= LEAST_SENTENCES)
    labels, weights = hints[chosen], np.where(hints[chosen], TONE_HINT_WEIGHT, 1.0)

    def slopes() -> NDArray[np.float64]:
        x = np.array([[word in text for word in words] for text in texts], dtype=np.float64)
        return logistic(x, labels, weights, plain_ridge=TONE_RIDGE)[1:]

    gains = np.abs(slopes()) * [counts[word] for word in words]
    words = [words[at] for at in sorted(np.argsort(-gains)[:TONES].tolist())]
    rounded = {w: round(s * TONE_UNIT) for w, s in zip(words, slopes(), strict=True)}
    return {word: tone for word, tone in rounded.items() if tone}


def with_tones(seen: Evidence, texts: list[str], own: dict[str, int]) -> Evidence:
    """The evidence with the tones of the sentences in it."""
    columns = seen.columns.copy()
    columns[:, -1] = np.array([toned(plain_words(text), own) for text in texts])[seen.owner]
    return replace(seen, columns=columns)


def unseen_tones(seen: Evidence, known: Sentences, among: NDArray[np.bool_]) -> Evidence:
    """The evidence with tones that no sentence of the same fold had a part in."""
    for fold in np.unique(known.fold[among]):
        others = with_tones(seen, known.texts, tones(known, among & (known.fold != fold)))
        here = known.fold[seen.owner] == fold
        seen = replace(seen, columns=np.where(here[:, None], others.columns, seen.columns))
    return seen


def fit(seen: Evidence, known: Sentences, among: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Bias and coefficients, in log-odds, from the best wording of each sentence of ``among``."""
    labels = known.shown(Band.MATCH)
    weights = np.where(known.kind == "honest", HONEST_WEIGHT, 1.0)
    weights[(known.kind == "hint") & ~labels] = QUIET_WEIGHT
    # What the engine calls similar is neither to be found nor to be avoided.
    weights[(known.kind == "hint") & (known.band == Band.SIMILAR.value)] = 0.0
    beta = np.zeros(EVIDENCE + 1)
    beta[1 + FILTERED.index("cover_part")] = 1.0
    x = np.column_stack((np.ones(len(seen.columns)), seen.columns))
    for _ in range(ROUNDS):
        logits = np.asarray(x @ beta, dtype=np.float64)
        chosen = (logits == seen.best(logits)[seen.owner]) & among[seen.owner]
        owner = seen.owner[chosen]
        beta = logistic(seen.columns[chosen].astype(np.float64), labels[owner], weights[owner])
    return beta


def whole(beta: NDArray[np.float64]) -> list[int]:
    """Bias and coefficients in whole numbers."""
    return [int(number) for number in np.rint(beta * RIDGE_SCALE)]


def scores(numbers: list[int], seen: Evidence) -> NDArray[np.float64]:
    """The score of each sentence's best wording; minus infinity without one."""
    return seen.best((seen.columns @ np.array(numbers[1:]) + numbers[0]).astype(np.float64))


def at_rate(found: NDArray[np.float64], rate: float) -> int:
    """The score that a share of sentences reaches."""
    return int(np.ceil(np.sort(found)[-max(1, round(rate * len(found)))]))


def foretold(found: NDArray[np.float64], rate: float) -> int:
    """The score that a small share of sentences would reach, by how their best scores thin out.

    The few sentences beyond it say little by themselves: of 8,612 the engine shows four.
    """
    best = np.sort(found)[::-1][: TAIL + 1]
    excess = float(np.mean(best[:TAIL] - best[TAIL]))
    return int(np.ceil(best[TAIL] + excess * np.log(TAIL / (rate * len(found)))))


def rates(
    found: NDArray[np.float64], known: Sentences, among: NDArray[np.bool_], least: float
) -> dict[str, float]:
    """Hints found, and what else is shown, per 1,000, beside what the engine shows."""
    news = known.ordinary() & among
    honest = (known.kind == "honest") & among
    engine = known.band == Band.MATCH.value
    return {
        "hints found": round(float(np.mean(found[known.shown(Band.MATCH) & among] >= least)), 3),
        "news": round(1_000 * float(np.mean(found[news] >= least)), 2),
        "news, engine": round(1_000 * float(np.mean(engine[news])), 2),
        "honest": round(1_000 * float(np.mean(found[honest] >= least)), 1),
        "honest, engine": round(1_000 * float(np.mean(engine[honest])), 1),
    }


def report(
    numbers: list[int], seen: Evidence, known: Sentences, least: int, training: NDArray[np.bool_]
) -> Iterator[str]:
    """Figures of both sides, and of the side held out at the very rate of the engine."""
    found = scores(numbers, seen)
    yield f"training folds: {rates(found, known, training, least)}"
    yield f"folds held out: {rates(found, known, ~training, least)}"
    news = known.ordinary() & ~training
    rate = float(np.mean(known.band[news] == Band.MATCH.value))
    for name, share in {"the engine's rate there": rate, "1 per 1,000": 1 / 1_000}.items():
        level = at_rate(found[news], share)
        yield f"folds held out, at {name}: {rates(found, known, ~training, level)}"


def size_slope(
    numbers: list[int], own: dict[str, int], news: list[str], sizes: tuple[int, ...] = SIZES
) -> int:
    """Score units that a doubling of the cases adds to the best score of ordinary news."""
    levels = []
    for size in sizes:
        index = Index.build(cases_of(corpus(size).claims))
        seen = with_tones(evidence(index, Filter.build(index), news), news, own)
        levels.append((np.log2(len(index)), at_rate(scores(numbers, seen), SIZE_RATE)))
    x, y = np.array(levels, dtype=np.float64).T
    x, y = x - x.mean(), y - y.mean()
    return round(float(x @ y / (x @ x)))


def main() -> None:
    """Fit, set the thresholds, write the rule, and print what it does."""
    index = titles_index()
    known = gather(index)
    seen = evidence(index, Filter.build(index), known.texts)
    training = ~np.isin(known.fold, sorted(HELD_OUT))
    own = tones(known, training)
    seen = unseen_tones(with_tones(seen, known.texts, own), known, training)
    numbers = whole(fit(seen, known, training))
    found = scores(numbers, seen)
    news = known.ordinary() & training
    least = foretold(found[news], NEWS)
    texts = [text for text, ours in zip(known.texts, news, strict=True) if ours]
    model: dict[str, Any] = {
        "made by": "python -m matcher.training.local",
        "cases": len(index),
        "bias": numbers[0],
        "coefficients": dict(zip(FILTERED + WORDING, numbers[1:], strict=True)),
        "least_score": least,
        "eager_score": foretold(found[news], EAGER),
        "score_a_doubling": size_slope(numbers, own, texts),
        "tones": {"en": own},
    }
    MODEL.write_text(json.dumps(model, indent=1) + "\n", encoding="utf-8")
    for line in report(numbers, seen, known, least, training):
        sys.stdout.write(line + "\n")


if __name__ == "__main__":
    main()
