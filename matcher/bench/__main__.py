"""Measure and print: ``python -m matcher.bench``."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import Progress

from matcher.bench.corpus import cases, corpus
from matcher.bench.figure import draw
from matcher.bench.measure import Cost, cost
from matcher.bench.ways import LARGEST, WAYS
from matcher.evaluate.news import ON_TOPIC
from matcher.filter import Filter
from matcher.filterwire import Message, digest, encode, pack
from matcher.index import Index
from matcher.pack import Pack

SIZES = (12_000, 100_000, 500_000)
OURS = "Claimlight"
MOST_IN_A_BROWSER = 100_000
"""Cases of the largest index whose filter is weighed: a larger one is nothing to download."""


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
    for line in browser_table([size for size in options.cases if size <= MOST_IN_A_BROWSER]):
        print(line, flush=True)
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


def browser_table(sizes: Sequence[int]) -> Iterator[str]:
    """What browsers download for an index, and which sentences the filter lets out."""
    yield "\nin the browser, as sent; shares of sentences that the local filter lets out"
    yield f"{'cases':>9}{'filter':>10}{'pack':>11}{'ordinary':>10}{'on topic':>10}{'repeats':>10}"
    for size in sizes:
        data = corpus(size)
        index = Index.build(cases(data.claims))
        filter_ = Filter.build(index)
        content = encode(filter_)
        sent = len(pack(Message(0, 0, digest(content), None, content)))
        whole = sum(len(part.body) for part in Pack.of(index))
        groups: tuple[Sequence[str], ...] = (
            data.ordinary,
            [text for text in data.ordinary if ON_TOPIC.search(text)],
            [text for text, _ in data.repeats],
        )
        shares = "".join(
            f"{np.mean([filter_.passes(text) for text in group]) if group else np.nan:10.3f}"
            for group in groups
        )
        yield f"{size:9,}{sent / 1e3:7,.0f} kB{whole / 1e3:8,.0f} kB{shares}"


if __name__ == "__main__":
    main()
