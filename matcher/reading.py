"""A text as the engine reads it: its words in order, and which of them carry evidence."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from matcher import background
from matcher.compounds import word_stems
from matcher.language import primary
from matcher.text import fold, text_key, tokens

CACHED_WORDS: Final = 30_000
"""Words kept with their stems, 8 MB when full: 93 of 100 words of news are among them."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One sentence or claim.

    ``text`` is its normalised text; ``words`` are all its folded words; ``capitals`` says which
    were written with a capital beyond the first; ``positions``, ``hashes`` and ``zipfs``
    describe its content stems, each once, in order of first occurrence. The parts of a compound
    are stems of their own, at the position of their word.
    """

    text: str
    language: str
    words: tuple[str, ...]
    capitals: tuple[bool, ...]
    positions: tuple[int, ...]
    hashes: tuple[int, ...]
    zipfs: tuple[float, ...]

    def __len__(self) -> int:
        return len(self.hashes)


@lru_cache(maxsize=CACHED_WORDS)
def _terms(token: str, language: str) -> tuple[str, tuple[tuple[int, float], ...]]:
    """A token folded, and its content stems with their Zipf values."""
    word = fold(token, language)
    hashes = map(text_key, word_stems(word, language) if word else ())
    rated = ((hashed, background.zipf(hashed, language)) for hashed in hashes)
    return word, tuple(term for term in rated if term[1] < background.STOP_ZIPF)


def read(text: str, language: str) -> Reading:
    """Read a normalised text in a language given by a BCP 47 tag."""
    code = primary(language)
    written = tokens(text, code)
    words: list[str] = []
    positions: list[int] = []
    zipfs: dict[int, float] = {}
    for position, token in enumerate(written):
        word, terms = _terms(token, code)
        words.append(word)
        for hashed, zipf in terms:
            if hashed not in zipfs:
                zipfs[hashed] = zipf
                positions.append(position)
    return Reading(
        text=text,
        language=code,
        words=tuple(words),
        capitals=tuple([False, *[token[0].isupper() for token in written[1:]]][: len(written)]),
        positions=tuple(positions),
        hashes=tuple(zipfs),
        zipfs=tuple(zipfs.values()),
    )
