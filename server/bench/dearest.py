"""The dearest legal requests, beside ordinary text of the same size; in the matcher alone."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator, Sequence

from matcher.index import Index
from matcher.types import Sentence


def tell(index: Index, texts: Sequence[str]) -> None:
    """Print what each costs."""
    print(f"\ndearest legal requests, {len(index):,} cases, beside ordinary text of their size")
    print(f"{'':44}{'sentences':>10}{'characters':>12}{'cost':>8}")
    for what, ratio, count, size in dearest(index, texts):
        print(f"{what:44}{count:10,}{size:12,}{ratio:7.1f}x")


def dearest(index: Index, texts: Sequence[str]) -> Iterator[tuple[str, float, int, int]]:
    """Legal requests made to cost: what, cost beside typical text of the same size, its size."""
    claims = [case.claims[0].text for case in index.cases() if case.claims[0].language == "en"]

    def cost(batch: Sequence[Sentence], **options: float) -> float:
        runs = []
        for _ in range(3):
            began = time.process_time()
            index.match(batch, **options)  # type: ignore[arg-type]
            runs.append(time.process_time() - began)
        return statistics.median(runs)

    def typical(count: int, characters: int) -> list[Sentence]:
        """Ordinary text of the same number of sentences and characters."""
        stream, length = " ".join(texts) * 2, max(1, characters // count)
        return [Sentence(str(i), stream[i * length : (i + 1) * length], "en") for i in range(count)]

    long = " ".join(claims)
    hostile: dict[str, tuple[list[str], dict[str, float]]] = {
        "256 claims of the index": (claims[:256], {}),
        "256 claims, ten cases each": (claims[:256], {"limit": 10}),
        "256 claims, ten cases each, any score": (claims[:256], {"limit": 10, "min_score": 0.0}),
        "50 x 2,000 characters of claims": (
            [long[i * 2_000 : (i + 1) * 2_000] for i in range(50)], {},
        ),
        "50 x 2,000 characters, ten, any score": (
            [long[i * 2_000 : (i + 1) * 2_000] for i in range(50)],
            {"limit": 10, "min_score": 0.0},
        ),
        "50 x one claim over and over": ([(claims[0] + " ") * 40] * 50, {}),
        "50 x 2,000 combining marks": (["e" + "\u0301" * 1_900] * 50, {}),
        "256 x commonest words": (["the of and to in that is was"] * 256, {"min_score": 0.0}),
    }  # fmt: skip
    for what, (written, options) in hostile.items():
        batch = [Sentence(str(i), text[:2_000], "en") for i, text in enumerate(written)]
        size = sum(len(one.text) for one in batch)
        usual = cost(typical(len(batch), size))
        spent = cost(batch, **options)
        yield what, spent / usual, len(batch), size
