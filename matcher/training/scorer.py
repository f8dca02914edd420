"""Fit ``model/scorer.json``: ``python -m matcher.training.scorer`` (needs the shared datasets).

``--settle`` only places the bands anew, after a change to candidates or guards.

Three scales of one shape. The light one weighs words alone; it decides in languages that the
models do not read, and which pairs are worth comparing by their vectors. The near one weighs
those as well, and decides which pairs are worth reading. The last one weighs also what the pair
model hears, and is fitted only on folds that the pair model has not seen.

What they are fitted on is in ``labelled.py``.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from matcher.evaluate.indexes import titles_index
from matcher.score import (
    DESIGN,
    DESIGN_NEAR,
    DESIGN_READ,
    MODEL,
    THRESHOLDS,
    Scale,
    design,
    design_near,
    design_read,
    scorer,
)
from matcher.semantic import Semantic
from matcher.training.corpora import FOLDS, HELD_OUT, rows
from matcher.training.gather import BATCH, Claims, Pairs, euvsdisinfo_titles, index, pairs
from matcher.training.labelled import Columns, Describe, Rows, gather, news
from matcher.types import Band, Sentence
from matcher.weighing import WEIGHED_PAIRS
from matcher.weights import MODEL_FOLDER

HONEST_WEIGHT: Final = {"light": 0.3, "near": 0.02, "read": 1.0}
"""A sentence of a disproof is about its claim, which is what the second scale is to tell, and
never says the same, which is what the third is to tell."""
RIDGE: Final = 0.5
NEAR_SHARE: Final = 0.036
READ_SHARE: Final = 0.008
"""Shares of ordinary sentences with a pair whose vectors are worth comparing, and that is worth
reading: what the cost allows."""
NEAR_FITTED: Final = 0.04
READ_FITTED: Final = 0.012
"""The same where the scales are fitted: on somewhat more than they will weigh."""
NEWS_FOLDS: Final = frozenset(range(7))
"""Folds of the news that the pair model has not seen."""
SIZES: Final = (100, 300, 1_000, 3_000, 10_000)
DRAWS: Final = 2
"""Random parts of each size to learn how the bands depend on the size of an index."""
STRETCH: Final = 3.0
"""How far a band may move when it is settled, in logits."""
HALVINGS: Final = 8
FARTHEST: Final = 4.0
"""How far below ``match`` of the second scale ``similar`` may begin, in logits."""
RATES: Final = {Band.MATCH: 0.4 / 1_000, Band.SIMILAR: 1 / 200}
"""Ordinary sentences that reach a band: for ``match`` 0.4 in 1,000, so that the index of
another subject, on which these bands were not placed, stays near one."""

NEAR_SIZES: Final = (150, 500, 1_500, 5_000, 10_000)
READ_SIZES: Final = (150, 1_500, 10_000)

_UPWARDS: Final = (Band.SIMILAR, Band.MATCH)

Logits = Callable[[Claims, Sequence[str], Pairs], NDArray[np.float64]]
"""One logit a pair of these claims and texts."""


def fit(made: Rows) -> tuple[NDArray[np.float64], float]:
    """Weights and bias of a ridge logistic regression."""
    x, labels = np.concatenate(made.columns), np.array(made.labels)
    weights = np.array(made.weights)
    # Pairs that nobody would read have no logit of the pair model.
    known = np.isfinite(x).all(axis=1)
    x, labels, weights = x[known], labels[known], weights[known]
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


def best_logits(logits: NDArray[np.float64], found: Pairs, texts: int) -> NDArray[np.float64]:
    """The highest logit of each text, ascending; minus infinity without a pair."""
    best = np.full(texts, -np.inf)
    np.fmax.at(best, found.sentence, logits)
    return np.sort(best)


def at_rates(best: NDArray[np.float64]) -> dict[Band, float]:
    """The logit that ordinary sentences reach at the rate of each band."""
    return {band: float(best[-max(1, round(rate * len(best)))]) for band, rate in RATES.items()}


def size_slope(logits: Logits, sizes: Sequence[int], bands: Sequence[Band]) -> float:
    """How the logit of the bands rises with the logarithm of the number of cases.

    Measured on random parts of two sets of claims, each with its own level.
    """
    draw = np.random.default_rng(0)
    texts = news(NEWS_FOLDS)
    steps: list[tuple[float, float]] = []
    for claims in (euvsdisinfo_titles(), [row["claim"] for row in rows("checkthat2020/claims")]):
        levels = []
        for size in sizes:
            for _ in range(DRAWS):
                part = draw.choice(np.array(claims, dtype=object), size, replace=False).tolist()
                chosen = index(part)
                found = pairs(chosen, texts, best=WEIGHED_PAIRS)
                best = best_logits(logits(chosen, texts, found), found, len(texts))
                levels.append((math.log(size), at_rates(best)))
        for band in bands:
            x = np.array([size for size, _ in levels])
            y = np.array([at[band] for _, at in levels])
            known = np.isfinite(y)  # a part so small that too few sentences come near it
            x, y = x[known], y[known]
            steps += zip(x - x.mean(), y - y.mean(), strict=True) if len(x) > 1 else ()
    x, y = np.array(steps).T
    return round(float(x @ y / (x @ x)), 4)


def scale(
    columns: Sequence[str],
    weights: NDArray[np.float64],
    bias: float,
    at: dict[Band, float],
    slope: float,
) -> dict[str, Any]:
    """A scale as ``Scale.of`` reads it; ``at`` are the logits of the bands it decides on."""
    placed = [[round(at[band], 4), THRESHOLDS[band]] for band in _UPWARDS if band in at]
    return {
        "weights": dict(zip(columns, np.round(weights, 5).tolist(), strict=True)),
        "bias": round(bias, 5),
        "knots": [[placed[0][0] - 10, 0.0], *placed, [placed[-1][0] + 6, 1.0]],
        "knots_cases": len(euvsdisinfo_titles()),
        "size_slope": slope,
    }


class Stages:
    """The three scales as far as they are fitted: each describes pairs for the next one.

    A pair that a stage is not worth its cost for has minus infinity as its logit, and no number
    in the columns of the stages after it.
    """

    def __init__(self, semantic: Semantic) -> None:
        self.model: dict[str, Any] = {"made by": "python -m matcher.training.scorer"}
        self._semantic = semantic

    def light_columns(self, _claims: Claims, _texts: Sequence[str], found: Pairs) -> Columns:
        """Columns of DESIGN."""
        return design(found.evidence)

    def light(self, claims: Claims, texts: Sequence[str], found: Pairs) -> NDArray[np.float64]:
        """Logits of the first stage."""
        return self._scale("light", DESIGN).logits(self.light_columns(claims, texts, found))

    def near_columns(self, claims: Claims, texts: Sequence[str], found: Pairs) -> Columns:
        """Columns of DESIGN_NEAR."""
        scale = self._scale("light", DESIGN)
        logits = self.light(claims, texts, found)
        least = self.model["near_from"] + scale.by_chance(len(claims.texts))
        chosen = np.flatnonzero(logits >= least)
        cosines = np.full(len(logits), np.nan, dtype=np.float32)
        cosines[chosen] = self._semantic.cosines(_texts_of(claims, texts, found, chosen))
        return design_near(found.evidence, logits, cosines)

    def near(self, claims: Claims, texts: Sequence[str], found: Pairs) -> NDArray[np.float64]:
        """Logits of the second stage."""
        logits = self._scale("near", DESIGN_NEAR).logits(self.near_columns(claims, texts, found))
        return np.where(np.isfinite(logits), logits, -np.inf)

    def read_columns(self, claims: Claims, texts: Sequence[str], found: Pairs) -> Columns:
        """Columns of DESIGN_READ."""
        scale = self._scale("near", DESIGN_NEAR)
        columns = self.near_columns(claims, texts, found)
        logits = scale.logits(columns)
        least = self.model["read_from"] + scale.by_chance(len(claims.texts))
        chosen = np.flatnonzero(logits >= least)  # no number is never enough
        heard = np.full(len(logits), np.nan, dtype=np.float32)
        heard[chosen] = self._semantic.logits(_texts_of(claims, texts, found, chosen))
        return design_read(columns, heard)

    def read(self, claims: Claims, texts: Sequence[str], found: Pairs) -> NDArray[np.float64]:
        """Logits of the third stage."""
        logits = self._scale("read", DESIGN_READ).logits(self.read_columns(claims, texts, found))
        return np.where(np.isfinite(logits), logits, -np.inf)

    def _scale(self, name: str, columns: Sequence[str]) -> Scale:
        return Scale.of(self.model[name], columns)

    def fit(
        self,
        name: str,
        columns: Sequence[str],
        describe: Describe,
        logits: Logits,
        *,
        folds: frozenset[int],
        texts: Sequence[str],
        sizes: Sequence[int],
        bands: Sequence[Band] = _UPWARDS,
    ) -> NDArray[np.float64]:
        """Fit a scale and place its bands on ordinary texts; return the best logit of each."""
        weights, bias = fit(gather(describe, folds, NEWS_FOLDS, HONEST_WEIGHT[name]))
        self.model[name] = scale(columns, weights, bias, dict.fromkeys(bands, 0.0), 0.0)
        cases = index(euvsdisinfo_titles())
        found = pairs(cases, texts, best=WEIGHED_PAIRS)
        best = best_logits(logits(cases, texts, found), found, len(texts))
        slope = size_slope(logits, sizes, bands)
        at = {band: logit for band, logit in at_rates(best).items() if band in bands}
        self.model[name] = scale(columns, weights, bias, at, slope)
        tell(name, at, slope)
        return best


def _texts_of(
    claims: Claims, texts: Sequence[str], found: Pairs, chosen: NDArray[np.int64]
) -> list[tuple[str, str]]:
    return [(texts[found.sentence[i]], claims.texts[found.row[i]]) for i in chosen]


def main() -> None:
    """Fit the scales, place their bands on ordinary news, and write the model."""
    every, unseen = frozenset(range(FOLDS)), news(NEWS_FOLDS)
    stages = Stages(Semantic.load(MODEL_FOLDER))
    light = stages.fit(
        "light", DESIGN, stages.light_columns, stages.light,
        folds=every, texts=unseen, sizes=SIZES,
    )  # fmt: skip
    stages.model["near_from"] = gate(light, NEAR_FITTED)
    near = stages.fit(
        "near", DESIGN_NEAR, stages.near_columns, stages.near,
        folds=every, texts=unseen, sizes=NEAR_SIZES,
    )  # fmt: skip
    stages.model["read_from"] = gate(near, READ_FITTED)
    # The pair model knows the other folds by heart.
    stages.fit(
        "read", DESIGN_READ, stages.read_columns, stages.read,
        folds=HELD_OUT, texts=unseen, sizes=READ_SIZES, bands=(Band.MATCH,),
    )  # fmt: skip
    stages.model["near_from"] = gate(light, NEAR_SHARE)
    stages.model["read_from"] = gate(near, READ_SHARE)
    write(stages.model)
    settle(stages.model)


def gate(best: NDArray[np.float64], share: float) -> float:
    """The logit that a share of ordinary sentences reaches."""
    return round(float(best[-round(share * len(best))]), 4)


def write(model: dict[str, Any]) -> None:
    """Make a model the one that the engine uses."""
    MODEL.write_text(json.dumps(model, indent=1) + "\n", encoding="utf-8")
    scorer.cache_clear()


def settle(model: dict[str, Any]) -> None:
    """Place the bands by what the whole engine shows, its guards included, and write the model.

    For the while a stretch of logits about a band is spread over it, so that they can be read
    off the scores again.
    """
    match, similar, top = (
        THRESHOLDS[Band.MATCH],
        THRESHOLDS[Band.SIMILAR],
        model["near"]["knots"][2],
    )
    floor, ceiling = (model["read"]["knots"][1][0] + way for way in (-STRETCH, STRETCH))
    write(model | {"read": model["read"] | {"knots": _spread(floor, ceiling, match)}})
    best = _shown(RATES[Band.MATCH])
    logit = round(floor + (best - match) / (1 - match) * (ceiling - floor), 4)
    model["read"]["knots"] = [[logit - 10, 0.0], [logit, match], [logit + 6, 1.0]]

    # Other scores of that band weigh also what is said, and cannot be read back.
    floor, ceiling = (top[0] + way for way in (-FARTHEST, STRETCH))
    for _ in range(HALVINGS):
        about = round((floor + ceiling) / 2, 4)
        upper = max(top[0], about + 0.1)
        knots = [[about - 10, 0.0], [about, similar], [upper, match], [upper + 6, 1.0]]
        model["near"]["knots"] = knots
        write(model)
        too_many = _shown(RATES[Band.SIMILAR]) >= similar
        floor, ceiling = (about, ceiling) if too_many else (floor, about)
    tell("through the whole engine", {Band.MATCH: logit, Band.SIMILAR: about}, 0.0)


def _spread(floor: float, ceiling: float, lower: float) -> list[list[float]]:
    return [[floor - 1, 0.0], [floor, lower], [ceiling, 1.0]]


def _shown(rate: float) -> float:
    """The score that ordinary sentences reach at a rate, by the model as it is written."""
    texts = news(NEWS_FOLDS)
    engine = titles_index()
    scores = np.zeros(len(texts))
    for start in range(0, len(texts), BATCH):
        batch = [
            Sentence(str(start + i), t, "en") for i, t in enumerate(texts[start : start + BATCH])
        ]
        for match in engine.match(batch).matches:
            scores[int(match.sentence_id)] = match.score
    # Between two sentences, since few reach a band.
    highest = np.sort(scores)[::-1]
    return float(np.interp(rate * len(texts), np.arange(1, len(texts) + 1), highest))


def tell(name: str, at: dict[Band, float], slope: float) -> None:
    """Say where the bands of a scale lie."""
    print(f"{name}: bands at {at}, rising {slope} for each factor e of cases", flush=True)  # noqa: T201


if __name__ == "__main__":
    if "--settle" in sys.argv:
        settle(json.loads(MODEL.read_text(encoding="utf-8")))
    else:
        main()
