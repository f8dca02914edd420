"""How common a stem is in ordinary text of a language, whatever the index holds.

The table ``model/background.npz`` is made by ``python -m matcher.training.background`` from
the word frequencies of wordfreq 3.1 (CC BY-SA 4.0; Speer 2022, doi:10.5281/zenodo.7199437).
"""

from __future__ import annotations

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


_SHARED: Final = {"no": "nb", "nn": "nb", "hr": "sh", "bs": "sh"}
"""Languages whose frequencies stand under another code."""


@cache
def _table(language: str) -> dict[int, int]:
    language = _SHARED.get(language, language)
    with np.load(TABLE) as tables:
        if f"{language}.hash" not in tables:
            return {}
        return dict(
            zip(
                tables[f"{language}.hash"].tolist(),
                tables[f"{language}.zipf"].tolist(),
                strict=True,
            )
        )


def zipf(stem_hash: int, language: str) -> float:
    """Zipf value of a stem in a language given by its primary subtag, in [2.4, 8]."""
    steps = _table(language).get(stem_hash >> 32)
    return RAREST_ZIPF if steps is None else steps / STEPS


def idf(zipf_values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Minus the logarithm of the share of ordinary sentences that hold the stem, in [0, 12]."""
    rate = WORDS_A_SENTENCE * 10.0 ** (zipf_values - 9)
    return np.clip(-np.log(np.minimum(rate, 1.0)), 0.0, 12.0)
