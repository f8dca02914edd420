"""Print what the service costs; all of it are ratios within one run."""

from __future__ import annotations

import argparse
import os
import shutil

from matcher.index import Index
from matcher.semantic import shipped
from matcher.training.corpora import DATASETS
from server.bench import dearest, http
from server.bench.corpus import cases, sentences


def main() -> None:
    """Print the ratios."""
    parser = argparse.ArgumentParser(description="What the service adds to the matcher")
    parser.add_argument("--workers", type=int, nargs="+", default=_up_to_cores())
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--only", choices=["http", "dearest"])
    options = parser.parse_args()
    if not DATASETS.exists():
        print("left out: the service's bench; it needs the shared datasets")
        return
    texts, held = sentences(), cases()
    index = Index.build(held, semantic=shipped())
    if options.only != "http":
        dearest.tell(index, texts)
    if options.only != "dearest":
        if shutil.which("wrk") is None:
            print("left out: the service over HTTP; it needs wrk")
            return
        http.tell(index, held, texts, workers=options.workers, rounds=options.rounds)


def _up_to_cores() -> list[int]:
    """1, 2, 4 and so on workers, and at last as many as cores."""
    cores = len(os.sched_getaffinity(0))
    return [2**power for power in range(cores.bit_length()) if 2**power < cores] + [cores]


main()
