"""What holds a score back: signs that a sentence says something else than the claim it comes near.

A guard never raises a score; it names what lowered one.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from matcher.score import COLUMN, SURE, THRESHOLDS
from matcher.types import Band, Guard

JUST_BELOW: Final = 0.01
"""How far below a band a guard holds a score that would have reached it."""
LEAST_CLAIM_TERMS: Final = 4
"""Content words below which a claim is too general to be more than ``similar``."""
LEAST_SHARED: Final = 2
LEAST_SHARED_MATCH: Final = 3
"""Content words in common for a sentence to be shown at all, and as ``match``: one rare name or
phrase in common says what a sentence is about, not what it says."""


def guarded(
    score: float, evidence: NDArray[np.float32], pair_logit: float | None = None
) -> tuple[float, Guard | None]:
    """A score that no band shows beyond what its evidence bears, and what lowered it.

    A sentence that says the contrary of the claim, or shows it in a frame, leaves both bands;
    other numbers, other names, a claim too general to recognise, or hardly a word in common
    leave ``match``. Visible signs of the contrary (a negation, framing words) and too few words
    in common count unless the pair model (``pair_logit`` None: not asked) is sure that the
    sentence repeats the claim, and its own doubt counts without a sign, and then has no name.
    """
    has = {guard: bool(evidence[COLUMN[name]] >= least) for guard, name, least in _SEEN}
    sign = next((guard for guard in (Guard.NEGATED, Guard.QUOTED) if has[guard]), None)
    if pair_logit is not None:
        literal = evidence[COLUMN["claim_cover"]] >= LITERAL_COVER
        if pair_logit < (LITERAL_DOUBT if literal else DOUBT):
            named = next((guard for guard, there in has.items() if there), None)
            return held(score, Band.SIMILAR, named)
        if sign and pair_logit < SURE:
            return held(score, Band.SIMILAR if pair_logit < 0 else Band.MATCH, sign)
    elif sign:
        return held(score, Band.SIMILAR, sign)
    elif has[Guard.NUMBER] or has[Guard.NAME]:
        return held(score, Band.MATCH, Guard.NUMBER if has[Guard.NUMBER] else Guard.NAME)
    sure = pair_logit is not None and pair_logit >= SURE
    shared = evidence[COLUMN["shared_count"]]
    if shared < LEAST_SHARED and not sure:
        return held(score, Band.SIMILAR, Guard.GENERIC)
    few = shared < LEAST_SHARED_MATCH and not sure
    if few or evidence[COLUMN["claim_terms"]] < LEAST_CLAIM_TERMS:
        return held(score, Band.MATCH, Guard.GENERIC)
    return score, None


DOUBT: Final = -3.5
"""Pair logit below which a sentence says something else than the claim it is about."""
LITERAL_DOUBT: Final = -0.5
"""The same where nearly all of the claim is there word for word: what differs then matters."""
LITERAL_COVER: Final = 0.75
_SEEN: Final = (
    (Guard.NEGATED, "negation_differs", 1),
    (Guard.QUOTED, "framed", 1),
    (Guard.NUMBER, "number_differs", 1),
    (Guard.NAME, "names_missing", 1),
)
"""The guards that can be named, the evidence they stand on, and its least value."""


def held(score: float, below: Band, guard: Guard | None) -> tuple[float, Guard | None]:
    """A score just below a band, and the guard's name where it lowered it."""
    limit = THRESHOLDS[below] - JUST_BELOW
    return (limit, guard) if score > limit else (score, None)
