"""Texts and names that a foreign row lacks or has too long: summaries cut, ids made."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import Final

from matcher.script import without_heaps
from matcher.text import split_sentences

_ID_CHARS: Final = 128
_DIGEST_CHARS: Final = 8


def cut(text: str, limit: int) -> str:
    """The text up to the end of the last sentence that fits; of the last word, where none does."""
    text = " ".join(text.split())
    if len(text) <= limit:
        return text
    kept = ""
    for sentence in split_sentences(text):
        longer = f"{kept} {sentence}" if kept else sentence
        if len(longer) > limit:
            break
        kept = longer
    return kept or text[: limit - 1].rsplit(" ", 1)[0].rstrip(" ,;:–-") + "…"


def made_id(readable: str, *, of: str, otherwise: str) -> str:
    """An id that a person can read, and that no two different ``of`` share.

    Examples
    --------
    >>> made_id("Škoda is bankrupt!", of="https://example.org/7", otherwise="case")
    'skoda-is-bankrupt-ffd3aaca'
    """
    plain = unicodedata.normalize("NFKD", without_heaps(readable))
    plain = plain.encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[: _ID_CHARS - _DIGEST_CHARS - 1]
    digest = hashlib.sha256(of.encode(errors="replace")).hexdigest()[:_DIGEST_CHARS]
    return f"{slug.rstrip('-') or otherwise}-{digest}"
