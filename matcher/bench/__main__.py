"""Measure and print: ``python -m matcher.bench``."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import Progress

from matcher.bench.corpus import Corpus, cases, corpus
from matcher.bench.figure import draw
from matcher.bench.measure import Cost, cost
from matcher.bench.ways import LARGEST, WAYS
from matcher.evaluate import ON_TOPIC
from matcher.filter import Filter
from matcher.filterwire import Message, digest, encode, pack
from matcher.index import Index

SIZES = (12_000, 100_000, 500_000)
OURS = "Claimlight"


def main() -> None:
    """Print the tables, and draw the picture where one is asked for."""
    parser = argparse.ArgumentParser(
        prog="python -m matcher.bench", description="Cost of matching beside other ways to do it"
    )
    parser.add_argument("--cases", type=int, nargs="+", default=SIZES, help="sizes of index")
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS), metavar="WAY")
    parser.add_argument("--plot", type=Path, help="write the picture to this PNG file")
    options = parser.parse_args()
    ways = [OURS, *(way for way in options.ways if way != OURS)]
    costs: dict[int, dict[str, Cost]] = {}
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=len(options.cases) * len(ways))
        for size in options.cases:
            progress.update(task, description=f"{size:,} cases")
            data = corpus(size)
            costs[size] = {}
            for name in ways:
                progress.update(task, description=f"{size:,} cases: {name}")
                if size > LARGEST.get(name, size):
                    progress.advance(task)
                    continue
                ours = costs[size].get(OURS)
                allowed = ours.hits if ours else None
                costs[size][name] = cost(WAYS[name], data, allowed=allowed)
                progress.advance(task)
            print("\n".join(table(size, data.name, costs[size])), flush=True)
    print("\n".join(summary(costs)))
    print(filter_line(corpus(min(options.cases))))
    if options.plot is not None:
        draw(costs, options.plot)


def table(size: int, name: str, costs: Mapping[str, Cost]) -> Iterator[str]:
    """The lines of the table of one size."""
    ours = costs[OURS]
    yield f"\n{size:,} cases ({name})"
    yield (
        f"{'':24}{'µs a sentence':>14}{'cost':>9}{'finds':>8}{'build':>9}{'memory':>10}"
        f"{'sentences':>11}{'repeats':>9}"
    )
    for way, each in costs.items():
        memory = "?" if each.memory_bytes is None else f"{each.memory_bytes / 1e6:,.0f} MB"
        yield (
            f"{way:24}{each.microseconds:14,.0f}{each.microseconds / ours.microseconds:8.1f}x"
            f"{each.finds:8.2f}{each.build_s:7.1f} s{memory:>10}{each.sentences:11,}"
            f"{each.repeats:9,}"
        )
    stages = "; ".join(f"{stage} {value:.0f}" for stage, value in ours.stages.items())
    yield f"{OURS} by stage, µs a sentence: {stages}"
    disk = (ours.disk_bytes or 0) / 1e6
    yield (
        f"{OURS} hits {1000 * ours.hits:.1f} in 1,000 ordinary sentences, and the others are held "
        f"to as many; its snapshot has {disk:,.0f} MB, which all processes share"
    )


def summary(costs: Mapping[int, Mapping[str, Cost]]) -> Iterator[str]:
    """How the cost grows from the smallest to the largest index."""
    least, most = min(costs), max(costs)
    if least == most:
        return
    yield f"\ngrowth of the cost from {least:,} to {most:,} cases"
    for way, large in costs[most].items():
        small = costs[least][way]
        yield f"{way:24}{large.microseconds / small.microseconds:8.1f}x"


def filter_line(data: Corpus) -> str:
    """What the browser's local filter weighs, and which sentences it lets out to the server."""
    filter_ = Filter.build(Index.build(cases(data.claims)))
    content = encode(filter_)
    sent = len(pack(Message(0, 0, digest(content), None, content)))
    groups: dict[str, Sequence[str]] = {
        "ordinary": data.ordinary,
        "on topic": [text for text in data.ordinary if ON_TOPIC.search(text)],
        "repeats": [text for text, _ in data.repeats],
    }
    shares = "; ".join(
        f"{name} {np.mean([filter_.passes(text) for text in group]):.3f}"
        for name, group in groups.items()
        if group
    )
    return f"\nlocal filter of {len(data.claims):,} cases: {sent:,} bytes as sent; leave: {shares}"


if __name__ == "__main__":
    main()
