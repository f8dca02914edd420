"""The picture of what is found for what is shown wrongly: ``python -m matcher.curve FILE``.

Every threshold of the one score from ``similar`` up gives a point; the bands are two of them.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from matcher.evaluate.euvsdisinfo import NEWS, euvsdisinfo_scores
from matcher.evaluate.indexes import titles_index
from matcher.score import THRESHOLDS
from matcher.types import Band

FOUND: Final = {"cases found, any": "any case", "cases found, the very one": "the very case"}
WRONG: Final = {
    NEWS: "ordinary news shown, per 1,000 sentences",
    "honest sentences shown": "honest sentences shown, per 1,000",
}


def draw(scores: dict[str, list[float]], path: Path) -> None:
    """Write the picture as PNG, from the best score of each case or sentence."""
    best = {name: np.array(values) for name, values in scores.items()}
    thresholds = np.unique(np.concatenate([best[name] for name in (*FOUND, *WRONG)]))[::-1]
    thresholds = thresholds[thresholds >= THRESHOLDS[Band.SIMILAR]]

    def share(name: str, least: NDArray[np.float64] | float) -> NDArray[np.float64]:
        return np.asarray((best[name][:, None] >= np.atleast_1d(least)).mean(axis=0))

    figure = Figure(figsize=(9, 4), layout="constrained")
    for axes, (wrong, label) in zip(figure.subplots(1, 2, sharey=True), WRONG.items(), strict=True):
        for found, name in FOUND.items():
            (line,) = axes.plot(
                1_000 * share(wrong, thresholds), share(found, thresholds), label=name
            )
            for band, marker in ((Band.MATCH, "o"), (Band.SIMILAR, "s")):
                at = THRESHOLDS[band]
                axes.plot(
                    1_000 * share(wrong, at),
                    share(found, at),
                    marker,
                    color=line.get_color(),
                    label=f"{name}, band {band}",
                )
        axes.set(xlabel=label, ylim=(0, 1))
        axes.grid(visible=True, color="#dddddd")
        axes.spines[["top", "right"]].set_visible(False)
    figure.axes[0].set_ylabel("share of the cases")
    figure.axes[1].legend(frameon=False, loc="lower right")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m matcher.curve", description=__doc__)
    parser.add_argument("file", type=Path, help="the PNG file to write")
    draw(euvsdisinfo_scores(titles_index()), parser.parse_args().file)
