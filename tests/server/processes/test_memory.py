"""What a worker costs beside the first: models, tables and the index are in memory once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from matcher.case import Case
from matcher.training.corpora import DATASETS, rows

NewService = Callable[..., Any]
MakeCase = Callable[..., Case]
Eventually = Callable[..., bool]

MOST_UNSHARED_MB = 60
MOST_AFTER_PUSHES_MB = 90
"""A worker that took all cases in three pushes keeps some gaps, until it is started anew."""
MOST_RESIDENT_MB = 350
PAGES = 30


@pytest.mark.datasets
def test_a_further_worker_holds_little_of_its_own_at_12_000_cases(
    new_service: NewService, make_case: MakeCase, eventually: Eventually
) -> None:
    if not DATASETS.exists():
        pytest.skip(f"the shared datasets are not at {DATASETS}")
    titles = dict.fromkeys(row["title"] for row in rows("euvsdisinfo/cases"))
    cases = [make_case(f"case-{number}", title) for number, title in enumerate(titles)]
    service = new_service(CLAIMLIGHT_STARTER_CASES="")
    for start in range(0, len(cases), 4_000):
        assert service.push(*cases[start : start + 4_000])[0] == 200
    assert eventually(lambda: service.ask("/v1/index")[1]["cases"] == len(cases))
    _read_pages(service)
    for unshared, resident in map(_memory, service.workers):
        assert unshared <= MOST_AFTER_PUSHES_MB
        assert resident <= MOST_RESIDENT_MB

    assert service.stop() == 0
    service.start()
    assert eventually(lambda: service.ask("/v1/index")[1]["cases"] == len(cases))
    _read_pages(service)
    for unshared, resident in map(_memory, service.workers):
        assert unshared <= MOST_UNSHARED_MB
        assert resident <= MOST_RESIDENT_MB


def _read_pages(service: Any) -> None:
    news = [row["text"] for row in rows("news/en")]
    repeats = [row["text"][:1_500] for row in rows("euvsdisinfo/pairs")]
    for page in range(PAGES):
        texts = [*news[60 * page : 60 * page + 60], *repeats[3 * page : 3 * page + 3]]
        assert service.match(*texts)[0] == 200  # no language is declared: it is detected


def _memory(pid: int) -> tuple[float, float]:
    """Megabytes that a process alone holds, and that it holds in all."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    kilobytes = {line.split(":")[0]: int(line.split()[1]) for line in lines}
    unshared = kilobytes["Private_Clean"] + kilobytes["Private_Dirty"]
    return unshared / 1024, kilobytes["Rss"] / 1024
