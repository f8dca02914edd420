"""Fit ``model/filter.json``: ``python -m matcher.training.filter`` (needs the shared datasets).

The filter's rule is a logistic regression in whole numbers that foretells whether the engine
shows a sentence: fitted on what the engine says of sentences that repeat claims and of ordinary
news. The lines printed last are of halves that neither rule nor threshold was fitted on.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha1
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from matcher.bench.corpus import cases as cases_of
from matcher.bench.corpus import corpus
from matcher.evaluate.asking import best_matches
from matcher.evaluate.indexes import titles_index
from matcher.evaluate.news import ON_TOPIC
from matcher.filter import EVIDENCE, MODEL, Filter, Rule
from matcher.index import Index
from matcher.semantic import shipped
from matcher.text import split_sentences
from matcher.training.corpora import fold, rows
from matcher.types import Band

START: Final = Rule(
    unknown_weight=10,
    gate=40,
    bias=0,
    coefficients=(0,) * (EVIDENCE - 1) + (1,),
    least_score=1,
    eager_score=1,
)
"""An idf of 8 for unknown words, that of a telling one; and of 2 for the least evidence."""
ROUNDS: Final = 4
"""How often the best row of each sentence is chosen again by what was fitted to the last."""
RIDGE: Final = 1.0
SCALE: Final = 4_000
"""Score units a unit of log-odds."""
MIDDLE: Final = 80_000
"""Score of even odds: scores below nought are cut."""
LEAVING: Final = 0.08
"""Share of ordinary news that may leave: what the threshold is set by, and hints survive by."""
LOST: Final = 0.01
"""Share of hints below the score by which indexes of different sizes are compared."""
EAGER: Final = 2_800
"""Score units that readers who want more are met halfway."""
SIZES: Final = (500, 2_000, 6_000, 50_000)


@dataclass(frozen=True, slots=True)
class Sentences:
    """Sentences with what the engine says of them.

    ``kind`` is ``hint`` (meant to repeat a claim), ``news``, ``topic`` (news on the subject) or
    ``honest``; ``half`` and ``fold`` keep those of one case together.
    """

    texts: list[str]
    kind: NDArray[np.str_]
    half: NDArray[np.int64]
    fold: NDArray[np.int64]
    band: NDArray[np.str_]

    def shown(self, band: Band) -> NDArray[np.bool_]:
        """Hints of the band among the sentences that repeat claims."""
        return np.asarray((self.kind == "hint") & (self.band == band.value))

    def ordinary(self) -> NDArray[np.bool_]:
        """News, on the subject or not."""
        return np.isin(self.kind, ("news", "topic"))


def gather(index: Index, *, hints_alone: bool = False) -> Sentences:
    """All sentences, judged by the engine."""
    keyed = [
        ("hint", row["case_id"], sentence)
        for row in rows("euvsdisinfo/pairs")
        for sentence in split_sentences(row["text"])
    ]
    keyed += [("hint", row["fake"], row["text"]) for row in rows("propaganda_diary/quotes")]
    if not hints_alone:
        for row in rows("news/en"):
            kind = "topic" if ON_TOPIC.search(row["text"]) else "news"
            keyed.append((kind, row["text"], row["text"]))
        for row in rows("euvsdisinfo/disproof_sentences"):
            keyed.append(("honest", row["case_id"], row["text"]))
    texts = [text for _, _, text in keyed]
    found = best_matches(index, texts)
    return Sentences(
        texts=texts,
        kind=np.array([kind for kind, _, _ in keyed]),
        half=np.array([half(key) for _, key, _ in keyed]),
        fold=np.array([fold(key) for _, key, _ in keyed]),
        band=np.array([m[0].band.value if m and m[0].band else "" for m in found]),
    )


def half(key: str) -> int:
    """The half, 0 or 1, that a case, a fake or a news sentence belongs to."""
    return sha1(key.encode(), usedforsecurity=False).digest()[0] % 2


@dataclass(frozen=True, slots=True)
class Evidence:
    """Evidence of all sentences' rows, one below the other; ``owner`` numbers the sentences."""

    columns: NDArray[np.int64]
    owner: NDArray[np.int64]
    sentences: int

    def best(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """The best score of each sentence; minus infinity without a row."""
        best = np.full(self.sentences, -np.inf)
        np.maximum.at(best, self.owner, scores)
        return best


def evidence(filter_: Filter, texts: Sequence[str]) -> Evidence:
    """What the filter sees of sentences."""
    found = [filter_.evidence(text) for text in texts]
    return Evidence(
        columns=np.concatenate(found),
        owner=np.repeat(np.arange(len(texts)), [len(each) for each in found]),
        sentences=len(texts),
    )


def fit(seen: Evidence, shown: NDArray[np.bool_], among: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Bias and coefficients, in log-odds, from the best row of each sentence of ``among``."""
    beta = np.zeros(EVIDENCE + 1)
    beta[-1] = 1.0
    x = np.column_stack((np.ones(len(seen.columns)), seen.columns))
    for _ in range(ROUNDS):
        logits = np.asarray(x @ beta, dtype=np.float64)
        chosen = (logits == seen.best(logits)[seen.owner]) & among[seen.owner]
        labels = shown[seen.owner[chosen]]
        weights = np.where(labels, 0.5 / labels.mean(), 0.5 / (1 - labels.mean()))
        beta = logistic(seen.columns[chosen].astype(np.float64), labels, weights)
    return beta


def logistic(
    x: NDArray[np.float64],
    labels: NDArray[np.bool_],
    weights: NDArray[np.float64],
    *,
    plain_ridge: float | None = None,
) -> NDArray[np.float64]:
    """Bias and slopes of a ridge logistic regression on weighted rows.

    ``plain_ridge``: the penalty on slopes of columns as they are, in place of RIDGE on those of
    columns brought to one spread.
    """
    mean, spread = x.mean(axis=0), x.std(axis=0) + 1e-9
    ridge = np.full(x.shape[1], RIDGE) if plain_ridge is None else plain_ridge / spread**2
    z = np.column_stack((np.ones(len(x)), (x - mean) / spread))
    sign = np.where(labels, 1.0, -1.0)

    def loss(beta: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        margin = sign * (z @ beta)
        slope = -weights * sign / (1 + np.exp(np.clip(margin, -500, 500)))
        penalty = np.concatenate(([0.0], ridge * beta[1:]))
        value = weights @ np.logaddexp(0, -margin) + penalty @ beta / 2
        return float(value), z.T @ slope + penalty

    beta = minimize(loss, np.zeros(z.shape[1]), jac=True, method="L-BFGS-B").x
    slopes = beta[1:] / spread
    return np.concatenate(([beta[0] - slopes @ mean], slopes))


def rule_of(beta: NDArray[np.float64]) -> Rule:
    """The fitted rule in whole numbers, without its thresholds."""
    whole = np.rint(beta * SCALE).astype(int)
    return replace(
        START, bias=int(whole[0]) + MIDDLE, coefficients=tuple(int(c) for c in whole[1:])
    )


def scores(rule: Rule, seen: Evidence) -> NDArray[np.float64]:
    """The filter's score of each sentence by a rule."""
    best = seen.best(seen.columns @ np.array(rule.coefficients) + float(rule.bias))
    return np.maximum(best, 0.0)


def threshold(found: NDArray[np.float64], known: Sentences, among: NDArray[np.bool_]) -> int:
    """The score above which lies the share of ordinary news that may leave."""
    return int(np.quantile(found[known.ordinary() & among], 1 - LEAVING))


def lowest(found: NDArray[np.float64], known: Sentences) -> float:
    """The score above which lie all but a few hints."""
    hints = known.shown(Band.MATCH) | known.shown(Band.SIMILAR)
    return float(np.quantile(found[hints], LOST))


def shares(
    found: NDArray[np.float64], known: Sentences, least: int, among: NDArray[np.bool_]
) -> dict[str, float]:
    """Shares of hints that survive, and of other sentences that leave."""
    groups = {f"{band} survive": known.shown(band) for band in Band}
    groups |= {
        "news leave": known.ordinary(),
        "topic leave": known.kind == "topic",
        "honest leave": known.kind == "honest",
    }
    return {
        name: round(float(np.mean(found[group & among] >= least)), 3)
        for name, group in groups.items()
        if (group & among).any()
    }


def crossed(known: Sentences, seen: Evidence) -> Iterator[str]:
    """Fit and threshold on one half, shares of the other."""
    for part in (0, 1):
        mine = known.half == part
        rule = rule_of(fit(seen, known.band != "", mine & (known.kind != "honest")))
        found = scores(rule, seen)
        least = threshold(found, known, mine)
        yield f"half {part} fitted, the other: {shares(found, known, least, ~mine)}"


def main() -> None:
    """Fit on the index of EUvsDisinfo titles, follow the threshold through other sizes, write."""
    index = titles_index()
    known = gather(index)
    seen = evidence(Filter.build(index, rule=START), known.texts)
    everything = np.ones(len(known.texts), dtype=bool)
    rule = rule_of(fit(seen, known.band != "", known.kind != "honest"))
    found = scores(rule, seen)
    least = threshold(found, known, everything)
    lines = [f"{len(index)} cases, least score {least}: {shares(found, known, least, everything)}"]
    sizes, rises = [], []
    for cases in SIZES:
        other = Index.build(cases_of(corpus(cases).claims), semantic=shipped())
        hints = gather(other, hints_alone=True)
        of_hints = scores(rule, evidence(Filter.build(other, rule=rule), hints.texts))
        sizes.append(len(other))
        rises.append(lowest(of_hints, hints) - lowest(found, known))
        lines.append(f"{cases} cases: hints begin {rises[-1]:.0f} higher")
    # Least squares through the index that the threshold was fitted on.
    doublings = np.log2(np.array(sizes) / len(index))
    slope = float(doublings @ np.array(rises) / (doublings @ doublings))
    model = {
        "made by": "python -m matcher.training.filter",
        "cases": len(index),
        "unknown_weight": rule.unknown_weight,
        "gate": rule.gate,
        "bias": rule.bias,
        "coefficients": list(rule.coefficients),
        "least_score": least,
        "eager_score": least - EAGER,
        "score_a_doubling": math.floor(slope),
    }
    MODEL.write_text(json.dumps(model, indent=1) + "\n", encoding="utf-8")
    for line in (*lines, f"a doubling of the cases: {slope:.0f}", *crossed(known, seen)):
        sys.stdout.write(line + "\n")


if __name__ == "__main__":
    main()
