"""A worker's current index: follows what is published, off the path of requests.

A few changes every worker takes by itself, at once: they stand beside the compiled cases. The
compiler of the machine makes a snapshot of each version, however much has changed; all workers
map it into memory. Whatever fails, the last index stays and is marked stale.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from matcher.errors import SnapshotError
from server import metrics
from server.errors import StoreError
from server.following import AWAY_S, POLL_S, follow
from server.memory import give_back_memory
from server.snapshots import Current, Snapshots
from server.store import Published, Store

WAITING_S: Final = 0.05
"""How often to look for a snapshot that is being made."""

MOST_BESIDE: Final = 500
"""Changed cases that a worker puts beside the compiled ones: it reads them, as all others do."""

PREPARING: Final = "the first index is being prepared"
"""What is wrong as long as there is no index, whatever else is."""

log = logging.getLogger("claimlight.server")


class Live:
    """The current index of one worker process.

    Start it after the fork. ``current`` is swapped as a whole: read it once a request, and an
    answer never mixes two versions.

    Parameters
    ----------
    store
        what is published.
    snapshots
        what the compiler of this service makes.
    on_first
        called once, in the thread that follows the store, when there is an index and the store
        has been asked.
    """

    def __init__(
        self,
        store: Store,
        snapshots: Snapshots,
        *,
        on_first: Callable[[Current], None] | None = None,
    ) -> None:
        self.current: Current | None = None
        self._store = store
        self._snapshots = snapshots
        self._on_first = on_first
        self._problems: dict[str, str] = {}
        self._stopping = threading.Event()
        self._settled = threading.Event()
        self._thread: threading.Thread | None = None
        self._highest = 0
        self._current_at = time.monotonic()
        self._awaited: Published | None = None
        self._awaited_until = 0.0

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

    def problems(self) -> tuple[str, ...]:
        """Return what is wrong, a sentence without full stop each; empty: all is well."""
        told = tuple(self._problems.values())
        return told if self.current is not None else (PREPARING, *told)

    def _follow(self) -> None:
        if (newest := self._snapshots.newest()) is not None:
            self._swap(newest)  # until Redis has told what is published
        follow(self._store, self._look, stopping=self._stopping)

    def _look(self) -> float:
        """Bring the index up to date, or find out why not; return seconds until the next look."""
        try:
            pause = self._bring_up_to_date()
        except StoreError as error:
            self._tell("store", str(error))
            self._swap_stale(stale=True)
            pause = AWAY_S
        except Exception:
            log.exception("the index cannot be brought up to date")
            self._tell("index", "the index cannot be brought up to date")
            self._swap_stale(stale=True)
            pause = POLL_S
        self._measure()
        if self.current is not None or self._problems:
            self._settled.set()
        if self.current is not None and self._on_first is not None:
            on_first, self._on_first = self._on_first, None
            try:
                on_first(self.current)
            except (Exception, SystemExit):  # as rich ends a program whose output is closed
                log.exception("nobody could be told that the service is ready")
        return pause

    def _bring_up_to_date(self) -> float:
        published = self._published()
        self._tell("store", None)
        if self.current is None or self.current.mark != published.mark:
            try:
                current = self._snapshots.load(published)
            except SnapshotError as error:
                log.warning("%s", error)  # the compiler makes it again
                current = None
            if current is None and self.current is not None:
                current = self._amended(self.current)
            if current is None:
                return self._wait_for(published)
            self._swap(current)
        self._awaited = None
        self._swap_stale(stale=False)
        self._tell("index", self._compiled(published))
        return POLL_S

    def _amended(self, since: Current) -> Current | None:
        """With what has been published since beside it; None where that is much, or not known."""
        update = self._store.update(since.published)
        if update is None:
            return None
        gone = {*update.gone, *update.unreadable}
        if len(update.put) + len(gone) + since.index.beside > MOST_BESIDE:
            return None
        return since.followed_by(update, since.index.amended(update.put, gone))

    def _compiled(self, published: Published) -> str | None:
        """Stand on the newest snapshot; return what is wrong where there will be none."""
        current = self.current
        if current is None or current.base is None:
            return None
        newest = self._snapshots.newest(other_than=current.base)
        if newest is not None and newest.mark != current.mark:
            newest = self._amended(newest)
        if newest is not None and newest.mark == current.mark:
            self._swap(replace(newest, stale=False))
            return None
        reason = self._snapshots.failure(published)
        if reason is None:
            return None
        return f"the index of version {published.version} cannot be compiled ({reason})"

    def _published(self) -> Published:
        """What is published; while its snapshot is awaited, Redis is not asked every time."""
        if self._awaited is None or time.monotonic() > self._awaited_until:
            published = self._store.published()
            self._awaited, self._awaited_until = published, time.monotonic() + POLL_S
            return published
        return self._awaited

    def _wait_for(self, published: Published) -> float:
        reason = self._snapshots.failure(published)
        if reason is not None:
            told = f"the index of version {published.version} cannot be built ({reason})"
            self._tell("index", told)
            self._swap_stale(stale=True)
        elif self.current is not None:
            self._tell("index", f"the index of version {published.version} is being prepared")
        return WAITING_S

    def _swap(self, current: Current) -> None:
        if self.current is not None and current.version < self.current.version:
            told = (
                f"the published version went back from {self.current.version} to "
                f"{current.version}: a replica that lagged took over, another database, or a "
                "restore; look whether the last changesets are in the history, and push again"
            )
            log.warning(told)
            metrics.WENT_BACK.inc()
            self._tell("version", told)
        elif current.version >= self._highest:
            self._tell("version", None)
        self._highest = max(self._highest, current.version)
        count = len(current.unreadable)
        self._tell("rows", f"{count} case(s) in Redis are unreadable" if count else None)
        self.current = current  # last: who sees it finds what is told of it
        give_back_memory()  # of the index before, and of the push that made this one

    def _swap_stale(self, *, stale: bool) -> None:
        if self.current is not None and self.current.stale != stale:
            self.current = replace(self.current, stale=stale)

    def _measure(self) -> None:
        current = self.current
        if current is None:
            return
        now = time.monotonic()
        if not current.stale:
            self._current_at = now
        metrics.STALE.set(now - self._current_at)
        metrics.VERSION.set(current.version)
        metrics.CASES.set(len(current.index))
        if current.published_at is not None:
            metrics.PUBLISHED_AT.set(current.published_at.timestamp())

    def _tell(self, topic: str, problem: str | None) -> None:
        problems = {name: told for name, told in self._problems.items() if name != topic}
        if problem is not None:
            problems[topic] = problem
        self._problems = problems
