"""Compounds to the words they are made of.

In some languages one word may hold what a paraphrase says in several. A word that is rare as a
whole is parted where its parts are known (Koehn and Knight 2003, "Empirical methods for compound
splitting"): the stems of the background table are the dictionary.
"""

from __future__ import annotations

from typing import Final

from matcher import background
from matcher.stemming import stem
from matcher.text import text_key

COMPOUNDING: Final = frozenset("de nl sv da nb nn no lb fy".split())
LEAST_PART_CHARS: Final = 4
LEAST_CHARS: Final = 9
MOST_CHARS: Final = 40
"""Longer ones are no words, and would be slow to part."""


def word_stems(word: str, language: str) -> tuple[str, ...]:
    """The stem of a folded word, or the stems of its parts where it is a compound."""
    whole = stem(word, language)
    if language not in COMPOUNDING or not LEAST_CHARS <= len(word) <= MOST_CHARS:
        return (whole,)
    if not word.isalpha() or _known(whole, language):
        return (whole,)
    return _parted(word, language) or (whole,)


def _parted(word: str, language: str) -> tuple[str, ...]:
    """The stems of the commonest parts, the last one the longest where they tie; () for none."""
    best: tuple[str, ...] = ()
    most = 0.0
    for at in range(LEAST_PART_CHARS, len(word) - LEAST_PART_CHARS + 1):
        last = stem(word[at:], language)
        commonness = _known(last, language)
        if not commonness:
            continue
        first = stem(word[:at], language)
        before = _known(first, language)
        stems = (first,) if before else _parted(word[:at], language)
        if stems:
            mean = (commonness + (before or background.RAREST_ZIPF)) / 2
            if mean > most:
                best, most = (*stems, last), mean
    return best


def _known(value: str, language: str) -> float:
    """Zipf value of a stem that can be part of a compound; 0 for unknown and function words."""
    zipf = background.zipf(text_key(value), language)
    return zipf if background.RAREST_ZIPF < zipf < background.STOP_ZIPF else 0.0
