"""Cases to match against: the starter cases, and where they lie beside us, the real dumps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from matcher.case import Case
from matcher.index import Index
from matcher.training.corpora import DATASETS, rows

STARTER_CASES = Path(__file__).parents[2] / "data" / "cases"


def starter_cases() -> list[Case]:
    return [
        Case.model_validate_json(line)
        for file in sorted(STARTER_CASES.glob("*.jsonl"))
        for line in file.read_text(encoding="utf-8").splitlines()
    ]


@pytest.fixture(scope="session")
def starter() -> Index:
    return Index.build(starter_cases())


@pytest.fixture(scope="session")
def euvsdisinfo() -> Index:
    if not DATASETS.exists():
        pytest.skip(f"the shared datasets are not at {DATASETS}")
    return Index.build(
        make_case(f"c{number:05}", row["title"])
        for number, row in enumerate(rows("euvsdisinfo/cases"))
    )


def make_case(case_id: str, *wordings: str, language: str = "en", **fields: object) -> Case:
    return Case.model_validate(
        {
            "id": case_id,
            "claims": [{"text": text, "language": language} for text in wordings],
            "verdict": "false",
            "url": f"https://publisher.example/{case_id}",
            "publisher": {"name": "Publisher"},
            "published": "2022-01-25",
            **fields,
        }
    )


@pytest.fixture(scope="session")
def case() -> Callable[..., Case]:
    return make_case


class Counting:
    """An encoder that remembers what it was asked for."""

    name = "counting"
    languages = frozenset({"en"})

    def __init__(self) -> None:
        self.asked: list[str] = []

    def vectors(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.asked += texts
        made = [np.random.default_rng([*text.encode("utf-8", "replace")]) for text in texts]
        rows = np.array([draw.normal(size=8) for draw in made]).reshape(-1, 8)
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)
