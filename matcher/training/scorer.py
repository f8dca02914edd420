"""Fit ``model/scorer.json``: ``python -m matcher.training.scorer`` (needs the shared datasets).

Fitted on: sentences of EUvsDisinfo summaries against the case they belong to, diary quotes
against their fake, CheckThat! 2020 training tweets against their claim; and, as what a reader
must not see, ordinary news and the sentences of disproofs against their best candidates.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from matcher.evidence import OVERLAP, overlap, wording
from matcher.lexical import Lexical, Rows, candidates, compile_rows, look_up
from matcher.pipeline import READ_PAIRS
from matcher.reading import Reading, read
from matcher.score import DESIGN, MODEL, THRESHOLDS, design
from matcher.text import normalise, split_sentences
from matcher.training.corpora import rows
from matcher.types import Band

PAIRS_WEIGHT: Final = 10.0
"""Each summary counts as this many rows: there are 279 of them and 14,211 news sentences."""
RIDGE: Final = 0.3
BATCH: Final = 200
SIZES: Final = (100, 300, 1_000, 3_000, 10_000)
DRAWS: Final = 3
"""Random parts of each size to learn how the bands depend on the size of an index."""
RATES: Final = {Band.MATCH: 1 / 1_000, Band.SIMILAR: 1 / 200}


@dataclass(frozen=True, slots=True)
class Claims:
    """Claims of one corpus with their sparse index; one row a claim."""

    texts: list[str]
    readings: list[Reading]
    lexical: Lexical


def index(texts: Sequence[str]) -> Claims:
    """Index English claims, leaving out those without a content word."""
    pairs = [(text, reading) for text in texts if len(reading := read(normalise(text), "en"))]
    readings = [reading for _, reading in pairs]
    indptr = np.cumsum([0, *map(len, readings)], dtype=np.int64)
    return Claims(
        texts=[text for text, _ in pairs],
        readings=readings,
        lexical=compile_rows(
            Rows(
                hashes=np.array([h for r in readings for h in r.hashes], dtype=np.uint64),
                zipfs=np.array([z for r in readings for z in r.zipfs], dtype=np.float32),
                indptr=indptr,
                case=np.arange(len(readings), dtype=np.int32),
            )
        ),
    )


@dataclass(frozen=True, slots=True)
class Pairs:
    """Evidence of sentence-claim pairs: position of sentence, row of claim, columns."""

    sentence: NDArray[np.int64]
    row: NDArray[np.int64]
    evidence: NDArray[np.float32]


def pairs(
    claims: Claims, texts: Sequence[str], *, best: int, also: Sequence[set[int]] = ()
) -> Pairs:
    """The best candidates of each text, and those of ``also`` that were proposed at all."""
    sentences: list[int] = []
    claim_rows: list[int] = []
    evidence: list[NDArray[np.float32]] = []
    for start in range(0, len(texts), BATCH):
        readings = [read(normalise(text), "en") for text in texts[start : start + BATCH]]
        batch = look_up(claims.lexical, readings)
        proposed = candidates(claims.lexical, batch)
        common = overlap(claims.lexical, batch, proposed)
        rough = common[:, OVERLAP.index("shared_idf")] * common[:, OVERLAP.index("claim_cover")]
        for i, reading in enumerate(readings):
            own = np.flatnonzero(proposed.sentence == i)
            own = own[np.argsort(-rough[own], kind="stable")]
            wanted = also[start + i] if also else set()
            kept = [*own[:best], *(k for k in own[best:] if int(proposed.row[k]) in wanted)]
            for k in kept:
                row = int(proposed.row[k])
                sentences.append(start + i)
                claim_rows.append(row)
                words = np.array(wording(reading, claims.readings[row]), dtype=np.float32)
                evidence.append(np.concatenate((common[k], words)))
    return Pairs(np.array(sentences), np.array(claim_rows), np.array(evidence, dtype=np.float32))


def spelling(title: str) -> str:
    """One spelling for titles that differ in case or punctuation only."""
    return re.sub(r"\W+", " ", title.lower()).strip()


def euvsdisinfo_titles() -> list[str]:
    """The distinct titles of the EUvsDisinfo cases."""
    return list(
        {spelling(row["title"]): row["title"] for row in rows("euvsdisinfo/cases")}.values()
    )


def training_rows() -> tuple[NDArray[np.float32], NDArray[np.float64], NDArray[np.float64], Pairs]:
    """Evidence, labels and weights of all training pairs, and the pairs of ordinary news."""
    cases = index(euvsdisinfo_titles())
    numbers = {spelling(text): i for i, text in enumerate(cases.texts)}
    evidence: list[NDArray[np.float32]] = []
    labels: list[int] = []
    weights: list[float] = []

    def add(columns: NDArray[np.float32], label: int, weight: float = 1.0) -> None:
        evidence.append(columns)
        labels.extend([label] * len(columns))
        weights.extend([weight] * len(columns))

    # Not every sentence of a summary restates its title, so the closest one speaks for it.
    for summary in rows("euvsdisinfo/pairs"):
        gold = numbers[spelling(summary["claim"])]
        sentences = split_sentences(summary["text"])
        found = pairs(cases, sentences, best=0, also=[{gold}] * len(sentences))
        if len(found.row):
            closest = np.argmax(found.evidence[:, 0] * found.evidence[:, 2])
            add(found.evidence[closest : closest + 1], 1, PAIRS_WEIGHT)

    fakes = index([row["fake"] for row in rows("propaganda_diary/fakes")])
    quotes = rows("propaganda_diary/quotes")
    own = [{fakes.texts.index(row["fake"])} for row in quotes]
    add(pairs(fakes, [row["text"] for row in quotes], best=0, also=own).evidence, 1)

    snopes = rows("checkthat2020/claims")
    checked = index([row["claim"] for row in snopes])
    number = {text: i for i, text in enumerate(checked.texts)}
    by_id = {row["id"]: number[row["claim"]] for row in snopes if row["claim"] in number}
    tweets = rows("checkthat2020/train")
    relevant = [{by_id[i] for i in row["relevant"] if i in by_id} for row in tweets]
    found = pairs(checked, [row["text"] for row in tweets], best=5, also=relevant)
    right = np.array([row in relevant[s] for s, row in zip(found.sentence, found.row, strict=True)])
    add(found.evidence[right], 1)
    add(found.evidence[~right], 0)

    honest = [row["text"] for row in rows("euvsdisinfo/disproof_sentences")]
    add(pairs(cases, honest, best=5).evidence, 0)
    news = pairs(cases, [row["text"] for row in rows("news/en")], best=READ_PAIRS)
    add(news.evidence, 0)
    return np.concatenate(evidence), np.array(labels, float), np.array(weights), news


def fit(
    evidence: NDArray[np.float32], labels: NDArray[np.float64], weights: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float]:
    """Weights and bias of a ridge logistic regression on ``design``."""
    x = design(evidence)
    mean, spread = x.mean(axis=0), x.std(axis=0) + 1e-9
    z = np.column_stack(((x - mean) / spread, np.ones(len(x))))
    sign = 2 * labels - 1

    def loss(beta: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        margin = sign * (z @ beta)
        slope = -weights * sign / (1 + np.exp(np.clip(margin, -500, 500)))
        penalty = RIDGE * beta
        penalty[-1] = 0
        value = weights @ np.logaddexp(0, -margin) + penalty @ beta / 2
        return float(value), z.T @ slope + penalty

    beta = minimize(loss, np.zeros(z.shape[1]), jac=True, method="L-BFGS-B").x
    slopes = beta[:-1] / spread
    return slopes, float(beta[-1] - slopes @ mean)


def rates(logits: Callable[[Pairs], NDArray[np.float64]], news: Pairs) -> dict[Band, float]:
    """The logit that ordinary news reaches at the rate of each band."""
    best = np.full(len(rows("news/en")), -np.inf)
    np.maximum.at(best, news.sentence, logits(news))
    best = np.sort(best)
    return {band: float(best[-max(1, round(rate * len(best)))]) for band, rate in RATES.items()}


def size_slope(logits: Callable[[Pairs], NDArray[np.float64]]) -> float:
    """How the logit of both bands rises with the logarithm of the number of cases.

    Measured on random parts of two sets of claims, each with its own level.
    """
    draw = np.random.default_rng(0)
    texts = [row["text"] for row in rows("news/en")]
    steps: list[tuple[float, float]] = []
    for claims in (euvsdisinfo_titles(), [row["claim"] for row in rows("checkthat2020/claims")]):
        levels = [
            (math.log(size), rates(logits, pairs(index(part.tolist()), texts, best=READ_PAIRS)))
            for size in SIZES
            for part in draw.permuted(np.tile(claims, (DRAWS, 1)), axis=1)[:, :size]
        ]
        for band in Band:
            x = np.array([size for size, _ in levels])
            y = np.array([at[band] for _, at in levels])
            steps += zip(x - x.mean(), y - y.mean(), strict=True)
    x, y = np.array(steps).T
    return float(x @ y / (x @ x))


def main() -> None:
    """Fit, place the bands on ordinary news, and write the model."""
    evidence, labels, weights, news = training_rows()
    slopes, bias = fit(evidence, labels, weights)

    def logits(found: Pairs) -> NDArray[np.float64]:
        return np.asarray(design(found.evidence) @ slopes + bias)

    at = rates(logits, news)
    model = {
        "made by": "python -m matcher.training.scorer",
        "weights": dict(zip(DESIGN, np.round(slopes, 5).tolist(), strict=True)),
        "bias": round(bias, 5),
        "knots": [
            [round(at[Band.SIMILAR] - 10, 4), 0.0],
            [round(at[Band.SIMILAR], 4), THRESHOLDS[Band.SIMILAR]],
            [round(at[Band.MATCH], 4), THRESHOLDS[Band.MATCH]],
            [round(at[Band.MATCH] + 6, 4), 1.0],
        ],
        "knots_cases": len(euvsdisinfo_titles()),
        "size_slope": round(size_slope(logits), 4),
    }
    MODEL.write_text(json.dumps(model, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
