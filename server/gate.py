"""A bounded queue before what costs time: few at work, some waiting, the others told to come back.

Probes and plain reads do not pass here, so that they are answered under any load.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from server import metrics
from server.problems import OVERLOADED, Problem

AT_WORK: Final = 2
"""Requests that a worker matches at a time: one computes while another is read or written."""
WAITING: Final = 16
"""Requests that wait for their turn: about a second of work."""
PATIENCE_S: Final = 5.0
"""How long one of them waits at most; browsers give up soon after."""
RETRY_S: Final = 2


class Gate:
    """Lets a few requests in at a time; safe to use from many threads."""

    def __init__(
        self, *, at_work: int = AT_WORK, waiting: int = WAITING, patience_s: float = PATIENCE_S
    ) -> None:
        self._turns = threading.Semaphore(at_work)
        self._places = threading.Semaphore(at_work + waiting)
        self._patience_s = patience_s

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a turn, and hold it for as long as the block lasts.

        Raises
        ------
        Problem
            503 with Retry-After where too many wait already, or the wait is too long.
        """
        if not self._places.acquire(blocking=False):
            raise _overloaded()
        try:
            with metrics.stage("wait"), metrics.WAITING.track_inprogress():
                came = self._turns.acquire(timeout=self._patience_s)
            if not came:
                raise _overloaded()
            try:
                with metrics.AT_WORK.track_inprogress():
                    yield
            finally:
                self._turns.release()
        finally:
            self._places.release()


def _overloaded() -> Problem:
    metrics.OVERLOADED.inc()
    return Problem(
        OVERLOADED,
        f"Too many requests wait already; nothing was done. Come back in {RETRY_S} s.",
        headers={"Retry-After": str(RETRY_S)},
    )
