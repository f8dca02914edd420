"""The indexes that are asked: the starter cases, and claims that came without a case."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Final

from matcher.case import MAX_CLAIM_CHARS, Case
from matcher.index import Index
from matcher.semantic import Semantic, shipped
from matcher.training.gather import euvsdisinfo_titles
from matcher.vectors import KnownVectors

DATA: Final = Path(__file__).parents[2] / "data"


def starter_index() -> Index:
    """The index of the starter cases."""
    cases = (
        Case.model_validate_json(line)
        for file in sorted((DATA / "cases").glob("*.jsonl"))
        for line in file.read_text(encoding="utf-8").splitlines()
    )
    return served(Index.build(cases, semantic=shipped()))


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
    cases = (bare_case(i, claim) for i, claim in enumerate(claims))
    return served(Index.build(cases, semantic=shipped()))


def served(index: Index) -> Index:
    """The index with the vectors of its claims made, as in a service that has run for a while."""
    if index.semantic is None:
        return index
    known = _known(index.semantic)
    known.learn(known.unknown(list(index.texts(known.languages))))
    known.keep()
    return Index(index.layers, replace(index.semantic, encoder=known))


@cache
def _known(semantic: Semantic) -> KnownVectors:
    """The vectors made so far, for all indexes: several hold the same claims."""
    folder = Path(tempfile.mkdtemp(prefix="claimlight-vectors-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return KnownVectors(semantic.encoder, folder)


@cache
def titles_index() -> Index:
    """The titles of the EUvsDisinfo cases, each distinct one once."""
    return claims_index(euvsdisinfo_titles())
