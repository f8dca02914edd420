"""A worker's current index: follows what is published, off the path of requests.

One worker of a machine, the one that gets a lock, compiles each new version to a snapshot;
all of them map it into memory. Whatever fails, the last index stays and is marked stale.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import json
import logging
import os
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Final

from matcher.errors import SnapshotError
from matcher.index import Index
from matcher.semantic import Semantic
from server.errors import StoreError
from server.store import Published, Store

POLL_S: Final = 1.0
"""Announcements can be lost, so the version is also asked for."""
AWAY_S: Final = 0.5
"""How often to look for a Redis that is away."""
WAITING_S: Final = 0.05
"""How often to look for a snapshot that another worker compiles."""
RETRY_S: Final = 5.0
"""How long to wait before an index that cannot be built is tried again."""
STOP_S: Final = 0.2
"""How soon a worker that is to stop notices."""
KEPT_SNAPSHOTS: Final = 2

log = logging.getLogger("claimlight.server")


@dataclass(frozen=True, slots=True)
class Current:
    """An index and the publication it was built from.

    ``stale`` while nobody knows whether something newer has been published.
    """

    index: Index
    version: int
    mark: str
    published_at: dt.datetime | None
    stale: bool


class Live:
    """The current index of one worker process.

    Start it after the fork. ``current`` is swapped as a whole: read it once a request, and an
    answer never mixes two versions.

    Parameters
    ----------
    store
        what is published.
    snapshots
        folder that the workers of this service share; must exist.
    semantic
        what reads sentence and claim together; None: words alone decide.
    on_first
        called once, in the thread that follows the store, when there is an index and the store
        has been asked.
    """

    def __init__(
        self,
        store: Store,
        snapshots: Path,
        *,
        semantic: Semantic | None = None,
        on_first: Callable[[Current], None] | None = None,
    ) -> None:
        self.current: Current | None = None
        self._store = store
        self._semantic = semantic
        self._snapshots = snapshots
        self._on_first = on_first
        self._problems: dict[str, str] = {"start": "the first index is being prepared"}
        self._stopping = threading.Event()
        self._settled = threading.Event()
        self._thread: threading.Thread | None = None
        self._compiler = _Compiler(store, snapshots, semantic)
        self._highest = 0
        self._retry: tuple[str, float] = ("", 0.0)  # mark that failed, when to try again

    def start(self) -> None:
        """Begin to follow the store; returns at once."""
        self._thread = threading.Thread(target=self._follow, name="live", daemon=True)
        self._thread.start()

    def wait(self, timeout_s: float) -> None:
        """Return when there is an index, or it is known why there is none, or the time is over."""
        self._settled.wait(timeout_s)

    def stop(self) -> None:
        """Stop following; the current index stays."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout=5)
        self._compiler.close()

    def problems(self) -> tuple[str, ...]:
        """Return what is wrong, a sentence without full stop each; empty: all is well."""
        return tuple(self._problems.values())

    def _follow(self) -> None:
        self._resume()
        with self._store.listen() as listener:
            while not self._stopping.is_set():
                try:
                    pause = self._look()
                except Exception:
                    log.exception("the index cannot be brought up to date")
                    self._tell("index", "the index cannot be brought up to date")
                    self._swap_stale(stale=True)
                    pause = POLL_S
                if self.current is not None or len(self._problems) > 1:
                    self._settled.set()
                if self.current is not None and self._on_first is not None:
                    self._on_first(self.current)
                    self._on_first = None
                deadline = time.monotonic() + pause
                while (left := deadline - time.monotonic()) > 0 and not self._stopping.is_set():
                    if listener.wait(min(left, STOP_S)):
                        break

    def _resume(self) -> None:
        """Serve the newest snapshot on disk until Redis has told what is published."""
        for folder in _newest_first(self._snapshots):
            if not folder.name.endswith(f"-{_engine()}"):
                continue
            with contextlib.suppress(SnapshotError, OSError, ValueError, KeyError, TypeError):
                self._swap(_load(folder, self._semantic, stale=True))
                return

    def _look(self) -> float:
        """Bring the index up to date, or find out why not; return seconds until the next look."""
        try:
            published = self._store.published()
            self._tell("store", None)
            if self.current is not None and self.current.mark == published.mark:
                self._swap_stale(stale=False)
                self._tell("index", None)
                self._compiler.keep(self.current)
                return POLL_S
            if self._load(published):
                return 0.0
            if not self._compiler.try_lock():
                return WAITING_S
            failed, until = self._retry
            if failed == published.mark and time.monotonic() < until:
                return min(POLL_S, RETRY_S)
            self._compile(published)
        except StoreError as error:
            self._tell("store", str(error))
            self._swap_stale(stale=True)
            return AWAY_S
        return 0.0

    def _load(self, published: Published) -> bool:
        folder = self._snapshots / _name(published.version, published.mark)
        if not folder.is_dir():
            return False
        try:
            self._swap(_load(folder, self._semantic, stale=False))
        except (SnapshotError, OSError, ValueError, KeyError, TypeError) as error:
            # Out of the way, so that whoever compiles writes it again.
            log.warning("the snapshot %s is unreadable: %s", folder.name, error)
            shutil.rmtree(folder, ignore_errors=True)
            return False
        return True

    def _compile(self, published: Published) -> None:
        began = time.monotonic()
        try:
            current, unreadable = self._compiler.compile(self.current)
        except StoreError:
            raise
        except Exception as error:
            log.exception("the index of version %d cannot be built", published.version)
            reason = f"{type(error).__name__}: {error}"[:200]
            self._tell(
                "index", f"the index of version {published.version} cannot be built ({reason})"
            )
            self._swap_stale(stale=True)
            self._retry = (published.mark, time.monotonic() + RETRY_S)
            return
        self._swap(current)
        count = len(unreadable)
        self._tell("rows", f"{count} case(s) in Redis are unreadable" if count else None)
        if count:
            log.warning("unreadable cases in Redis, left out: %s", ", ".join(unreadable[:20]))
        log.info(
            "index of version %d built: %d cases, %d ms",
            current.version,
            len(current.index),
            1000 * (time.monotonic() - began),
        )

    def _swap(self, current: Current) -> None:
        if self.current is not None and current.version < self.current.version:
            told = (
                f"the published version went back from {self.current.version} to "
                f"{current.version}: a replica that lagged took over, another database, or a "
                "restore; look whether the last changesets are in the history, and push again"
            )
            log.warning(told)
            self._tell("version", told)
        elif current.version >= self._highest:
            self._tell("version", None)
        self._highest = max(self._highest, current.version)
        self.current = current
        self._tell("start", None)

    def _swap_stale(self, *, stale: bool) -> None:
        if self.current is not None and self.current.stale != stale:
            self.current = replace(self.current, stale=stale)

    def _tell(self, topic: str, problem: str | None) -> None:
        problems = {name: told for name, told in self._problems.items() if name != topic}
        if problem is not None:
            problems[topic] = problem
        self._problems = problems


