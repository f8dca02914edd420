"""Make ``model/background.npz`` from wordfreq: ``python -m matcher.training.background``.

Needs ``pip install wordfreq``; the service itself does not.
"""

from __future__ import annotations

import math
from collections import defaultdict
from typing import Final

import numpy as np
import wordfreq

from matcher.background import STEPS, TABLE
from matcher.script import pairs
from matcher.stemming import stem
from matcher.text import normalise, text_key, words

LEAST_ZIPF: Final = 3.4
"""Rarer stems are left out: in an index of 10,000 cases they are all equally telling."""
UNSPACED_LANGUAGES: Final = frozenset({"ja", "zh"})
"""Languages whose text runs together, so that pairs of characters span two words as well."""

NAMES: Final = {
    "ar": "مصر السعودية العربية",
    "bg": "българия",
    "cs": "česko česká",
    "da": "danmark dansk",
    "de": "deutschland deutsche",
    "es": "españa español",
    "fi": "suomi suomen",
    "fr": "france français",
    "he": "ישראל",
    "hu": "magyarország magyar",
    "it": "italia italiano",
    "ja": "日本",
    "nb": "norge norsk",
    "nl": "nederland",
    "pl": "polska polski",
    "pt": "brasil portugal",
    "ro": "românia",
    "ru": "россия русский российский",
    "sv": "sverige svensk",
    "tr": "türkiye türk",
    "uk": "україна український росія російський",
    "zh": "中国 美国",
}
"""Nations that a language speaks of more often than of many a function word: they tell all the
same who did what to whom."""
COMMONEST_NAME_ZIPF: Final = 5.9


def stem_frequencies(language: str) -> dict[str, float]:
    """Occurrences of each stem a word of running text, from the frequencies of its words."""
    frequencies: dict[str, float] = defaultdict(float)
    for word, frequency in wordfreq.get_frequency_dict(language, wordlist="small").items():
        for part in words(normalise(word), language):
            frequencies[stem(part, language)] += frequency
    if language in UNSPACED_LANGUAGES:
        for pair, frequency in _across_words(language).items():
            frequencies[pair] += frequency
    most = 10 ** (COMMONEST_NAME_ZIPF - 9)
    for part in words(normalise(NAMES.get(language, "")), language):
        named = stem(part, language)
        frequencies[named] = min(most, frequencies[named] or most)
    return frequencies


def _across_words(language: str) -> dict[str, float]:
    """How often a pair is the end of a word and the beginning of the next, were they independent.

    No list of words tells; without it the commonest pairs of function words look rare.
    """
    first: dict[str, float] = defaultdict(float)
    last: dict[str, float] = defaultdict(float)
    for word, frequency in wordfreq.get_frequency_dict(language, wordlist="small").items():
        if written := normalise(word):
            first[written[0]] += frequency
            last[written[-1]] += frequency
    least = 10 ** (LEAST_ZIPF - 9)
    return {
        a + b: rate
        for a, ending in last.items()
        for b, beginning in first.items()
        if (rate := ending * beginning) >= least and pairs(a + b) == [a + b]
    }


def main() -> None:
    """Write the table for every language that wordfreq knows by a two-letter code."""
    arrays: dict[str, np.ndarray[tuple[int], np.dtype[np.generic]]] = {}
    for language in sorted(wordfreq.available_languages("small")):
        if len(language) != 2:
            continue
        rows = {
            text_key(word) >> 32: round(STEPS * zipf)
            for word, frequency in stem_frequencies(language).items()
            if (zipf := math.log10(frequency) + 9) >= LEAST_ZIPF
        }
        hashes = sorted(rows)
        arrays[f"{language}.hash"] = np.array(hashes, dtype=np.uint32)
        arrays[f"{language}.zipf"] = np.array([rows[key] for key in hashes], dtype=np.uint8)
    TABLE.parent.mkdir(exist_ok=True)
    np.savez_compressed(TABLE, **arrays)  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
