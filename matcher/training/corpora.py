"""The shared datasets as lists of texts; they lie beside the checkout and never inside it."""

from __future__ import annotations

import json
import os
from functools import cache
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
