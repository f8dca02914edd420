"""What an editor would want to know of cases before they are published; it fetches nothing.

Every remark names a case and what was found. None stops a push: what may not be published
at all is refused by the definition of a case.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

import numpy as np
from rapidfuzz import fuzz, utils

from matcher import background
from matcher.case import Case
from matcher.detect import contradicted
from matcher.guard import LEAST_CLAIM_TERMS
from matcher.index import Index
from matcher.language import primary
from matcher.reading import Reading, read
from matcher.text import normalise
from server.formats import ratings

NEARLY_SAME: Final = 90.0
"""Percent of likeness, words in any order, from which two wordings say nearly the same."""
NOT_THE_SAME: Final = 50.0
"""Likeness below which a case under an old id seems to be another case."""
GENERAL: Final = 19.0
"""Weight (sum of idf) below which a wording is made of everyday words: the lightest hundredth
of 10,906 EUvsDisinfo titles, such as "US wants to destroy Russia"."""
LONG_SUMMARY_CHARS: Final = 450
"""From here on a card must be scrolled on a phone."""
_BATCH: Final = 500
_NEIGHBOURS: Final = 6


class Kind(StrEnum):
    """What a remark is about."""

    DUPLICATE = "duplicate"
    CLASH = "clash"
    RELATED = "related"
    LINK = "link"
    SUMMARY = "summary"
    GENERAL = "general"
    LANGUAGE = "language"
    RATING = "rating"


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing to look at. ``other``: the id of the case that it has to do with, if any."""

    kind: Kind
    id: str
    message: str
    other: str | None = None


def lint(put: Sequence[Case], *, draft: Index, before: Mapping[str, Case | None]) -> list[Remark]:
    """The remarks on cases that are to be published, in their order.

    Parameters
    ----------
    put
        the cases.
    draft
        an index that holds them and all others.
    before
        what is published now under their ids.
    """
    near = _near_duplicates(put, draft)
    return [
        remark
        for case in put
        for remark in (
            *_clash(case, before.get(case.id)),
            *near.get(case.id, ()),
            *_related(case, draft),
            *_links(case),
            *_summary(case),
            *_wordings(case),
            *_rating(case),
        )
    ]


def _clash(case: Case, before: Case | None) -> Iterator[Remark]:
    if before is None or before.url == case.url:
        return
    alike = max(_likeness(a.text, b.text) for a in case.claims for b in before.claims)
    if alike < NOT_THE_SAME:
        yield Remark(
            Kind.CLASH,
            case.id,
            "this id belongs to a published case with another claim and another link: "
            "it would be replaced",
            case.id,
        )


def _near_duplicates(put: Sequence[Case], draft: Index) -> dict[str, list[Remark]]:
    """Other cases with a nearly equal wording: proposed by the index, measured as strings."""
    found: dict[str, dict[str, Remark]] = {}
    wordings = [(case, claim) for case in put for claim in case.claims]
    for start in range(0, len(wordings), _BATCH):
        part = wordings[start : start + _BATCH]
        readings = [read(normalise(claim.text), claim.language) for _, claim in part]
        near = draft.layers.candidates(draft.layers.look_up(readings), limit=_NEIGHBOURS)
        for number, row in zip(near.sentence, near.row, strict=True):
            case, claim = part[int(number)]
            other = draft.layers.id_at(draft.layers.case_of(int(row)))
            if other == case.id:
                continue
            theirs = draft.layers.claim_at(int(row))
            if primary(theirs.language) != primary(claim.language):
                continue
            alike = _likeness(claim.text, theirs.text)
            if alike >= NEARLY_SAME:
                message = f"{alike:.0f} % the same wording as {other}: “{theirs.text[:120]}”"
                found.setdefault(case.id, {}).setdefault(
                    other, Remark(Kind.DUPLICATE, case.id, message, other)
                )
    return {case_id: list(remarks.values()) for case_id, remarks in found.items()}


def _likeness(one: str, other: str) -> float:
    return fuzz.token_sort_ratio(one, other, processor=utils.default_process)


def _related(case: Case, draft: Index) -> Iterator[Remark]:
    for pin in case.related:
        if pin == case.id:
            yield Remark(Kind.RELATED, case.id, "the case is pinned as related to itself")
        elif isinstance(pin, str) and pin not in draft:
            yield Remark(Kind.RELATED, case.id, f"the related case {pin} does not exist", pin)


def _links(case: Case) -> Iterator[Remark]:
    parts = urlsplit(case.url)
    if parts.path in ("", "/") and not parts.query:
        yield Remark(Kind.LINK, case.id, "the link leads to a home page, not to the disproof")
    if "." not in (parts.hostname or ""):
        yield Remark(Kind.LINK, case.id, "the link names a host that only this network knows")
    if case.publisher.url is None:
        yield Remark(Kind.LINK, case.id, "the publisher has no link")


def _summary(case: Case) -> Iterator[Remark]:
    if case.summary is None:
        yield Remark(Kind.SUMMARY, case.id, "no summary: the card leads to the disproof alone")
        return
    if len(case.summary) > LONG_SUMMARY_CHARS:
        yield Remark(
            Kind.SUMMARY,
            case.id,
            f"a summary of {len(case.summary)} characters; beyond {LONG_SUMMARY_CHARS} a card "
            "must be scrolled on a phone",
        )
    if any(_likeness(case.summary, claim.text) >= NEARLY_SAME for claim in case.claims):
        yield Remark(Kind.SUMMARY, case.id, "the summary repeats the claim instead of refuting it")


def _wordings(case: Case) -> Iterator[Remark]:
    for claim in case.claims:
        shown = f"“{claim.text[:120]}”"
        reading = read(normalise(claim.text), claim.language)
        if len(reading) < LEAST_CLAIM_TERMS:
            words = f"{len(reading)} telling word{'' if len(reading) == 1 else 's'}"
            message = f"{shown} has {words}; below {LEAST_CLAIM_TERMS} it is never a sure match"
            yield Remark(Kind.GENERAL, case.id, message)
        elif _weight(reading) < GENERAL:
            message = f"{shown} is made of everyday words: it may fire where nobody expects it"
            yield Remark(Kind.GENERAL, case.id, message)
        if found := contradicted(claim.text, claim.language):
            message = f"{shown} is declared as {claim.language}, but reads as {found}"
            yield Remark(Kind.LANGUAGE, case.id, message)
    if case.summary and case.summary_language:
        found = contradicted(case.summary, case.summary_language)
        if found:
            message = f"the summary is declared as {case.summary_language}, but reads as {found}"
            yield Remark(Kind.LANGUAGE, case.id, message)


def _weight(reading: Reading) -> float:
    return float(background.idf(np.array(reading.zipfs)).sum())


def _rating(case: Case) -> Iterable[Remark]:
    if case.rating is None:
        return
    told = ratings.verdict_of(case.rating)
    shown = repr(case.rating[:80])
    if told is None:
        message = f"the rating {shown} is not in the table of ratings; the verdict is yours"
        yield Remark(Kind.RATING, case.id, message)
    elif told != case.verdict:
        means = "no debunked claim" if told == ratings.NO_VERDICT else told
        message = f"the rating {shown} means {means}, the verdict says {case.verdict}"
        yield Remark(Kind.RATING, case.id, message)
