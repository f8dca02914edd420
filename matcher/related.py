"""Which other cases a reader of one may want: what editors pinned, then the nearest."""

from __future__ import annotations

from typing import Final

from matcher.case import Case, RelatedLink
from matcher.layers import Layers
from matcher.lexical import look_up
from matcher.reading import read
from matcher.text import normalise
from matcher.types import Related

LEAST_COVER: Final = 0.25
"""Share of a claim's telling words that a computed related case must have in common."""


def related(layers: Layers, number: int, limit: int) -> tuple[Related, ...]:
    """What was pinned to the case at a position, all of it, then the nearest up to ``limit``."""
    case = layers.case_at(number)
    pinned = []
    for entry in case.related:
        if isinstance(entry, RelatedLink):
            pinned.append(Related(id=None, claim=entry.title, url=entry.url, pinned=True))
        elif (other := layers.number(entry)) is not None:
            pinned.append(_as_related(layers, other, pinned=True))
    taken = {case.id, *(each.id for each in pinned)}
    nearest = (
        _as_related(layers, other, pinned=False) for other in _nearest(layers, case, number, limit)
    )
    computed = [each for each in nearest if each.id not in taken]
    return (*pinned, *computed[: max(0, limit - len(pinned))])


def _as_related(layers: Layers, number: int, *, pinned: bool) -> Related:
    case = layers.case_at(number)
    return Related(id=case.id, claim=case.claim, url=case.url, pinned=pinned)


def _nearest(layers: Layers, case: Case, number: int, limit: int) -> list[int]:
    claim = case.claims[0]
    reading = read(normalise(claim.text), claim.language)
    own_score = float(look_up(layers.base.lexical, [reading]).idf.sum())
    found = layers.candidates([reading], limit=10 * (limit + len(case.related)))
    near = [
        layers.case_of(int(row))
        for row, score in zip(found.row, found.bm25, strict=True)
        if score >= LEAST_COVER * own_score
    ]
    return [other for other in dict.fromkeys(near) if other != number]
