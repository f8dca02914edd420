"""The process that makes snapshots: one a machine, so that no worker ever builds an index.

A worker that compiled would answer nobody meanwhile, since Python runs one thread at a time,
and would keep the memory it took.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from matcher.index import Index
from matcher.vectors import KnownVectors
from server import metrics
from server.embedded import dies_with
from server.errors import StoreError
from server.filters import FilterMaker
from server.following import AWAY_S, POLL_S, follow
from server.snapshots import Current, Snapshots
from server.store import Published, Store
from server.vectors import VectorMaker

RETRY_S: Final = 5.0
"""How long to wait before an index that cannot be built is tried again."""

YIELDS: Final = 3
"""How much more eagerly the workers get the processor (``nice``): readers come first."""
STOP_WITHIN_S: Final = 5.0
NAME: Final = b"compiler"
"""How the process is called where Linux lists processes."""
_PR_SET_NAME: Final = 15

log = logging.getLogger("claimlight.server")


class Compiler:
    """Compiles what is published, as soon as it is, and keeps its snapshot there.

    Several on one folder take turns: whoever has the lock works until it ends. ``filters`` None:
    the workers make the filters. ``vectors`` None: the workers make the vectors of claims.
    """

    def __init__(
        self,
        store: Store,
        snapshots: Snapshots,
        *,
        filters: FilterMaker | None = None,
        vectors: VectorMaker | None = None,
    ) -> None:
        self._store = store
        self._snapshots = snapshots
        self._filters = filters
        self._vectors = vectors
        self._lock: int | None = None
        self._previous: Current | None = None
        self._retry: tuple[str, float] = ("", 0.0)  # mark that failed, when to try again

    def run(self, stopping: threading.Event) -> None:
        """Work until told to stop."""
        try:
            follow(self._store, self._look, stopping=stopping)
        finally:
            if self._lock is not None:
                os.close(self._lock)
                self._lock = None

    def _look(self) -> float:
        try:
            if not self._try_lock():
                return POLL_S
            published = self._store.published()
            if self._snapshots.has(published):
                return self._fill_in()
            failed, until = self._retry
            if failed == published.mark and time.monotonic() < until:
                return POLL_S
            self._compile(published)
        except StoreError:
            return AWAY_S  # the workers tell of it, who ask Redis themselves
        except OSError as error:
            log.warning("no index can be made in %s: %s", self._snapshots.folder, error)
            return RETRY_S
        return 0.0

    def _fill_in(self) -> float:
        """What can wait until the index is there, half of the time, lest readers wait for it."""
        if self._vectors is None or self._previous is None:
            return POLL_S
        began = time.monotonic()
        more = self._vectors.work(self._previous.index)
        return 2 * (time.monotonic() - began) if more else POLL_S

    def _try_lock(self) -> bool:
        """Become the one that compiles, until the process ends; False while another is."""
        if self._lock is None:
            path = self._snapshots.folder / "compiler"
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                os.close(handle)
                return False
            self._lock = handle
            self._previous = self._snapshots.newest()
        return True

    def _compile(self, published: Published) -> None:
        began = time.monotonic()
        try:
            promised = self._filters.promised() if self._filters else contextlib.nullcontext()
            with self._snapshots.making(published), promised:
                built = self._build()
                self._previous = self._snapshots.save(built)
                if self._filters:
                    self._filters.make(self._previous)
        except StoreError as error:  # of the cases: the version could be read a moment before
            self._snapshots.tell_failure(published, str(error))
            raise
        except Exception as error:
            log.exception("the index of version %d cannot be built", published.version)
            reason = f"{type(error).__name__}: {error}"[:200]
            self._snapshots.tell_failure(published, reason)
            self._retry = (published.mark, time.monotonic() + RETRY_S)
            return
        metrics.BUILDS.observe(time.monotonic() - began)
        self._snapshots.tell_failure(published, None)
        if built.unreadable:
            log.warning("unreadable cases in Redis, left out: %s", ", ".join(built.unreadable[:20]))
        log.info(
            "index of version %d built: %d cases, %d ms",
            built.version,
            len(built.index),
            1000 * (time.monotonic() - began),
        )

    def _build(self) -> Current:
        """What is published now: what has changed since the last one, where that is known."""
        previous = self._previous
        if previous is not None and (update := self._store.update(previous.published)):
            gone = {*update.gone, *update.unreadable}
            return previous.followed_by(update, previous.index.revised(update.put, gone))
        contents = self._store.contents()
        index = Index.build(contents.cases, previous=previous.index if previous else None)
        return Current(
            index=index,
            version=contents.published.version,
            mark=contents.published.mark,
            published_at=contents.published.published_at,
            stale=False,
            unreadable=tuple(sorted(contents.unreadable)),
        )


class CompilerProcess:
    """A forked process with a ``Compiler``; start and tend it from the master's main thread.

    Parameters
    ----------
    redis_url, snapshots, filters
        where it reads, and the folders that it writes to.
    vectors
        keeps the vectors of claims; None: words alone decide.
    leave
        what a child does first, so as to keep nothing of its parent's open.
    """

    def __init__(
        self,
        redis_url: str,
        *,
        snapshots: Path,
        filters: Path,
        vectors: KnownVectors | None,
        leave: Callable[[], None],
    ) -> None:
        self._redis_url = redis_url
        self._snapshots = snapshots
        self._filters = filters
        self._vectors = vectors
        self._leave = leave
        self._pid: int | None = None
        self._started = 0.0

    def start(self) -> None:
        """Fork it; a compiler that ends is replaced by ``tend``."""
        parent = os.getpid()
        in_child = dies_with(parent) if sys.platform == "linux" else lambda: _watch(parent)
        self._started = time.monotonic()
        self._pid = os.fork()
        if self._pid:
            return
        try:
            in_child()
            self._leave()
            self._work()
        except Exception:
            log.exception("the compiler has ended")
        finally:
            os._exit(0)  # nothing that the parent would do at its end

    def tend(self) -> bool:
        """Start it again if it has ended, at most once a second; True if it had to be.

        One that is killed tells nobody: what it was making is told for it.
        """
        if self._runs() or time.monotonic() - self._started < 1:
            return False
        Snapshots(self._snapshots).tell_cut_off()
        self.start()
        return True

    def stop(self) -> None:
        """End it; a second call does nothing."""
        deadline = time.monotonic() + STOP_WITHIN_S
        while self._runs() and self._pid is not None:
            late = time.monotonic() > deadline
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL if late else signal.SIGTERM)
            time.sleep(0.02)
        self._pid = None

    def _runs(self) -> bool:
        if self._pid is None:
            return False
        try:
            return os.waitpid(self._pid, os.WNOHANG)[0] == 0
        except ChildProcessError:  # gunicorn waits for all children, so it may have been first
            return False

    def _work(self) -> None:
        stopping = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
            signal.signal(number, lambda *_: stopping.set())
        for number in (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2, signal.SIGWINCH):
            signal.signal(number, signal.SIG_IGN)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(_PR_SET_NAME, NAME)
        os.nice(YIELDS)
        metrics.answer_nobody()
        compiler = Compiler(
            Store(self._redis_url),
            Snapshots(self._snapshots),
            filters=FilterMaker(self._filters),
            vectors=VectorMaker(self._vectors) if self._vectors is not None else None,
        )
        compiler.run(stopping)


def _watch(parent: int) -> None:
    """End with the parent where the kernel does not see to that."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(0)

    threading.Thread(target=watch, name="watch", daemon=True).start()
