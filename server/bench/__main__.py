"""Print what the service costs; all of it are ratios within one run."""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from matcher.case import Case
from matcher.index import Index
from matcher.semantic import shipped
from matcher.training.corpora import DATASETS
from server.bench import dearest, http, start
from server.bench.corpus import PAGE, PAGES, cases, pages, sentences
from server.bench.running import Running, service
from server.embedded import Embedded
from server.store import Store


def main() -> None:
    """Print the ratios."""
    parser = argparse.ArgumentParser(description="What the service adds to the matcher")
    parser.add_argument("--workers", type=int, nargs="+", default=_up_to_cores())
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--sizes", type=int, nargs="+", default=start.SIZES)
    parser.add_argument("--only", choices=["http", "dearest", "start"])
    options = parser.parse_args()
    if not DATASETS.exists():
        print("left out: the service's bench; it needs the shared datasets")
        return
    if shutil.which("wrk") is None:
        print("left out: the service's bench; it needs wrk")
        return
    texts, held = sentences(), cases()
    asked = pages(texts[: PAGE * PAGES])
    if options.only in {None, "start"}:
        start.tell(asked, options.sizes)
    if options.only == "start":
        return
    index = Index.build(held, semantic=shipped())
    counts = [1] if options.only == "dearest" else sorted({1, *options.workers})
    with _services(held, counts) as services:
        if options.only != "http":
            dearest.tell(index, texts, services[1])
        if options.only != "dearest":
            http.tell(index, asked, services, rounds=options.rounds)


@contextmanager
def _services(held: Sequence[Case], counts: Sequence[int]) -> Iterator[dict[int, Running]]:
    """Services of so many workers each, on as many cores, all on one Redis with the cases."""
    cores = sorted(os.sched_getaffinity(0))
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        (folder / "redis").mkdir()
        redis = stack.enter_context(Embedded(folder / "redis"))
        store = Store(redis.url)
        store.apply(put=held, who="bench")
        store.close()
        services = {
            count: stack.enter_context(service(folder, redis.url, count, cores=cores[:count]))
            for count in counts
        }
        for running in services.values():
            running.settle()
        yield services


def _up_to_cores() -> list[int]:
    """1, 2, 4 and so on workers, and at last as many as cores."""
    cores = len(os.sched_getaffinity(0))
    return [2**power for power in range(cores.bit_length()) if 2**power < cores] + [cores]


main()
