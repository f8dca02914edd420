"""Which other cases a reader of one may want: what editors pinned, then the nearest."""

from __future__ import annotations

import json
from typing import Any, Final

import numpy as np

from matcher.layers import Layers
from matcher.reading import read
from matcher.text import normalise
from matcher.types import Related

LEAST_COVER: Final = 0.25
"""Share of a claim's telling words that a computed related case must have in common."""
MOST_RELATED: Final = 3
"""Related cases told of a case, unless editors pinned more to it."""


class Relations:
    """The related cases of one index, each looked for once."""

    def __init__(self, layers: Layers) -> None:
        self._layers: Final = layers
        # By number; zeros take no memory before they are written over.
        self._known: Final = np.zeros(layers.numbered, dtype=bool)
        self._after: Final = np.zeros((layers.numbered, MOST_RELATED), dtype=np.int32)
        """The nearest ones' numbers, each plus one; 0: no more."""

    def of(self, number: int) -> tuple[Related, ...]:
        """What was pinned to a case, all of it, then the nearest up to MOST_RELATED together."""
        layers = self._layers
        case = _case(layers, number)
        pinned, numbers = [], {number}
        for entry in case.get("related", ()):
            if isinstance(entry, dict):
                pinned.append(Related(id=None, claim=entry["title"], url=entry["url"], pinned=True))
            elif (other := layers.number(entry)) is not None:
                numbers.add(other)
                pinned.append(_as_related(layers, other, pinned=True))
        if not self._known[number]:
            found = [one + 1 for one in _nearest(layers, case) if one not in numbers]
            found = found[: max(0, MOST_RELATED - len(pinned))]
            self._after[number, : len(found)] = found
            self._known[number] = True
        nearest = [after - 1 for after in self._after[number].tolist() if after]
        return (*pinned, *(_as_related(layers, other, pinned=False) for other in nearest))


def _case(layers: Layers, number: int) -> dict[str, Any]:
    """A case as it is kept: it was checked when it was compiled, and an answer needs thousands."""
    found: dict[str, Any] = json.loads(layers.line(number))
    return found


def _as_related(layers: Layers, number: int, *, pinned: bool) -> Related:
    case = _case(layers, number)
    return Related(id=case["id"], claim=case["claims"][0]["text"], url=case["url"], pinned=pinned)


def _nearest(layers: Layers, case: dict[str, Any]) -> list[int]:
    """Numbers of cases whose wordings come near the case's first, nearest first; its own too."""
    claim = case["claims"][0]
    reading = read(normalise(claim["text"]), claim["language"])
    asked = layers.look_up([reading])
    own_score = float(asked[0].idf.sum())
    found = layers.candidates(asked, limit=10 * (MOST_RELATED + len(case.get("related", ()))))
    near = found.row[found.bm25 >= LEAST_COVER * own_score]
    return list(dict.fromkeys(layers.case_of(row) for row in near.tolist()))
