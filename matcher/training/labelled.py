"""What the scales are fitted on: pairs of a sentence and a claim, each with label and weight.

What a reader should see: summaries of EUvsDisinfo cases against their title, diary quotes
against their fake, CheckThat! tweets against their claim. What a reader must not see: ordinary
news, the sentences of disproofs, other claims than a tweet's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from matcher.text import split_sentences
from matcher.training.corpora import fold, rows
from matcher.training.gather import Claims, Pairs, euvsdisinfo_titles, index, pairs, spelling
from matcher.weighing import WEIGHED_PAIRS

SUMMARY_WEIGHT: Final = 20.0
"""Each summary counts as this many rows: there are 279 of them and 14,211 news sentences."""
TWEET_WEIGHT: Final = 0.3
OTHER_CLAIM_WEIGHT: Final = 0.08

Columns = NDArray[np.float64]
Describe = Callable[[Claims, Sequence[str], Pairs], Columns]
"""The columns that a scale weighs, for pairs of these claims and texts."""


@dataclass(slots=True)
class Rows:
    """Training rows: their columns, labels and weights."""

    columns: list[Columns] = field(default_factory=list)
    labels: list[float] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)

    def add(self, columns: Columns, label: bool, weight: float) -> None:
        """Rows of one label and weight."""
        self.columns.append(columns)
        self.labels += [float(label)] * len(columns)
        self.weights += [weight] * len(columns)


def _only(found: Pairs, chosen: NDArray[Any]) -> Pairs:
    return Pairs(found.sentence[chosen], found.row[chosen], found.evidence[chosen])


def gather(
    describe: Describe, folds: frozenset[int], news_folds: frozenset[int], honest_weight: float
) -> Rows:
    """All training rows of some folds, described by ``describe``."""
    made = Rows()
    cases = index(euvsdisinfo_titles())
    numbers = {spelling(text): i for i, text in enumerate(cases.texts)}
    # Not every sentence of a summary restates its title, so the closest one speaks for it.
    for summary in rows("euvsdisinfo/pairs"):
        if fold(summary["case_id"]) not in folds:
            continue
        gold = numbers[spelling(summary["claim"])]
        texts = split_sentences(summary["text"])
        found = pairs(cases, texts, best=0, also=[{gold}] * len(texts))
        if len(found.row):
            closest = np.array([np.argmax(found.evidence[:, 0] * found.evidence[:, 2])])
            made.add(describe(cases, texts, _only(found, closest)), True, SUMMARY_WEIGHT)

    fakes = index([row["fake"] for row in rows("propaganda_diary/fakes")])
    quotes = [row for row in rows("propaganda_diary/quotes") if fold(row["fake"]) in folds]
    texts = [row["text"] for row in quotes]
    own = [{fakes.texts.index(row["fake"])} for row in quotes]
    made.add(describe(fakes, texts, pairs(fakes, texts, best=0, also=own)), True, 1.0)

    _add_tweets(made, describe, folds)

    texts = [
        r["text"] for r in rows("euvsdisinfo/disproof_sentences") if fold(r["case_id"]) in folds
    ]
    found = pairs(cases, texts, best=WEIGHED_PAIRS)
    made.add(describe(cases, texts, found), False, honest_weight)
    texts = news(news_folds)
    made.add(describe(cases, texts, pairs(cases, texts, best=WEIGHED_PAIRS)), False, 1.0)
    return made


def _add_tweets(made: Rows, describe: Describe, folds: frozenset[int]) -> None:
    snopes = rows("checkthat2020/claims")
    checked = index([row["claim"] for row in snopes])
    number = {text: i for i, text in enumerate(checked.texts)}
    claim = {row["id"]: row["claim"] for row in snopes if row["claim"] in number}
    tweets = [
        row
        for row in rows("checkthat2020/train")
        if row["relevant"][0] in claim and fold(claim[row["relevant"][0]]) in folds
    ]
    texts = [row["text"] for row in tweets]
    relevant = [{number[claim[i]] for i in row["relevant"] if i in claim} for row in tweets]
    found = pairs(checked, texts, best=5, also=relevant)
    right = np.array([r in relevant[s] for s, r in zip(found.sentence, found.row, strict=True)])
    made.add(describe(checked, texts, _only(found, right)), True, TWEET_WEIGHT)
    made.add(describe(checked, texts, _only(found, ~right)), False, OTHER_CLAIM_WEIGHT)


def news(folds: frozenset[int]) -> list[str]:
    """Ordinary news sentences of some folds."""
    return [row["text"] for row in rows("news/en") if fold(row["text"]) in folds]
