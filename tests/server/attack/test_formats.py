"""Editors' files, damaged: each row is a case or rejected, or the file is refused; never a fault.

A few hundred files by default, 60,000 with CLAIMLIGHT_TORTURE=yes (`make torture`).
"""

from __future__ import annotations

import gc
import io
import random
import re
import time
from pathlib import Path
from typing import Final

import pytest

from matcher.case import Case
from server.formats import AUTO, FORMATS, FormatError, Rejected, read
from tests.server.attack.corpus import CORPUS
from tests.server.attack.mutation import damaged
from tests.torture import TORTURE, full, progress, tell

pytestmark = pytest.mark.torture

FILES: Final = full(60_000, small=600) // len(CORPUS)
MOST_GROWTH_BYTES: Final = 48 * 1024 * 1024


@pytest.mark.parametrize("name", CORPUS)
def test_undamaged_file_is_read_whole(name: str) -> None:
    rows = list(read(io.BytesIO(CORPUS[name]), default_verdict="false"))
    assert [row for row in rows if isinstance(row, Case)]
    assert all("twice" in row.message or "same case" in row.message
               for row in rows if isinstance(row, Rejected))  # fmt: skip


def test_damaged_files_cost_rows_and_never_the_program() -> None:
    dice = random.Random(time.time_ns() if TORTURE else 7)
    slowest, taken, rejected, refused, warm = (0.0, ""), 0, 0, 0, 0
    names = [name for name in CORPUS for _ in range(FILES)]
    dice.shuffle(names)
    for number, name in enumerate(progress(names, of=len(names), what="damaged files")):
        data = damaged(CORPUS[name], dice)
        wanted = dice.choice((AUTO, AUTO, *FORMATS))
        began = time.perf_counter()
        try:
            for row in read(io.BytesIO(data), format=wanted, default_verdict="false"):
                assert isinstance(row, Case | Rejected)
                taken += isinstance(row, Case)
                if isinstance(row, Rejected):
                    rejected += 1
                    assert not _commands(row)
        except FormatError:
            refused += 1
        except BaseException:
            _keep(data, name, wanted)
            raise
        slowest = max(slowest, (time.perf_counter() - began, name))
        if number == len(names) // 4:
            warm = _resident()
    grown = _resident() - warm
    tell(
        f"{len(names):,} damaged files of {len(CORPUS)} shapes",
        bar="no fault, no hang over 2 s, no growth",
        found=f"{taken:,} cases, {rejected:,} rows rejected, {refused:,} files refused; slowest "
        f"{slowest[0]:.2f} s ({slowest[1]}); memory {grown / 1e6:+.0f} MB",
    )
    assert taken
    assert rejected
    assert refused
    assert not TORTURE or grown < MOST_GROWTH_BYTES


def _commands(row: Rejected) -> bool:
    """Whether it holds what a terminal would obey or no answer can hold."""
    return bool(re.search("[\x00-\x1f\x7f-\x9f\ud800-\udfff]", f"{row.id}{row.message}"))


def _keep(data: bytes, name: str, wanted: str) -> None:
    """Where the file that broke the reader can be looked at, and its name."""
    left = Path("build") / "attack"
    left.mkdir(parents=True, exist_ok=True)
    file = left / f"{name}-{wanted}"
    file.write_bytes(data)
    print(f"the file is kept: {file}")


def _resident() -> int:
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096
