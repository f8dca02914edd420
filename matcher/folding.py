"""Words as a browser can tell them apart too: folded to a few letters and hashed to 24 bits.

Simpler than the engine's stems on purpose. It needs neither the language of a text nor a
stemmer, so that the same few lines exist in Python and TypeScript and agree to the bit
(``extension/filter/folding.ts``; the vectors in ``tests/contract/filter.json`` hold them equal).
``docs/filter.md`` is the definition.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from functools import cache, lru_cache
from typing import Final, NamedTuple

PREFIX_UNITS: Final = 6
"""UTF-16 code units of a word that are kept. Against Snowball, five and seven units this let the
fewest ordinary sentences out for the same hints on the EUvsDisinfo index."""
TELLING_UNITS: Final = 5
"""Code units from which on an unknown word counts as telling; shorter ones are mostly common."""
HASH_BITS: Final = 24
"""An unknown word meets a known one by chance once in 3,000 at 6,000 known words."""
CACHED_WORDS: Final = 100_000

_INVISIBLE: Final = re.compile(
    "[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\x00-\x08\x0b\x0c\x0e-\x1f\x7f"
    "\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed]"
)
_LINK: Final = re.compile(r"(?:https?://|www\.)[^ \t\n\r\f\v]+")
_HUMP: Final = re.compile("([a-z])(?=[A-Z])")
_IN_NUMBER: Final = re.compile("(?<=[0-9])[.,](?=[0-9])")
_ASCII_WORD: Final = re.compile("[A-Za-z0-9]+")
_ACCENT: Final = re.compile("[\u0300-\u036f]")  # those that NFKC left apart: stress marks, İ
# Scripts written without spaces between words: Thai, Lao, Burmese, Khmer, Kana, Han, Hangul.
_UNSPACED: Final = re.compile(
    "([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+)"
)


class Word(NamedTuple):
    """A folded word: its hash, and whether it is long enough to tell something when unknown."""

    hashed: int
    telling: bool


def words(text: str) -> list[str]:
    """The words of a text in lower case, in order; scripts without spaces in pairs of letters."""
    text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
    text = _HUMP.sub(r"\1 ", _LINK.sub(" ", text)).lower()
    text = _ACCENT.sub("", text.replace("ß", "ss").replace("ς", "σ"))
    text = _IN_NUMBER.sub("", text)
    if text.isascii():
        return list(filter(_is_long, _ASCII_WORD.findall(text)))
    found: list[str] = []
    for word in _word_pattern().findall(text):
        if not _UNSPACED.search(word):
            found.append(word)
            continue
        for part in filter(None, _UNSPACED.split(word)):
            if _UNSPACED.match(part):
                found += [part[i : i + 2] for i in range(max(1, len(part) - 1))]
            else:
                found.append(part)
    return list(filter(_is_long, found))


def _is_long(word: str) -> bool:
    """More than one code unit, as a browser counts."""
    return len(word) > 1 or word > "\uffff"


@lru_cache(maxsize=CACHED_WORDS)
def fold(word: str) -> Word:
    """One of ``words`` as its hash (24 bits)."""
    units = word.encode("utf-16-le", "surrogatepass")
    hashed = 0x811C9DC5  # FNV-1a over code units, then the mixing steps of MurmurHash3
    for at in range(0, min(len(units), 2 * PREFIX_UNITS), 2):
        hashed = (hashed ^ (units[at] | units[at + 1] << 8)) * 0x01000193 & 0xFFFFFFFF
    hashed = (hashed ^ hashed >> 15) * 0x85EBCA6B & 0xFFFFFFFF
    hashed ^= hashed >> 13
    telling = len(units) >= 2 * TELLING_UNITS or bool(_UNSPACED.match(word))
    return Word(hashed >> 32 - HASH_BITS, telling)


@cache
def _word_pattern() -> re.Pattern[str]:
    r"""Runs of letters, marks and numbers: ``[\p{L}\p{M}\p{N}]+``, which ``re`` cannot say."""
    ranges: list[str] = []
    begun: int | None = None
    for code in range(sys.maxunicode + 2):
        inside = code <= sys.maxunicode and unicodedata.category(chr(code))[0] in "LMN"
        if inside and begun is None:
            begun = code
        elif not inside and begun is not None:
            ranges.append(f"\\U{begun:08x}-\\U{code - 1:08x}")
            begun = None
    return re.compile(f"[{''.join(ranges)}]+")
