"""Ordinary news, of which nothing should be marked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from matcher.evaluate.asking import best_matches, shown
from matcher.evaluate.table import Row, row
from matcher.index import Index
from matcher.training.corpora import fold, rows
from matcher.types import Band

ON_TOPIC: Final = re.compile(
    r"russia|ukrain|\bnato\b|putin|kremlin|belarus|moscow|crimea|kyiv|kiev|donbas", re.IGNORECASE
)
"""News sentences about the very subject of the EUvsDisinfo cases."""
UNSEEN_FOLDS: Final = 7


def unseen_news() -> list[str]:
    """Ordinary news sentences that the pair model was not trained on."""
    return [r["text"] for r in rows("news/en") if fold(r["text"]) < UNSEEN_FOLDS]


def news_in_other_languages(index: Index) -> Iterator[Row]:
    """Ordinary news in other languages against the starter cases."""
    for language in ("en", "de", "fr", "ru"):
        texts = unseen_news() if language == "en" else [r["text"] for r in rows(f"news/{language}")]
        hits = shown(best_matches(index, texts, language), Band.MATCH)
        name = f"starter cases: ordinary news ({language}) shown as match"
        yield row(name, hits, better="lower", data="apart", per=1_000)
