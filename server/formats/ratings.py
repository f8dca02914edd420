"""Other publishers' ratings as our verdicts: by a table that anyone can read, never guessed."""

from __future__ import annotations

import csv
import re
import unicodedata
from functools import cache
from pathlib import Path
from typing import Final, Literal

from matcher.case import Verdict
from matcher.script import without_heaps

TABLE: Final = Path(__file__).with_name("ratings.csv")
NO_VERDICT: Final = "none"
"""In the table: the rating says that the claim is right, or says nothing of it."""

Told = Verdict | Literal["none"]


def verdict_of(rating: str) -> Told | None:
    """Our verdict for a publisher's words; ``none``: no debunked claim; None: not in the table.

    Examples
    --------
    >>> verdict_of("Pants on Fire!"), verdict_of("TRUE"), verdict_of("Geppetto's delight")
    (<Verdict.FALSE: 'false'>, 'none', None)
    """
    return _table().get(_plain(rating))


@cache
def _table() -> dict[str, Told]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return {
            _plain(row["rating"]): NO_VERDICT
            if row["verdict"] == NO_VERDICT
            else Verdict(row["verdict"])
            for row in csv.DictReader(file)
        }


def _plain(rating: str) -> str:
    """Without case, punctuation and emoji, which one publisher writes and the next does not."""
    text = unicodedata.normalize("NFKC", without_heaps(rating)).casefold()
    return " ".join(re.sub(r"[^\w]+", " ", text).split())
