"""From evidence to a score in [0, 1], and its band.

The one place where thresholds live. Weights and thresholds come from ``model/scorer.json``,
made by ``python -m matcher.training.scorer``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from matcher.evidence import OVERLAP, WORDING
from matcher.types import Band

MODEL: Final = Path(__file__).parent / "model" / "scorer.json"
THRESHOLDS: Final = {Band.MATCH: 0.8, Band.SIMILAR: 0.5}
"""Lower ends of the bands. The score is scaled so that ordinary news reaches ``similar`` about
once in 200 sentences and ``match`` about once in 2,500 (see ``Scale.knots``)."""
LEAST_CASES: Final = 80
"""Below this size the chance of a false hint is taken as that of so many cases."""
COLUMN: Final = {name: i for i, name in enumerate(OVERLAP + WORDING)}
"""Where the columns of evidence stand."""


def design(evidence: NDArray[np.float32]) -> NDArray[np.float64]:
    """Evidence (pairs, columns of OVERLAP + WORDING) as the columns of DESIGN.

    Counts and sums are taken as logarithms; the products let cover count for more where much
    is covered.
    """
    x = evidence.astype(np.float64)

    def column(name: str) -> NDArray[np.float64]:
        return np.asarray(x[:, COLUMN[name]])

    for name in ("shared_idf", "shared_count", "claim_terms", "sentence_terms"):
        x[:, COLUMN[name]] = np.log1p(column(name))
    for name in ("top_idf", "second_idf", "missing_idf"):
        x[:, COLUMN[name]] /= 10
    cover = column("claim_cover")
    return np.column_stack(
        (x, cover * column("sentence_cover"), cover**2, cover * column("shared_idf"))
    )


DESIGN: Final = (*OVERLAP, *WORDING, "cover_both", "claim_cover_squared", "cover_shared_idf")
"""Names of the columns of ``design``: what the light stage weighs."""


def design_near(
    evidence: NDArray[np.float32],
    light_logits: NDArray[np.float64],
    cosines: NDArray[np.float32],
) -> NDArray[np.float64]:
    """Whether it is about the claim, by words and by vectors, and few signs: DESIGN_NEAR."""
    signs = design(evidence)[:, [COLUMN[name] for name in _SIGNS]]
    return np.column_stack((light_logits, cosines, signs)).astype(np.float64)


SURE: Final = 1.0
"""Pair logit beyond which the pair model can be no surer."""


def design_read(near: NDArray[np.float64], pair_logits: NDArray[np.float32]) -> NDArray[np.float64]:
    """The columns of ``design_near``, and whether it says so: columns of DESIGN_READ.

    Few columns, each of which counts in one direction: a scale of all evidence at once finds no
    more, and does not carry over to an index of another size.
    """
    return np.column_stack((near, np.minimum(pair_logits, SURE)))


_SIGNS: Final = ("sentence_cover", "sentence_terms", "framed", "negation_differs", "number_differs")
DESIGN_NEAR: Final = ("light", "cosine", *_SIGNS)
DESIGN_READ: Final = (*DESIGN_NEAR, "pair")
"""Names of the columns that the second and the third stage weigh."""


@dataclass(frozen=True, slots=True)
class Scale:
    """A logistic regression and the scale of its score.

    ``weights`` and ``bias`` make a logit of a design's columns; ``knots`` are (logit, score)
    pairs, ascending, between which the score is linear. They hold for an index of
    ``knots_cases`` cases; the best of more candidates is higher by chance, by ``size_slope``
    for each factor e.
    """

    weights: NDArray[np.float64]
    bias: float
    knots: tuple[tuple[float, float], ...]
    knots_cases: int
    size_slope: float

    @classmethod
    def of(cls, model: Mapping[str, Any], columns: Sequence[str]) -> Self:
        """A scale as ``model/scorer.json`` holds it."""
        return cls(
            weights=np.array([model["weights"][name] for name in columns]),
            bias=model["bias"],
            knots=tuple((logit, score) for logit, score in model["knots"]),
            knots_cases=model["knots_cases"],
            size_slope=model["size_slope"],
        )

    def logits(self, columns: NDArray[np.float64]) -> NDArray[np.float64]:
        """One logit a pair, from the columns of its design."""
        return np.asarray(columns @ self.weights + self.bias)

    def scores(self, logits: NDArray[np.float64], cases: int) -> NDArray[np.float64]:
        """Logits on the scale of the bands, in [0, 1], for an index of so many cases."""
        at, score = zip(*self.knots, strict=True)
        return np.asarray(np.interp(logits - self.by_chance(cases), at, score))

    def by_chance(self, cases: int) -> float:
        """What the size of an index adds to the best logit of an ordinary sentence."""
        return float(self.size_slope * np.log(max(cases, LEAST_CASES) / self.knots_cases))


@dataclass(frozen=True, slots=True)
class Scorer:
    """The scales of the three stages, each of which weighs what the one before leaves.

    ``near`` says whether a sentence is about a claim, ``read`` whether it says the same.
    ``near_from`` and ``read_from`` are the logits of the stage before (on its ``knots_cases``
    cases) from which a pair is worth the cost of the encoder and of the pair model.
    """

    name: str
    light: Scale
    near: Scale
    read: Scale
    near_from: float
    read_from: float

    def least_light(self, cases: int) -> float:
        """The logit from which a pair is worth comparing in an index of so many cases."""
        return self.near_from + self.light.by_chance(cases)

    def least_near(self, cases: int) -> float:
        """The logit from which a pair is worth reading in an index of so many cases."""
        return self.read_from + self.near.by_chance(cases)


@cache
def scorer() -> Scorer:
    """The scorer shipped with the engine."""
    content = MODEL.read_bytes()
    model = json.loads(content)
    return Scorer(
        name=f"scorer-{sha256(content).hexdigest()[:12]}",
        light=Scale.of(model["light"], DESIGN),
        near=Scale.of(model["near"], DESIGN_NEAR),
        read=Scale.of(model["read"], DESIGN_READ),
        near_from=model["near_from"],
        read_from=model["read_from"],
    )


def band(score: float) -> Band | None:
    """The band a score falls into; None: not shown."""
    if score >= THRESHOLDS[Band.MATCH]:
        return Band.MATCH
    return Band.SIMILAR if score >= THRESHOLDS[Band.SIMILAR] else None
