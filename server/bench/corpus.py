"""What the bench asks, and of which cases: real ones, from the shared datasets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from matcher.case import Case
from matcher.training.corpora import DATASETS, rows
from server.formats import Rejected, read

PAGE: Final = 100
PAGES: Final = 20
CASES: Final = DATASETS / "euvsdisinfo" / "cases.jsonl"

Page = list[dict[str, str]]


def sentences() -> list[str]:
    """Ordinary sentences, of news."""
    return [row["text"][:2_000] for row in rows("news/en")]


def cases() -> list[Case]:
    """EUvsDisinfo's cases, about 11,000."""
    found = read(CASES, default_verdict="false")
    return [row for row in found if not isinstance(row, Rejected)]


def page(texts: Sequence[str]) -> Page:
    """The texts as a browser would send them."""
    return [
        {"id": str(number), "text": text, "language": "en"} for number, text in enumerate(texts)
    ]


def pages(texts: Sequence[str]) -> list[Page]:
    """The texts in pages of 100 sentences, unfiltered."""
    return [page(texts[start : start + PAGE]) for start in range(0, len(texts), PAGE)]
