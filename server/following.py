"""Look whenever something may have been published, off the path of requests."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

from server.store import Store

POLL_S: Final = 1.0
"""Announcements can be lost, so the version is also asked for."""
AWAY_S: Final = 0.5
"""How often to look for a Redis that is away."""
STOP_S: Final = 0.2
"""How soon whoever is to stop notices."""


def follow(store: Store, look: Callable[[], float], *, stopping: threading.Event) -> None:
    """Look at once, at each announcement, and when the time is over that ``look`` returns.

    Returns when told to stop.

    Parameters
    ----------
    look
        brings up to date what is to be; returns seconds, from when it was called, until it is to
        be called again.
    """
    with store.listen() as listener:
        while not stopping.is_set():
            deadline = time.monotonic() + look()
            while (left := deadline - time.monotonic()) > 0 and not stopping.is_set():
                if listener.wait(min(left, STOP_S)):
                    break
