"""The shared datasets as lists of texts; they lie beside the checkout and never inside it."""

from __future__ import annotations

import json
import os
import re
from functools import cache
from hashlib import sha1
from pathlib import Path
from typing import Any, Final

DATASETS: Final = Path(
    os.environ.get(
        "CLAIMLIGHT_DATASETS", Path(__file__).resolve().parents[3] / "shared" / "datasets"
    )
)
"""Where the shared datasets lie; their README says what each is and its terms."""


@cache
def rows(name: str) -> list[dict[str, Any]]:
    """The rows of a JSON Lines file, such as ``news/en``.

    Raises
    ------
    FileNotFoundError
        where the datasets are absent: people who clone the project do not have them.
    """
    with (DATASETS / f"{name}.jsonl").open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


FOLDS: Final = 10
HELD_OUT: Final = frozenset(range(4))
"""Folds of which the pair model was shown nothing: the scorer is fitted and measured on them."""


def fold(key: str) -> int:
    """The fold, 0 to 9, of a case id, a fake, a claim or a news sentence."""
    plain = re.sub(r"[^a-z0-9]", "", key.lower())[:60]
    return int(sha1(plain.encode(), usedforsecurity=False).hexdigest(), 16) % FOLDS
