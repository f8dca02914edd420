"""The service over HTTP beside the matcher alone, and more workers beside one.

Other work on the machine disturbs times by the clock. So what is compared takes turns, in short
runs, and the middle of many ratios is told with its quartiles; and the time of processors is told
as well, which others' work hardly changes.
"""

from __future__ import annotations

import multiprocessing
import os
import statistics
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from itertools import cycle, islice
from typing import Final

from matcher.index import Index
from matcher.types import Sentence
from server.bench.corpus import PAGE, Page
from server.bench.running import RUN_S, Running, Spent, wrk

CLIENTS: Final = 4
"""Connections a worker, each with the next page as soon as one is answered."""


def tell(
    index: Index, asked: Sequence[Page], services: Mapping[int, Running], *, rounds: int
) -> None:
    """Print what HTTP adds to a page, and how throughput grows with workers."""
    for count, running in services.items():
        wrk(running, asked, connections=CLIENTS * count)  # so that all have met the pages
    _tell_added(index, asked, services[min(services)], rounds)
    _tell_growth(index, asked, services, rounds)


def _tell_added(index: Index, asked: Sequence[Page], running: Running, rounds: int) -> None:
    alone, over, wall, cpu = [], [], [], []
    matcher_alone(index, asked)  # so that both sides have met the pages
    for _ in range(rounds):
        each = matcher_alone(index, asked)
        run = wrk(running, asked, connections=1)
        same = list(islice(cycle(each), run.pages))  # as many pages, and the same ones
        matcher = Spent(
            statistics.fmean(spent.wall for spent in same),
            statistics.fmean(spent.cpu for spent in same),
        )
        alone.append(matcher)
        over.append(run)
        wall.append(run.spent.wall / matcher.wall)
        cpu.append(run.spent.cpu / matcher.cpu)
    print(f"\na page of {PAGE} sentences, {len(index):,} cases; one worker, one client")
    print(f"{rounds} rounds of matcher and HTTP in turn; middle (quartiles)")
    print(f"{'':30}{'by the clock, ms':>24}{'of processors, ms':>24}")
    for what, found in (("matcher alone", alone), ("over HTTP", [run.spent for run in over])):
        print(
            f"{what:30}{_middle([spent.wall for spent in found], 1):>24}"
            f"{_middle([spent.cpu for spent in found], 1):>24}"
        )
    print(f"{'HTTP beside the matcher':30}{_middle(wall, 2):>24}{_middle(cpu, 2):>24}")
    _tell_others([run.others for run in over])


def _tell_growth(
    index: Index, asked: Sequence[Page], services: Mapping[int, Running], rounds: int
) -> None:
    """Print the growth beside that of the matcher alone: what the machine itself lets grow."""
    turns = [
        {
            count: (
                matchers(index, asked, processes=count),
                wrk(running, asked, connections=CLIENTS * count),
            )
            for count, running in services.items()
        }
        for _ in range(rounds)
    ]
    first = min(services)
    print(
        f"\nthroughput: a worker a core, {CLIENTS} clients each; as many processes that only match"
    )
    print(f"{rounds} rounds in turn; middle (quartiles), pages a second")
    print(
        f"{'workers':>8}{'service':>24}{'growth':>22}{'its cores':>11}"
        f"{'matcher alone':>26}{'growth':>22}{'of it':>22}"
    )
    for count in services:
        alone = [turn[count][0] for turn in turns]
        runs = [turn[count][1] for turn in turns]
        of_alone = [turn[count][0] / turn[first][0] for turn in turns]
        of_runs = [turn[count][1].pages_a_s / turn[first][1].pages_a_s for turn in turns]
        share = [mine / its for mine, its in zip(of_runs, of_alone, strict=True)]
        print(
            f"{count:8}{_middle([run.pages_a_s for run in runs], 1):>24}{_middle(of_runs, 2):>22}"
            f"{statistics.median(run.cores for run in runs):11.2f}"
            f"{_middle(alone, 1):>26}{_middle(of_alone, 2):>22}{_middle(share, 2):>22}"
        )
    _tell_others([turn[count][1].others for turn in turns for count in services])


def matchers(index: Index, asked: Sequence[Page], *, processes: int) -> float:
    """Pages a second that so many processes match, each on a core of its own."""
    cores = sorted(os.sched_getaffinity(0))
    batches = [_batch(page) for page in asked]
    context = multiprocessing.get_context("fork")
    with ExitStack() as stack:
        begin, matched = context.Barrier(processes), context.Value("L", 0)

        def work(core: int) -> None:
            os.sched_setaffinity(0, {core})
            begin.wait()
            until, done = time.monotonic() + RUN_S, 0
            for batch in cycle(batches):
                if time.monotonic() >= until:
                    break
                index.match(batch)
                done += 1
            with matched.get_lock():
                matched.value += done

        started = [context.Process(target=work, args=(core,)) for core in cores[:processes]]
        for process in started:
            process.start()
            stack.callback(process.join)
    return int(matched.value) / RUN_S


def _tell_others(shares: Sequence[float]) -> None:
    print(f"other work took {statistics.median(shares):.0%} of the processors meanwhile")


def _middle(values: Sequence[float], digits: int) -> str:
    """The median, and between which values the middle half lies."""
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return f"{middle:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def _batch(page: Page) -> list[Sentence]:
    return [Sentence(one["id"], one["text"], one["language"]) for one in page]


def matcher_alone(index: Index, asked: Sequence[Page]) -> list[Spent]:
    """What each page costs in the matcher, in this process."""
    found = []
    for page in asked:
        batch = _batch(page)
        wall, cpu = time.perf_counter(), time.process_time()
        index.match(batch)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        found.append(Spent(1000 * wall, 1000 * cpu))
    return found
