"""The rows of the table, each a mean with its interval, and how they are printed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from matcher.evaluate.indexes import DATA

BASELINE: Final = DATA / "quality" / "baseline.json"
RESAMPLES: Final = 1_000


@dataclass(frozen=True, slots=True)
class Row:
    """One figure: its name, value, 95 % interval (bootstrap), unit, and what data it stands on.

    ``better`` is ``higher`` or ``lower``; ``data`` is ``own``, ``apart`` or ``fitted``.
    """

    name: str
    value: float
    low: float
    high: float
    unit: str
    better: str
    data: str


def row(name: str, hits: Iterable[bool | float], *, better: str, data: str, per: int = 1) -> Row:
    """A mean over sentences or cases with its bootstrap interval; ``per`` 1 or 1,000."""
    values = np.array(list(hits), dtype=np.float64) * per
    sampler = np.random.default_rng(0)
    means = [values[sampler.integers(0, len(values), len(values))].mean() for _ in range(RESAMPLES)]
    low, high = np.quantile(means, (0.025, 0.975))
    return Row(
        name=name,
        value=round(float(values.mean()), 4),
        low=round(float(low), 4),
        high=round(float(high), 4),
        unit="share" if per == 1 else f"per {per:,}",
        better=better,
        data=data,
    )


def table(measured: Sequence[Row], baseline: Mapping[str, float]) -> Iterator[str]:
    """The lines of the table; ``baseline`` has the value of a row by its name, where it has one."""
    yield f"{'':64} {'now':>8}  {'95 %':>17}  {'baseline':>8}  data"
    for r in measured:
        before = baseline.get(r.name)
        was = "" if before is None else f"{before:8.3f}"
        span: NDArray[np.float64] | str = f"{r.low:.3f} to {r.high:.3f}"
        unit = "" if r.unit == "share" else f" ({r.unit})"
        yield f"{r.name + unit:64} {r.value:8.3f}  {span:>17}  {was:>8}  {r.data}"
