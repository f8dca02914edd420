"""The indexes that are asked: the starter cases, and claims that came without a case."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Final

from matcher.case import MAX_CLAIM_CHARS, Case
from matcher.index import Index
from matcher.semantic import shipped
from matcher.training.gather import euvsdisinfo_titles

DATA: Final = Path(__file__).parents[2] / "data"


def starter_index() -> Index:
    """The index of the starter cases."""
    return Index.build(
        (
            Case.model_validate_json(line)
            for file in sorted((DATA / "cases").glob("*.jsonl"))
            for line in file.read_text(encoding="utf-8").splitlines()
        ),
        semantic=shipped(),
    )


def bare_case(position: int, *wordings: str) -> Case:
    """A case of English claims and nothing else, named by its position: ``c0`` for 0."""
    return Case.model_validate(
        {
            "id": f"c{position}",
            "claims": [{"text": t[:MAX_CLAIM_CHARS], "language": "en"} for t in wordings if t],
            "verdict": "false",
            "url": "https://example.org/",
            "publisher": {"name": "-"},
            "published": "2020-01-01",
        }
    )


def claims_index(claims: Iterable[str]) -> Index:
    """An index of one bare case a claim."""
    return Index.build((bare_case(i, claim) for i, claim in enumerate(claims)), semantic=shipped())


@cache
def titles_index() -> Index:
    """The titles of the EUvsDisinfo cases, each distinct one once."""
    return claims_index(euvsdisinfo_titles())
