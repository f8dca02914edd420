"""How tests wait for what has to come: as long as it takes, and not for ever."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

HANG_S: Final = 120.0
"""What has not come by then never will: far above what anything takes on the busiest machine."""


def eventually(condition: Callable[[], object], *, within_s: float = HANG_S) -> bool:
    """Whether a condition comes to hold."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False
