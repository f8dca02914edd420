"""The picture of the costs: microseconds a sentence against the number of cases."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from matplotlib.figure import Figure

from matcher.bench.measure import Cost

Costs = Mapping[int, Mapping[str, Cost]]
"""By the number of cases, and by the name of the way."""


def draw(costs: Costs, path: Path) -> None:
    """Write the picture as PNG; both axes are logarithmic."""
    figure = Figure(figsize=(9, 4.5), layout="constrained")
    axes = figure.subplots()
    sizes = sorted(costs)
    for name in costs[sizes[0]]:
        measured = [costs[size][name].microseconds for size in sizes if name in costs[size]]
        own = name.startswith("Claimlight")
        axes.plot(
            sizes[: len(measured)],
            measured,
            label=f"{name} ({costs[sizes[0]][name].finds:.0%} found)",
            marker="o",
            linewidth=2.5 if own else 1.5,
            linestyle="-" if own else "--",
        )
    axes.set(xscale="log", yscale="log", xlabel="cases in the index", ylabel="µs a sentence")
    axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
    axes.minorticks_off()
    axes.grid(visible=True, which="major", color="#dddddd")
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_title("Cost of matching an ordinary sentence of news, one thread")
    axes.legend(frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)
