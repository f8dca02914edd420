"""What is measured, for Prometheus: counts and times, never a text, an address or an id.

The workers of a service count into files that they share (prometheus_client's multiprocess
mode), so that whichever answers tells of all of them. The mode is chosen when the library is
loaded: ``share`` has to come before the first import of this module.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric, make_wsgi_app
from prometheus_client import multiprocess as shared

_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_BUILD_S: Final = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)
_SLOW_CLIENT_S: Final = 5
_SHARED: Final = "PROMETHEUS_MULTIPROC_DIR" in os.environ

REQUESTS: Final = Histogram(
    "claimlight_request_seconds",
    "Time of a request from the first view to the answer.",
    ("route", "method", "status"),
    buckets=_SECONDS,
)
_STAGES: Final = Histogram(
    "claimlight_stage_seconds",
    "Time of each stage of POST /v1/match: wait (for its turn), read, match, write.",
    ("stage",),
    buckets=_SECONDS,
)
SENTENCES: Final = Counter("claimlight_sentences", "Sentences that were matched.")
CHARACTERS: Final = Counter("claimlight_characters", "Characters of these sentences.")
SKIPPED: Final = Counter("claimlight_skipped", "Sentences that were not weighed.", ("reason",))
HINTS: Final = Counter("claimlight_hints", "Matches by the band a reader sees.", ("band",))
LIMITED: Final = Counter(
    "claimlight_rate_limited", "Requests refused with 429, by policy.", ("policy",)
)
OVERLOADED: Final = Counter(
    "claimlight_overloaded", "Requests refused with 503 since the queue was full."
)
AT_WORK: Final = Gauge(
    "claimlight_requests_at_work", "Requests being matched.", multiprocess_mode="livesum"
)
WAITING: Final = Gauge(
    "claimlight_requests_waiting", "Requests waiting for their turn.", multiprocess_mode="livesum"
)
PUBLICATIONS: Final = Counter(
    "claimlight_publications", "Attempts to publish a changeset, by outcome.", ("outcome",)
)
REDIS_ERRORS: Final = Counter(
    "claimlight_redis_errors", "Steps that Redis did not answer well, by what it meant.", ("kind",)
)
VERSION: Final = Gauge(
    "claimlight_index_version",
    "Version that answers now: the oldest among the workers.",
    multiprocess_mode="livemin",
)
CASES: Final = Gauge(
    "claimlight_index_cases", "Cases in the index that answers.", multiprocess_mode="livemin"
)
PUBLISHED_AT: Final = Gauge(
    "claimlight_index_published_timestamp_seconds",
    "When the version that answers was published, in Unix time.",
    multiprocess_mode="livemin",
)
STALE: Final = Gauge(
    "claimlight_stale_seconds",
    "How long it has been unknown whether the index is current; 0 while it is known.",
    multiprocess_mode="livemax",
)
BUILDS: Final = Histogram(
    "claimlight_build_seconds", "Time to compile a version.", buckets=_BUILD_S
)
WENT_BACK: Final = Counter(
    "claimlight_version_went_back", "Times that a worker saw the published version go backwards."
)
WORKERS_ENDED: Final = Counter("claimlight_workers_ended", "Worker processes that have ended.")

_STAGE: Final = {name: _STAGES.labels(name) for name in ("wait", "read", "match", "write")}
_BAND: Final = {name: HINTS.labels(name) for name in ("match", "similar", "none")}


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Measure one stage of a request; it counts whether or not it succeeds."""
    began = time.perf_counter()
    try:
        yield
    finally:
        _STAGE[name].observe(time.perf_counter() - began)


def count_hints(band: str | None, number: int) -> None:
    """Count matches of an answer; ``band`` None: below what a reader is shown."""
    _BAND[band or "none"].inc(number)


def forget(pid: int) -> None:
    """Let go of the gauges of a worker that has ended; its counts stay."""
    if _SHARED:
        shared.mark_process_dead(pid)  # type: ignore[no-untyped-call]


def answer_nobody() -> None:
    """Count in this process, but leave the gauges to those that have an index."""
    OVERLOADED.inc(0)  # the library notices with a count that it has been forked
    forget(os.getpid())


class _Handler(WSGIRequestHandler):
    timeout = _SLOW_CLIENT_S

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Log nothing: who asks is no business of the log."""


class _Collector(shared.MultiProcessCollector):
    """Reads the counts of all workers; a file that one has just created holds none yet."""

    def collect(self) -> Iterable[Metric]:
        files = [str(file) for file in Path(self._path).glob("*.db") if _size(file)]
        merged: Iterable[Metric] = self.merge(files)  # type: ignore[no-untyped-call]
        return merged


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except FileNotFoundError:  # of a worker that has ended
        return 0


def expose(listener: socket.socket) -> None:
    """Answer everybody who asks on this listening socket, in a thread of this worker.

    All workers do; whichever is first accepts the connection.
    """
    registry = CollectorRegistry()
    registry.register(_Collector(None))  # type: ignore[no-untyped-call]
    listener.setblocking(False)  # who comes second finds nothing, and goes on waiting
    host, port = listener.getsockname()[:2]
    server = WSGIServer((host, port), _Handler, bind_and_activate=False)
    server.socket.close()
    server.socket = listener
    server.server_name, server.server_port = host, port
    server.setup_environ()
    server.set_app(make_wsgi_app(registry))
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
