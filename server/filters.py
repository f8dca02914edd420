"""The local filters of the last versions: kept in a folder that the processes of a machine share.

A filter is made once a version, by the compiler where there is one, and nobody waits for it who
can have the one before.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final

from matcher import filter as rules
from matcher import filterwire, folding
from matcher.errors import FilterError
from matcher.filter import Filter
from matcher.filterwire import Message, decode, difference, digest, encode, pack, unpack
from server.snapshots import Current
from server.wire.base import MIN_WAIT_S

KEPT: Final = 32
"""Versions from which a difference is known: a day and a half at twenty updates a day."""
_CLAIM: Final = "making"

log: Final = logging.getLogger("claimlight.server")


@dataclass(frozen=True, slots=True)
class Sent:
    """What is sent: a message, and its bytes. ``name`` is that of the version's file."""

    name: str
    message: Message
    body: bytes

    @property
    def etag(self) -> str:
        """Digest, version, and for a difference the digest that it starts from."""
        base = self.message.base
        parts = [self.message.digest.hex(), str(self.message.version)]
        return "-".join([*parts, base.hex()[:16]] if base else parts)


class Filters:
    """The filter of the current version, and the differences that lead to it.

    Safe to use from many threads. The processes of a machine share ``folder``; where it cannot
    be written each works for itself, and clients get whole filters.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._working = threading.Lock()
        self._latest: Sent | None = None
        self._differences: dict[tuple[str, int], Sent] = {}

    def answer(self, current: Current, since: int | None) -> Sent:
        """What to send to a client that has the filter of version ``since``, or none."""
        whole = self._whole(current)
        return whole if since is None else self._difference(whole, since)

    def make(self, current: Current) -> Sent:
        """Make the filter of a version, unless it is there, and keep it."""
        return self._read(_name(current)) or self._make(current)

    def claim(self, *, wait: bool) -> int | None:
        """Become the one process that makes filters, until the returned handle is closed.

        None where another one is, and ``wait`` is False. The claim ends with the process too.

        Raises
        ------
        OSError
            where the folder cannot be written.
        """
        self._folder.mkdir(mode=0o700, exist_ok=True)
        handle = os.open(self._folder / _CLAIM, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return None
        return handle

    def _whole(self, current: Current) -> Sent:
        latest, name = self._latest, _name(current)
        if latest is not None and latest.name == name:
            return latest
        if not self._working.acquire(blocking=latest is None) and latest is not None:
            return latest  # another thread makes the next one
        try:
            if self._latest is None or self._latest.name != name:
                self._renew(current)
            return self._latest or self.make(current)
        finally:
            self._working.release()

    def _renew(self, current: Current) -> None:
        """Read the filter of a version or make it; leave the old one while another process does."""
        claimed = None
        sent = self._read(_name(current))
        if sent is None:
            with contextlib.suppress(OSError):
                claimed = self.claim(wait=self._latest is None)
                if claimed is None:
                    return
        try:
            self._latest = sent or self.make(current)
            self._differences = {}
        finally:
            if claimed is not None:
                os.close(claimed)

    def _difference(self, whole: Sent, since: int) -> Sent:
        known = self._differences.get((whole.name, since))
        if known is not None or not self._working.acquire(blocking=False):
            return known or whole
        try:
            base = next(filter(None, map(self._read, self._versions(since))), None)
            if base is None:
                return whole
            message = Message(
                version=whole.message.version,
                min_wait_s=MIN_WAIT_S,
                digest=whole.message.digest,
                base=base.message.digest,
                content=difference(decode(base.message.content), decode(whole.message.content)),
            )
            sent = Sent(whole.name, message, pack(message))
            if len(sent.body) >= len(whole.body):
                sent = whole
            self._differences[whole.name, since] = sent
            return sent
        finally:
            self._working.release()

    def _make(self, current: Current) -> Sent:
        began = time.monotonic()
        content = encode(Filter.build(current.index))
        message = Message(current.version, MIN_WAIT_S, digest(content), None, content)
        sent = Sent(_name(current), message, pack(message))
        took = 1000 * (time.monotonic() - began)
        log.info("filter of version %d: %d bytes, %d ms", current.version, len(sent.body), took)
        self._keep(sent)
        return sent

    def _versions(self, version: int | None = None) -> list[str]:
        """Names of the files there are, of one version or of all, newest first."""
        found = []
        for file in self._folder.glob(
            "*.filter" if version is None else f"{version:010d}-*.filter"
        ):
            with contextlib.suppress(OSError):
                found.append((file.stat().st_mtime_ns, file.stem))
        return [name for _, name in sorted(found, reverse=True)]

    def _read(self, name: str) -> Sent | None:
        try:
            body = (self._folder / f"{name}.filter").read_bytes()
            message = unpack(body)
        except (OSError, FilterError):
            return None
        return Sent(name, message, body) if digest(message.content) == message.digest else None

    def _keep(self, sent: Sent) -> None:
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            handle, draft = tempfile.mkstemp(dir=self._folder)
            with os.fdopen(handle, "wb") as file:
                file.write(sent.body)
            Path(draft).replace(self._folder / f"{sent.name}.filter")
            for old in self._versions()[KEPT:]:
                (self._folder / f"{old}.filter").unlink(missing_ok=True)
        except OSError as error:
            log.warning("the filter of version %d cannot be kept: %s", sent.message.version, error)


class FilterMaker:
    """Makes the filter of the newest index in a thread of the compiler's process.

    It claims that before the index appears, so that no worker, whose requests would wait for
    it, makes the filter itself.
    """

    def __init__(self, folder: Path) -> None:
        self._filters = Filters(folder)
        self._changed = threading.Condition()
        self._claimed: int | None = None
        self._promised = False
        self._wanted: Current | None = None
        self._thread: threading.Thread | None = None

    @contextlib.contextmanager
    def promised(self) -> Iterator[None]:
        """Keep the claim while an index is about to appear, and until ``make`` is done with it."""
        with self._changed:
            self._promised = True
            if self._claimed is None:
                with contextlib.suppress(OSError):
                    self._claimed = self._filters.claim(wait=False)
        try:
            yield
        finally:
            with self._changed:
                self._promised = False
                if self._thread is None:
                    self._thread = threading.Thread(target=self._run, name="filter", daemon=True)
                    self._thread.start()
                self._changed.notify()

    def make(self, current: Current) -> None:
        """Make the filter of an index as soon as the one at work is done; returns at once.

        Only the last of those that wait is made.
        """
        with self._changed:
            self._wanted = current
            self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                while self._wanted is None:
                    if self._claimed is not None and not self._promised:
                        os.close(self._claimed)
                        self._claimed = None
                    self._changed.wait()
                wanted, self._wanted = self._wanted, None
            try:
                self._filters.make(wanted)
            except Exception:
                log.exception("the filter of version %d cannot be made", wanted.version)


def _name(current: Current) -> str:
    return f"{current.version:010d}-{current.index.digest[:16]}-{_release()}"


@cache
def _release() -> str:
    """A fingerprint of the code that makes filters: another release's file is another filter."""
    code = (Path(str(module.__file__)) for module in (rules, folding, filterwire))
    made = b"".join(path.read_bytes() for path in (*code, rules.MODEL))
    return sha256(made).hexdigest()[:8]