class _Compiler:
    """Makes snapshots; one a machine at a time, the one that holds the lock."""

    def __init__(self, store: Store, snapshots: Path, semantic: Semantic | None) -> None:
        self._store = store
        self._snapshots = snapshots
        self._semantic = semantic
        self._lock: int | None = None
        self._unreadable: set[str] = set()

    def try_lock(self) -> bool:
        """Become the one that compiles, until the process ends; False while another is."""
        if self._lock is None:
            handle = os.open(
                self._snapshots / "compiler", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600
            )
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                os.close(handle)
                return False
            self._lock = handle
        return True

    def close(self) -> None:
        """Let another worker compile."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def compile(self, previous: Current | None) -> tuple[Current, tuple[str, ...]]:
        """Build what is published now; return it and the ids that could not be read."""
        published, index = self._fetch(previous)
        built = Current(index, published.version, published.mark, published.published_at, False)
        try:
            self._save(built)
            # Mapped like that of every other worker, so that the memory is shared.
            folder = self._snapshots / _name(built.version, built.mark) / "index"
            index = Index.load(folder, semantic=self._semantic)
        except (SnapshotError, OSError) as error:
            log.warning("the snapshot of version %d cannot be kept: %s", built.version, error)
            return built, tuple(sorted(self._unreadable))
        return replace(built, index=index), tuple(sorted(self._unreadable))

    def keep(self, current: Current) -> None:
        """Write the snapshot again where a worker found it unreadable and removed it."""
        folder = self._snapshots / _name(current.version, current.mark)
        if self._lock is not None and not folder.is_dir():
            with contextlib.suppress(SnapshotError, OSError):
                self._save(current)

    def _fetch(self, previous: Current | None) -> tuple[Published, Index]:
        """What is published now: what has changed since the previous index, where that is known."""
        update = None
        if previous is not None and previous.version:
            known = (previous.version, previous.published_at, len(previous.index), previous.mark)
            update = self._store.update(Published(*known))
        if previous is not None and update is not None:
            gone = {*update.gone, *update.unreadable}
            self._unreadable -= {*update.gone, *(case.id for case in update.put)}
            self._unreadable |= set(update.unreadable)
            return update.published, previous.index.revised(update.put, gone)
        contents = self._store.contents()
        self._unreadable = set(contents.unreadable)
        index = Index.build(
            contents.cases,
            previous=previous.index if previous else None,
            semantic=self._semantic,
        )
        return contents.published, index

    def _save(self, current: Current) -> None:
        draft = self._snapshots / f".draft-{os.getpid()}"
        shutil.rmtree(draft, ignore_errors=True)
        current.index.save(draft / "index")
        told = {
            "version": current.version,
            "mark": current.mark,
            "published_at": current.published_at.isoformat() if current.published_at else None,
        }
        (draft / "published.json").write_text(json.dumps(told))
        draft.rename(self._snapshots / _name(current.version, current.mark))
        for old in _newest_first(self._snapshots)[KEPT_SNAPSHOTS:]:
            shutil.rmtree(old, ignore_errors=True)  # who has it mapped keeps it
        for left in self._snapshots.glob(".draft-*"):
            shutil.rmtree(left, ignore_errors=True)


@cache
def _engine() -> str:
    """A fingerprint of this release's engine: another one must not read its snapshots."""
    return Index.build(()).digest[:8]


def _name(version: int, mark: str) -> str:
    return f"{version:08d}-{mark or 'empty'}-{_engine()}"


def _newest_first(snapshots: Path) -> list[Path]:
    found = []
    for folder in snapshots.glob("[0-9]*-*"):
        with contextlib.suppress(OSError):
            found.append((folder.stat().st_mtime_ns, folder.name, folder))
    return [folder for _, _, folder in sorted(found, reverse=True)]


def _load(folder: Path, semantic: Semantic | None, *, stale: bool) -> Current:
    told = json.loads((folder / "published.json").read_text())
    published_at = told["published_at"]
    return Current(
        index=Index.load(folder / "index", semantic=semantic),
        version=int(told["version"]),
        mark=str(told["mark"]),
        published_at=dt.datetime.fromisoformat(published_at) if published_at else None,
        stale=stale,
    )
