"""Memory that a process has used and freed, given back to the machine."""

from __future__ import annotations

import contextlib
import ctypes


def give_back_memory() -> None:
    """Return to the kernel what has been freed, where the C library can; takes milliseconds.

    It keeps what lies between pieces that are in use, and a push or a replaced index leaves tens
    of megabytes of that in a worker.
    """
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
