"""The service over HTTP beside the matcher alone, and more workers beside one.

Other work on the machine disturbs times by the clock. So what is compared takes turns, in short
runs, and the middle of many ratios is told with its quartiles; and the time of processors is told
as well, which others' work hardly changes.
"""

from __future__ import annotations

import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Final
from urllib.request import urlopen

from matcher.case import Case
from matcher.index import Index
from matcher.types import Sentence
from server.bench.corpus import PAGE, Page, pages
from server.embedded import Embedded
from server.folder import DataFolder
from server.settings import MOST_CHARS_A_MINUTE
from server.store import Store

RUN_S: Final = 2
REST_S: Final = 0.3
READY_S: Final = 60
CLIENTS: Final = 4
"""Connections a worker, each with the next page as soon as one is answered."""

_TICK_S: Final = 1 / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Spent:
    """Mean time of a page, in milliseconds: by the clock, and of processors."""

    wall: float
    cpu: float


@dataclass(frozen=True, slots=True)
class Run:
    """One run of ``wrk``; ``others``: share of all processors that other work took, in [0, 1]."""

    pages: int
    pages_a_s: float
    spent: Spent
    others: float


@dataclass(frozen=True, slots=True)
class Running:
    """A service that runs: where, and the process that started its workers."""

    address: str
    metrics: str
    pid: int

    def matched(self) -> int:
        """Pages that it has matched so far, those included whose client did not wait."""
        with urlopen(self.metrics, timeout=READY_S) as answer:  # noqa: S310
            found = re.search(rb'stage_seconds_count{stage="match"} (\d+)', answer.read())
        return int(found[1]) if found else 0

    def rest(self) -> None:
        """Wait until it does nothing any more."""
        before = -1.0
        while before != (before := self.cpu_s()):
            time.sleep(REST_S)

    def cpu_s(self) -> float:
        """Seconds of processors that its workers have used so far."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return sum(_cpu_s(Path(f"/proc/{pid}/stat")) for pid in children)


def tell(
    index: Index, held: Sequence[Case], texts: Sequence[str], *, workers: Sequence[int], rounds: int
) -> None:
    """Print what HTTP adds to a page, and how throughput grows with workers."""
    asked = pages(texts)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        (folder / "redis").mkdir()
        redis = stack.enter_context(Embedded(folder / "redis"))
        store = Store(redis.url)
        store.apply(put=held, who="bench")
        store.close()
        services = [stack.enter_context(service(folder, redis.url, count)) for count in workers]
        for count, running in zip(workers, services, strict=True):
            wrk(running, asked, connections=CLIENTS * count)  # so that all have met the pages
        _tell_added(index, asked, services[0], rounds)
        _tell_growth(asked, dict(zip(workers, services, strict=True)), rounds)


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


def _tell_growth(asked: Sequence[Page], services: dict[int, Running], rounds: int) -> None:
    turns = [
        {
            count: wrk(running, asked, connections=CLIENTS * count)
            for count, running in services.items()
        }
        for _ in range(rounds)
    ]
    first = min(services)
    quietest = min(turns, key=lambda turn: max(run.others for run in turn.values()))
    print(f"\nthroughput by workers, {CLIENTS} clients each; {rounds} rounds in turn")
    print(
        f"{'workers':>10}{'pages a second':>22}{'beside the first':>22}{'in the quietest':>18}"
        f"{'of processors, ms':>24}"
    )
    for count in services:
        runs = [turn[count] for turn in turns]
        beside = [turn[count].pages_a_s / turn[first].pages_a_s for turn in turns]
        quiet = quietest[count].pages_a_s / quietest[first].pages_a_s
        print(
            f"{count:10}{_middle([run.pages_a_s for run in runs], 1):>22}"
            f"{_middle(beside, 2):>22}{quiet:18.2f}"
            f"{_middle([run.spent.cpu for run in runs], 1):>24}"
        )
    _tell_others([run.others for turn in turns for run in turn.values()])
    most = max(run.others for run in quietest.values())
    print(f"in the quietest round up to {most:.0%}; growth shows where others leave cores")


def _tell_others(shares: Sequence[float]) -> None:
    print(f"other work took {statistics.median(shares):.0%} of the processors meanwhile")


def _middle(values: Sequence[float], digits: int) -> str:
    """The median, and between which values the middle half lies."""
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return f"{middle:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def matcher_alone(index: Index, asked: Sequence[Page]) -> list[Spent]:
    """What each page costs in the matcher, in this process."""
    found = []
    for page in asked:
        batch = [Sentence(one["id"], one["text"], one["language"]) for one in page]
        wall, cpu = time.perf_counter(), time.process_time()
        index.match(batch)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        found.append(Spent(1000 * wall, 1000 * cpu))
    return found


@contextmanager
def service(folder: Path, redis_url: str, workers: int) -> Iterator[Running]:
    """A running service of so many workers."""
    data = folder / f"data-{workers}"
    metrics = f"127.0.0.1:{_free_port()}"
    environ = {
        **os.environ,
        "CLAIMLIGHT_DATA_DIR": str(data),
        "CLAIMLIGHT_REDIS_URL": redis_url,
        "CLAIMLIGHT_STARTER_CASES": "",
        "CLAIMLIGHT_PORT": "0",
        "CLAIMLIGHT_WORKERS": str(workers),
        # What a service for others does with every request too: counting, limits, a log.
        "CLAIMLIGHT_METRICS": metrics,
        "CLAIMLIGHT_CHARS_A_MINUTE": str(MOST_CHARS_A_MINUTE),
        "CLAIMLIGHT_ACCESS_LOG": "yes",
        "CLAIMLIGHT_LOG_FORMAT": "json",
    }
    told = folder / f"log-{workers}"
    with told.open("wb") as log:
        command = [sys.executable, "-m", "server.cli", "serve"]
        process = subprocess.Popen(command, env=environ, stdout=log, stderr=log)
    try:
        yield Running(_ready(data, told), f"http://{metrics}/metrics", process.pid)
    finally:
        process.terminate()
        process.wait()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _ready(data: Path, log: Path) -> str:
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline:
        tenant = DataFolder(data).tenant()
        if tenant is not None and tenant.address is not None:
            try:
                with urlopen(f"{tenant.address}/v1/index", timeout=5) as answer:  # noqa: S310
                    if json.load(answer)["cases"]:
                        time.sleep(2)  # so that every worker has its index
                        return tenant.address
            except OSError:
                pass
        time.sleep(0.1)
    raise TimeoutError(f"no index within {READY_S} s: {log.read_text()}")


def wrk(running: Running, asked: Sequence[Page], *, connections: int) -> Run:
    """Ask for the pages one after the other, on so many connections.

    Raises
    ------
    RuntimeError
        where anything but 200 was answered.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        bodies = ",".join(
            f"[==[{json.dumps({'sentences': page}, ensure_ascii=False)}]==]" for page in asked
        )
        script.write(
            f"local bodies = {{{bodies}}}\nlocal at = 0\n"
            "wrk.method = 'POST'\nwrk.headers['Content-Type'] = 'application/json'\n"
            "request = function() at = at % #bodies + 1; "
            "return wrk.format(nil, nil, nil, bodies[at]) end\n"
            "done = function(s, l) io.write(string.format('RESULT %d %d %f %d\\n', s.requests, "
            "s.duration, l.mean, s.errors.status + s.errors.read + s.errors.timeout)) end\n"
        )
        script.flush()
        command = ["wrk", "-t1", f"-c{connections}", f"-d{RUN_S}s", "--timeout", "20s"]
        running.rest()
        matched, used = running.matched(), running.cpu_s()
        others = _busy_s() - used
        began = time.perf_counter()
        told = subprocess.run(
            [*command, "-s", script.name, f"{running.address}/v1/match"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        took = time.perf_counter() - began
        others = _busy_s() - running.cpu_s() - others
        running.rest()  # what was under way when the clients left is matched all the same
        used, matched = running.cpu_s() - used, running.matched() - matched
    found = re.search(r"RESULT (\d+) (\d+) ([\d.]+) (\d+)", told)
    if found is None or int(found[4]) or not int(found[1]):
        raise RuntimeError(f"wrk met errors: {told}")
    return Run(
        pages=int(found[1]),
        pages_a_s=int(found[1]) / int(found[2]) * 1e6,
        spent=Spent(float(found[3]) / 1000, 1000 * used / matched),
        others=others / (took * (os.cpu_count() or 1)),
    )


def _cpu_s(stat: Path) -> float:
    """Seconds of processors that a process has used; Source: proc_pid_stat(5), fields 14, 15."""
    fields = stat.read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * _TICK_S


def _busy_s() -> float:
    """Seconds that all processors together have worked; Source: proc_stat(5)."""
    user, nice, system, *_ = map(int, Path("/proc/stat").read_text().split("\n")[0].split()[1:])
    return (user + nice + system) * _TICK_S
