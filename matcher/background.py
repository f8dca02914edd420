"""How common a stem is in ordinary text of a language, whatever the index holds.

The table ``model/background.npz`` is made by ``python -m matcher.training.background`` from
the word frequencies of wordfreq 3.1 (CC BY-SA 4.0; Speer 2022, doi:10.5281/zenodo.7199437).
"""

from __future__ import annotations

from bisect import bisect_left
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

TABLE: Final = Path(__file__).parent / "model" / "background.npz"
WORDS_A_SENTENCE: Final = 20
"""Words in a sentence of ordinary news: turns a rate a word into a rate a sentence."""
RAREST_ZIPF: Final = 2.4
"""Zipf value (log10 of occurrences in a billion words) given to stems the table lacks."""
STEPS: Final = 30
"""The table holds Zipf values as whole numbers of this fraction, which fit a byte, beside the
upper half of each stem's hash: a stem it lacks meets a wrong row once in 400,000."""
STOP_ZIPF: Final = 6.0
"""From this Zipf value on a stem is a function word and carries no evidence."""


_SHARED: Final = {"no": "nb", "nn": "nb", "hr": "sh", "bs": "sh", "sr": "sh"}
"""Languages whose frequencies stand under another code."""


@cache
def tables() -> dict[str, tuple[memoryview, memoryview]]:
    """Of each language the hashes, sorted, and the Zipf values in steps; 3 MB in all.

    Plain arrays: a process that is forked afterwards shares them, as it would not share the
    objects of a dictionary, which are written to whenever they are looked at.
    """
    with np.load(TABLE) as file:
        return {
            name.removesuffix(".hash"): (
                memoryview(file[name]),
                memoryview(file[name.removesuffix("hash") + "zipf"]),
            )
            for name in file
            if name.endswith(".hash")
        }


def zipf(stem_hash: int, language: str) -> float:
    """Zipf value of a stem in a language given by its primary subtag, in [2.4, 8]."""
    table = tables().get(_SHARED.get(language, language))
    if table is None:
        return RAREST_ZIPF
    hashes, steps = table
    wanted = stem_hash >> 32
    at = bisect_left(hashes, wanted)
    return steps[at] / STEPS if at < len(hashes) and hashes[at] == wanted else RAREST_ZIPF


def idf(zipf_values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Minus the logarithm of the share of ordinary sentences that hold the stem, in [0, 12]."""
    rate = WORDS_A_SENTENCE * 10.0 ** (zipf_values - 9)
    return np.clip(-np.log(np.minimum(rate, 1.0)), 0.0, 12.0)
