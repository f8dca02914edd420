"""From evidence to a score in [0, 1], its band, and the guard that lowered it.

The one place where thresholds live. Weights and thresholds come from ``model/scorer.json``,
made by ``python -m matcher.training.scorer``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from matcher.evidence import OVERLAP, WORDING
from matcher.types import Band, Guard

MODEL: Final = Path(__file__).parent / "model" / "scorer.json"
THRESHOLDS: Final = {Band.MATCH: 0.8, Band.SIMILAR: 0.5}
"""Lower ends of the bands. The score is scaled so that ordinary news reaches ``similar`` about
once in 200 sentences and ``match`` about once in 1,000 (see ``Scorer.knots``)."""
JUST_BELOW: Final = 0.01
"""How far below a band a guard holds a score that would have reached it."""
LEAST_CASES: Final = 80
"""Below this size the chance of a false hint is taken as that of so many cases."""
LEAST_CLAIM_TERMS: Final = 4
"""Content words below which a claim is too general to be more than ``similar``."""

_COLUMN: Final = {name: i for i, name in enumerate(OVERLAP + WORDING)}


def design(evidence: NDArray[np.float32]) -> NDArray[np.float64]:
    """Evidence (pairs, columns of OVERLAP + WORDING) as the columns that the scorer weighs.

    Counts and sums are taken as logarithms; the products let cover count for more where much
    is covered.
    """
    x = evidence.astype(np.float64)

    def column(name: str) -> NDArray[np.float64]:
        return np.asarray(x[:, _COLUMN[name]])

    for name in ("shared_idf", "shared_count", "claim_terms", "sentence_terms"):
        x[:, _COLUMN[name]] = np.log1p(column(name))
    for name in ("top_idf", "second_idf", "missing_idf"):
        x[:, _COLUMN[name]] /= 10
    cover = column("claim_cover")
    return np.column_stack(
        (x, cover * column("sentence_cover"), cover**2, cover * column("shared_idf"))
    )


DESIGN: Final = (*OVERLAP, *WORDING, "cover_both", "claim_cover_squared", "cover_shared_idf")
"""Names of the columns of ``design``."""


@dataclass(frozen=True, slots=True)
class Scorer:
    """A logistic regression and the scale of its score.

    ``weights`` and ``bias`` give a logit from ``design``; ``knots`` are (logit, score) pairs,
    ascending, between which the score is linear. They hold for an index of ``knots_cases``
    cases; the best of more candidates is higher by chance, by ``size_slope`` for each factor e.
    """

    name: str
    weights: NDArray[np.float64]
    bias: float
    knots: tuple[tuple[float, float], ...]
    knots_cases: int
    size_slope: float

    def logits(self, evidence: NDArray[np.float32]) -> NDArray[np.float64]:
        """One logit a pair."""
        return np.asarray(design(evidence) @ self.weights + self.bias)

    def scores(self, logits: NDArray[np.float64], cases: int) -> NDArray[np.float64]:
        """Logits on the scale of the bands, in [0, 1], for an index of so many cases."""
        at, score = zip(*self.knots, strict=True)
        by_chance = self.size_slope * np.log(max(cases, LEAST_CASES) / self.knots_cases)
        return np.asarray(np.interp(logits - by_chance, at, score))


@cache
def scorer() -> Scorer:
    """The scorer shipped with the engine."""
    content = MODEL.read_bytes()
    model = json.loads(content)
    return Scorer(
        name=f"light-{sha256(content).hexdigest()[:12]}",
        weights=np.array([model["weights"][name] for name in DESIGN]),
        bias=model["bias"],
        knots=tuple((logit, score) for logit, score in model["knots"]),
        knots_cases=model["knots_cases"],
        size_slope=model["size_slope"],
    )


def band(score: float) -> Band | None:
    """The band a score falls into; None: not shown."""
    if score >= THRESHOLDS[Band.MATCH]:
        return Band.MATCH
    return Band.SIMILAR if score >= THRESHOLDS[Band.SIMILAR] else None


def guarded(score: float, evidence: NDArray[np.float32]) -> tuple[float, Guard | None]:
    """Hold a score below the band that its evidence does not bear.

    A sentence that negates what the claim asserts, or shows it in a frame, is not its
    repetition and leaves both bands; other numbers, or a claim too general to recognise,
    leave ``match``.
    """
    if evidence[_COLUMN["negation_differs"]]:
        return _held(score, Band.SIMILAR, Guard.NEGATED)
    if evidence[_COLUMN["framed"]]:
        return _held(score, Band.SIMILAR, Guard.QUOTED)
    if evidence[_COLUMN["number_differs"]]:
        return _held(score, Band.MATCH, Guard.NUMBER)
    if evidence[_COLUMN["claim_terms"]] < LEAST_CLAIM_TERMS:
        return _held(score, Band.MATCH, Guard.GENERIC)
    if evidence[_COLUMN["names_missing"]] == 1:
        return _held(score, Band.MATCH, Guard.NAME)
    return score, None


def _held(score: float, below: Band, guard: Guard) -> tuple[float, Guard | None]:
    limit = THRESHOLDS[below] - JUST_BELOW
    return (limit, guard) if score > limit else (score, None)
