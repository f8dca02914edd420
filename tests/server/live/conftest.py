"""A worker's index as it follows what is published, with a compiler of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from matcher.case import Case
from server.compiler import Compiler
from server.live import Live
from server.snapshots import Snapshots
from server.store import Store
from tests.waiting import HANG_S

MakeCase = Callable[..., Case]
NewLive = Callable[..., Live]


@pytest.fixture
def snapshots(tmp_path: Path) -> Path:
    folder = tmp_path / "snapshots"
    folder.mkdir()
    return folder


class Machine(Live):
    """A worker's index, and in another thread what makes it."""

    def __init__(self, store: Store, folder: Path, **more: Any) -> None:
        super().__init__(store, Snapshots(folder), **more)
        self._ending = threading.Event()
        compiler = Compiler(store, Snapshots(folder))
        self._making = threading.Thread(target=compiler.run, args=[self._ending])

    def start(self) -> None:
        self._making.start()
        super().start()

    def stop(self) -> None:
        super().stop()
        self._ending.set()
        self._making.join(timeout=HANG_S)


@pytest.fixture
def new_live(store: Store, snapshots: Path) -> Iterator[NewLive]:
    started: list[Live] = []

    def start(of: Store = store, **more: Any) -> Live:
        live = Machine(of, snapshots, **more)
        live.start()
        started.append(live)
        return live

    yield start
    for live in started:
        live.stop()


def at(live: Live, version: int) -> bool:
    return live.current is not None and live.current.version == version and not live.current.stale


def whole(live: Live, version: int) -> bool:
    return at(live, version) and live.current is not None and live.current.index.whole
