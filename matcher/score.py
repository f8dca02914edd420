"""From evidence to a score in [0, 1], its band, and the guard that lowered it.

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
LEAST_SHARED: Final = 2
LEAST_SHARED_MATCH: Final = 3
"""Content words in common for a sentence to be shown at all, and as ``match``: one rare name or
phrase in common says what a sentence is about, not what it says."""

_COLUMN: Final = {name: i for i, name in enumerate(OVERLAP + WORDING)}


def design(evidence: NDArray[np.float32]) -> NDArray[np.float64]:
    """Evidence (pairs, columns of OVERLAP + WORDING) as the columns of DESIGN.

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
"""Names of the columns of ``design``: what the light stage weighs."""


def design_read(
    evidence: NDArray[np.float32],
    light_logits: NDArray[np.float64],
    pair_logits: NDArray[np.float32],
) -> NDArray[np.float64]:
    """Whether it is about the claim, whether it says so, and few signs: columns of DESIGN_READ.

    Few columns, each of which counts in one direction: a scale of all evidence at once finds no
    more, and does not carry over to an index of another size.
    """
    return np.column_stack(
        (light_logits, pair_logits, design(evidence)[:, [_COLUMN[name] for name in _SIGNS]])
    ).astype(np.float64)


_SIGNS: Final = ("sentence_cover", "sentence_terms", "framed", "negation_differs", "number_differs")
DESIGN_READ: Final = ("light", "pair", *_SIGNS)
"""Names of the columns of ``design_read``: what the second stage weighs."""


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
    """The scales of both stages.

    ``read_from`` is the light logit (on ``light.knots_cases`` cases) from which a pair is
    worth the cost of the pair model.
    """

    name: str
    light: Scale
    read: Scale
    read_from: float


@cache
def scorer() -> Scorer:
    """The scorer shipped with the engine."""
    content = MODEL.read_bytes()
    model = json.loads(content)
    return Scorer(
        name=f"scorer-{sha256(content).hexdigest()[:12]}",
        light=Scale.of(model["light"], DESIGN),
        read=Scale.of(model["read"], DESIGN_READ),
        read_from=model["read_from"],
    )


def band(score: float) -> Band | None:
    """The band a score falls into; None: not shown."""
    if score >= THRESHOLDS[Band.MATCH]:
        return Band.MATCH
    return Band.SIMILAR if score >= THRESHOLDS[Band.SIMILAR] else None


def guarded(
    score: float, evidence: NDArray[np.float32], pair_logit: float | None = None
) -> tuple[float, Guard | None]:
    """A score that no band shows beyond what its evidence bears, and what lowered it.

    A sentence that says the contrary of the claim, or shows it in a frame, leaves both bands;
    other numbers, other names, a claim too general to recognise, or hardly a word in common
    leave ``match``. Visible signs of the contrary (a negation, framing words) count unless the
    pair model (``pair_logit`` None: not asked) is sure that the sentence repeats the claim, and
    its own doubt counts without a sign, and then has no name.
    """
    has = {guard: bool(evidence[_COLUMN[name]] >= least) for guard, name, least in _SEEN}
    sign = next((guard for guard in (Guard.NEGATED, Guard.QUOTED) if has[guard]), None)
    if pair_logit is not None:
        literal = evidence[_COLUMN["claim_cover"]] >= LITERAL_COVER
        if pair_logit < (LITERAL_DOUBT if literal else DOUBT):
            named = next((guard for guard, there in has.items() if there), None)
            return _held(score, Band.SIMILAR, named)
        if sign and pair_logit < SURE:
            return _held(score, Band.SIMILAR if pair_logit < 0 else Band.MATCH, sign)
    elif sign:
        return _held(score, Band.SIMILAR, sign)
    elif has[Guard.NUMBER] or has[Guard.NAME]:
        return _held(score, Band.MATCH, Guard.NUMBER if has[Guard.NUMBER] else Guard.NAME)
    shared = evidence[_COLUMN["shared_count"]]
    if shared < LEAST_SHARED:
        return _held(score, Band.SIMILAR, Guard.GENERIC)
    if shared < LEAST_SHARED_MATCH or evidence[_COLUMN["claim_terms"]] < LEAST_CLAIM_TERMS:
        return _held(score, Band.MATCH, Guard.GENERIC)
    return score, None


DOUBT: Final = -1.0
"""Pair logit below which a sentence says something else than the claim."""
LITERAL_DOUBT: Final = -0.5
"""The same where nearly all of the claim is there word for word: what differs then matters."""
LITERAL_COVER: Final = 0.75
SURE: Final = 1.0
"""Pair logit from which a negation or a framing word is taken for part of the same statement.

All four were chosen on the held-out folds: together they leave a fifth to a quarter of the
contradictions for a few hundredths of the cases found.
"""
_SEEN: Final = (
    (Guard.NEGATED, "negation_differs", 1),
    (Guard.QUOTED, "framed", 1),
    (Guard.NUMBER, "number_differs", 1),
    (Guard.NAME, "names_missing", 1),
)
"""The guards that can be named, the evidence they stand on, and its least value."""


def _held(score: float, below: Band, guard: Guard | None) -> tuple[float, Guard | None]:
    limit = THRESHOLDS[below] - JUST_BELOW
    return (limit, guard) if score > limit else (score, None)
