"""What holds a score back: signs that a sentence says something else than the claim it comes near.

A guard never raises a score; it names what lowered one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

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
OTHER: Final = -3.8
"""Pair logit below which a sentence is not even shown as ``similar``: what the pair model is
surest of says something else, or the contrary."""
DOUBT: Final = -3.3
"""Pair logit below which what a sentence is about is all that it has in common with the claim."""
LITERAL_DOUBT: Final = -1.5
"""The same where nearly all of the claim is there word for word: what differs then matters."""
LITERAL_COVER: Final = 0.75
OPPOSED: Final = -2.5
"""Pair logit below which a sign of the contrary is believed.

These were chosen on the held-out folds and on the development part of ``data/quality``: together
they show a fourteenth of the contradictions as ``match``, for some hundredths of the cases.
"""


def guarded(
    score: float, evidence: Sequence[float], pair_logit: float | None = None
) -> tuple[float, Guard | None]:
    """A score that no band shows beyond what its evidence bears, and what lowered it.

    A sentence that says the contrary of the claim, or shows it in a frame, leaves both bands;
    other numbers, other names, a claim too general to recognise leave ``match``. Where the pair
    model was asked (``pair_logit`` not None) and does not agree, a negation is taken for part of
    the same statement, and a frame, which it reads past, leaves ``match`` alone. Its own doubt
    counts without a sign, and then has no name.
    """
    has = {guard: evidence[column] >= least for guard, column, least in _SEEN}
    if pair_logit is None or pair_logit < OPPOSED:
        sign = next((guard for guard in (Guard.NEGATED, Guard.QUOTED) if has[guard]), None)
        if sign:
            return held(score, Band.SIMILAR, sign)
    elif has[Guard.QUOTED]:
        return held(score, Band.MATCH, Guard.QUOTED)
    elif has[Guard.NEGATED] and pair_logit < SURE:
        return held(score, Band.MATCH, Guard.NEGATED)
    if pair_logit is not None:
        literal = evidence[COLUMN["claim_cover"]] >= LITERAL_COVER
        if pair_logit < (LITERAL_DOUBT if literal else DOUBT):
            named = next((guard for guard, there in has.items() if there), None)
            return held(score, Band.SIMILAR if pair_logit < OTHER else Band.MATCH, named)
    elif has[Guard.NUMBER] or has[Guard.NAME]:
        return held(score, Band.MATCH, Guard.NUMBER if has[Guard.NUMBER] else Guard.NAME)
    sure = pair_logit is not None and pair_logit >= SURE
    shared = LEAST_SHARED_MATCH if sure else evidence[COLUMN["shared_count"]]
    if shared < LEAST_SHARED:
        return held(score, Band.SIMILAR, Guard.GENERIC)
    if shared < LEAST_SHARED_MATCH or evidence[COLUMN["claim_terms"]] < LEAST_CLAIM_TERMS:
        return held(score, Band.MATCH, Guard.GENERIC)
    return score, None


_SEEN: Final = (
    (Guard.NEGATED, COLUMN["negation_differs"], 1),
    (Guard.QUOTED, COLUMN["framed"], 1),
    (Guard.NUMBER, COLUMN["number_differs"], 1),
    (Guard.NAME, COLUMN["names_missing"], 1),
)
"""The guards that can be named, the column of evidence they stand on, and its least value."""


def held(score: float, below: Band, guard: Guard | None) -> tuple[float, Guard | None]:
    """A score just below a band, and the guard's name where it lowered it."""
    limit = THRESHOLDS[below] - JUST_BELOW
    return (limit, guard) if score > limit else (score, None)
