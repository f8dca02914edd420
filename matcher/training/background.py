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
from matcher.text import normalise, stem, stem_hash, words

LEAST_ZIPF: Final = 3.4
"""Rarer stems are left out: in an index of 10,000 cases they are all equally telling."""


def stem_frequencies(language: str) -> dict[str, float]:
    """Occurrences of each stem a word of running text, from the frequencies of its words."""
    frequencies: dict[str, float] = defaultdict(float)
    for word, frequency in wordfreq.get_frequency_dict(language, wordlist="small").items():
        for part in words(normalise(word)):
            frequencies[stem(part, language)] += frequency
    return frequencies


def main() -> None:
    """Write the table for every language that wordfreq knows by a two-letter code."""
    arrays: dict[str, np.ndarray[tuple[int], np.dtype[np.generic]]] = {}
    for language in sorted(wordfreq.available_languages("small")):
        if len(language) != 2:
            continue
        rows = {
            stem_hash(word) >> 32: round(STEPS * zipf)
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
