"""Programs of the system that some tests need; CI has to have them."""

from __future__ import annotations

import os
import shutil
from typing import Final

import pytest

REDIS: Final = shutil.which("redis-server") or shutil.which("valkey-server")
needs_redis: Final = pytest.mark.skipif(
    REDIS is None and "CI" not in os.environ,
    reason="needs redis-server or valkey-server on the PATH",
)
