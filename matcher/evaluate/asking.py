"""What an index answers to texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matcher.index import Index
from matcher.types import Band, Match, Sentence


def best_matches(
    index: Index,
    texts: Sequence[str],
    language: str | None = "en",
    **options: Any,
) -> list[list[Match]]:
    """The matches of each text, best first; asked alone, so no bound on a request's cost is met."""
    return [list(index.match([Sentence("0", text, language)], **options).matches) for text in texts]


def shown(found: list[list[Match]], band: Band) -> list[bool]:
    """Whether each text has a hint of the band, or of a higher one."""
    bands = {Band.MATCH} if band is Band.MATCH else {Band.MATCH, Band.SIMILAR}
    return [any(match.band in bands for match in matches) for matches in found]
