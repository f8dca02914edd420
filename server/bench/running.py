"""A service that runs, and ``wrk`` that asks it: what a request costs by the clock and in work."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from urllib.request import urlopen

from server.bench.corpus import Page
from server.folder import DataFolder
from server.settings import MOST_CHARS_A_MINUTE

RUN_S: Final = 2
REST_S: Final = 0.3
READY_S: Final = 60
FEW: Final = 3
"""Requests of a kind that are asked at least, however dear."""

NO_WORKERS: Final = ("compiler", "redis-server")
"""Names of a service's other processes."""

_JSON: Final = {"Content-Type": "application/json"}
_TICK_S: Final = 1 / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Spent:
    """Mean time of a page, in milliseconds: by the clock, and of processors."""

    wall: float
    cpu: float


@dataclass(frozen=True, slots=True)
class Run:
    """One run of ``wrk``.

    ``cores``: processors that the service kept busy, on average; ``others``: share of all
    processors that other work took, ``wrk`` and the kernel's included, in [0, 1].
    """

    pages: int
    pages_a_s: float
    spent: Spent
    cores: float
    others: float


@dataclass(frozen=True, slots=True)
class Running:
    """A service that runs: where, its first process, and in how many seconds it answered."""

    address: str
    metrics: str
    pid: int
    ready_s: float

    def matched(self) -> int:
        """Pages that it has matched so far, those included whose client did not wait."""
        with urlopen(self.metrics, timeout=READY_S) as answer:  # noqa: S310
            found = re.search(rb'stage_seconds_count{stage="match"} (\d+)', answer.read())
        return int(found[1]) if found else 0

    def rest(self) -> None:
        """Wait until its workers do nothing any more."""
        _rest(self._workers)

    def settle(self) -> None:
        """Wait until no process of it does: its compiler has made the vectors of all claims."""
        _rest(self._children)

    def cost(
        self, asked: Iterable[Mapping[str, Any]], *, answered_by: HTTPStatus = HTTPStatus.OK
    ) -> float:
        """Milliseconds of processors for one of these requests, of which it is asked a few.

        Raises
        ------
        RuntimeError
            where one was answered by another status.
        """
        parts = urlsplit(self.address)
        client = HTTPConnection(parts.hostname or "", parts.port, timeout=READY_S)
        self.rest()
        began, answered = self.cpu_s(), 0
        for body in asked:
            client.request("POST", "/v1/match", json.dumps(body), _JSON)
            response = client.getresponse()
            told = response.read()
            if response.status != answered_by:
                raise RuntimeError(f"{response.status}: {told[:500]!r}")
            answered += 1
            if answered >= FEW and self.cpu_s() - began >= RUN_S:
                break
        client.close()
        self.rest()
        return 1000 * (self.cpu_s() - began) / answered

    def cpu_s(self) -> float:
        """Seconds of processors that its workers have used so far."""
        return _cpu_s(self._workers())

    def unshared_mb(self) -> list[float]:
        """Megabytes that each of its workers shares with no other process."""
        found = [(each / "smaps_rollup").read_text() for each in self._workers()]
        sizes = [re.findall(r"Private_(?:Clean|Dirty): +(\d+) kB", each) for each in found]
        return [sum(map(int, each)) / 1024 for each in sizes]

    def _workers(self) -> list[Path]:
        told = {each: (each / "comm").read_text().strip() for each in self._children()}
        return [each for each, name in told.items() if name not in NO_WORKERS]

    def _children(self) -> list[Path]:
        told = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text()
        return [Path("/proc") / pid for pid in told.split()]


@contextmanager
def service(
    folder: Path,
    redis_url: str | None,
    workers: int,
    *,
    cores: Collection[int],
    ready_s: float = READY_S,
) -> Iterator[Running]:
    """A running service of so many workers, on these cores alone.

    Parameters
    ----------
    redis_url
        None: a Redis of its own, in ``data-N/redis`` of the folder for N workers.
    ready_s
        how long it may take to answer from an index.
    """
    data = folder / f"data-{workers}"
    metrics = f"127.0.0.1:{_free_port()}"
    environ = {
        **os.environ,
        "CLAIMLIGHT_DATA_DIR": str(data),
        **({"CLAIMLIGHT_REDIS_URL": redis_url} if redis_url else {}),
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
    began = time.monotonic()
    with told.open("wb") as log:
        command = [sys.executable, "-m", "server.cli", "serve"]
        process = subprocess.Popen(
            command,
            env=environ,
            stdout=log,
            stderr=log,
            preexec_fn=partial(os.sched_setaffinity, 0, cores),
        )
    try:
        address = _ready(data, told, ready_s)
        took = time.monotonic() - began
        time.sleep(2)  # so that every worker has its index
        yield Running(address, f"http://{metrics}/metrics", process.pid, took)
    finally:
        process.terminate()
        process.wait()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _ready(data: Path, log: Path, ready_s: float) -> str:
    deadline = time.monotonic() + ready_s
    while time.monotonic() < deadline:
        tenant = DataFolder(data).tenant()
        if tenant is not None and tenant.address is not None:
            try:
                with urlopen(f"{tenant.address}/v1/index", timeout=5) as answer:  # noqa: S310
                    if json.load(answer)["cases"]:
                        return tenant.address
            except OSError:
                pass
        time.sleep(0.02)
    raise TimeoutError(f"no index within {ready_s} s: {log.read_text()}")


def wrk(
    running: Running,
    asked: Sequence[Page],
    *,
    connections: int,
) -> Run:
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
        cores = (running.cpu_s() - used) / took
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
        cores=cores,
        others=others / (took * (os.cpu_count() or 1)),
    )


def _rest(processes: Callable[[], list[Path]]) -> None:
    before = -1.0
    while before != (before := _cpu_s(processes())):
        time.sleep(REST_S)


def _cpu_s(processes: Iterable[Path]) -> float:
    """Seconds of processors that processes have used; Source: proc_pid_stat(5), fields 14, 15."""
    told = ((each / "stat").read_text().rsplit(")", 1)[1].split() for each in processes)
    return sum(int(fields[11]) + int(fields[12]) for fields in told) * _TICK_S


def _busy_s() -> float:
    """Seconds that all processors together have worked; Source: proc_stat(5)."""
    user, nice, system, *_ = map(int, Path("/proc/stat").read_text().split("\n")[0].split()[1:])
    return (user + nice + system) * _TICK_S
