"""How soon a service answers from the snapshot that is there, and what a worker costs beside it."""

from __future__ import annotations

import os
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from matcher.bench.corpus import cases, corpus
from server.bench.corpus import Page
from server.bench.running import service
from server.embedded import Embedded
from server.store import Store

SIZES: Final = (12_000, 500_000)
STARTS: Final = 3
WORKERS: Final = 2
BUILD_S: Final = 600
"""How long the first start may take, which compiles."""


def tell(asked: Sequence[Page], sizes: Sequence[int]) -> None:
    """Print both for indexes of these sizes, with a Redis of the service's own."""
    print(f"\nstart from the stored snapshot, with a Redis of its own; middle of {STARTS} starts,")
    print(f"and unshared memory of each worker after {len(asked)} pages")
    print(f"{'cases':>10}{'ready, s':>12}{'MB':>16}")
    for size in sizes:
        with tempfile.TemporaryDirectory() as name:
            ready, memory = _starts(Path(name), size, asked)
        told = " ".join(f"{each:.0f}" for each in memory)
        print(f"{size:10,}{statistics.median(ready):12.1f}{told:>16}", flush=True)


def _starts(folder: Path, size: int, asked: Sequence[Page]) -> tuple[list[float], list[float]]:
    """Seconds of each start, and megabytes of each worker."""
    redis_folder = folder / f"data-{WORKERS}" / "redis"
    redis_folder.mkdir(parents=True, mode=0o700)
    with Embedded(redis_folder) as redis:
        store = Store(redis.url)
        store.apply(put=cases(corpus(size).claims), who="bench")
        store.close()
    cores = os.sched_getaffinity(0)
    ready, memory = [], list[float]()
    with service(folder, None, WORKERS, cores=cores, ready_s=BUILD_S):
        pass  # makes the snapshot
    for _ in range(STARTS):
        with service(folder, None, WORKERS, cores=cores) as running:
            ready.append(running.ready_s)
            if len(ready) == STARTS:
                for page in asked:
                    running.cost([{"sentences": page}] * WORKERS)
                memory = running.unshared_mb()
    return ready, memory
