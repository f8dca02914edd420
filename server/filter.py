"""``GET /v1/filter``: what browsers check sentences against, whole or as the difference.

A filter is made once a version, and nobody waits for it who can have the one before.
"""

from __future__ import annotations

import contextlib
import logging
import os
import tempfile
import threading
import time
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final

from flask import Blueprint, Response

from matcher import filter as rules
from matcher import filterwire, folding
from matcher.errors import FilterError
from matcher.filter import Filter
from matcher.filterwire import Message, decode, difference, digest, encode, pack, unpack
from server.exchange import cacheable, current_index, read_query
from server.live import Live
from server.openapi import operation
from server.snapshots import Current
from server.wire.base import MIN_WAIT_S
from server.wire.filter import FilterQuery

BINARY: Final = "application/octet-stream"
KEPT: Final = 32
"""Versions from which a difference is known: a day and a half at twenty updates a day."""

log: Final = logging.getLogger("claimlight.server")


def blueprint(live: Live, folder: Path) -> Blueprint:
    """The route; ``folder`` keeps the filters of the last versions."""
    routes = Blueprint("filter", __name__)
    filters = Filters(folder)

    @routes.get("/v1/filter")
    @operation(
        "What a browser checks sentences against before it asks, whole or as a difference",
        tag="Readers",
        query=FilterQuery,
        answers={BINARY: None},
        problems=(400, 429, 503),
    )
    def local_filter() -> Response:
        """Bytes as in docs/filter.md, compressed already; whole where no difference is known."""
        asked = read_query(FilterQuery)
        sent = filters.answer(current_index(live), asked.since)
        return cacheable(Response(sent.body, mimetype=BINARY), etag=sent.etag)

    return routes


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

    Safe to use from many threads. The workers of a machine share ``folder``; where it cannot be
    written each works for itself, and clients get whole filters.
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

    def _whole(self, current: Current) -> Sent:
        latest, name = self._latest, _name(current)
        if latest is not None and latest.name == name:
            return latest
        if not self._working.acquire(blocking=latest is None) and latest is not None:
            return latest  # another thread makes the next one
        try:
            if self._latest is None or self._latest.name != name:
                self._latest = self._read(name) or self._make(current)
                self._differences = {}
            return self._latest
        finally:
            self._working.release()

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


def _name(current: Current) -> str:
    return f"{current.version:010d}-{current.index.digest[:16]}-{_release()}"


@cache
def _release() -> str:
    """A fingerprint of the code that makes filters: another release's file is another filter."""
    code = (Path(str(module.__file__)) for module in (rules, folding, filterwire))
    made = b"".join(path.read_bytes() for path in (*code, rules.MODEL))
    return sha256(made).hexdigest()[:8]
