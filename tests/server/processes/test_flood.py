"""Requests as nobody would send them, to the service as it is run: each is answered or refused.

A few hundred by default, 40,000 under torture (`make torture`); with the damaged files of
``tests/server/attack`` that makes 100,000. Damaged are bodies, addresses, headers, and the bytes
of whole requests.
"""

from __future__ import annotations

import errno
import json
import random
import re
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest

from server.app import SECURITY_HEADERS
from tests.server.attack.corpus import CORPUS
from tests.server.attack.mutation import TOKENS, damaged
from tests.torture import TORTURE, full, tell

pytestmark = pytest.mark.torture

NewService = Callable[..., Any]
Eventually = Callable[..., bool]

REQUESTS: Final = full(40_000, small=200)
SENDERS: Final = 4
MOST_S: Final = 60.0
"""A request without an answer for so long hangs, however busy the machine is."""
MOST_GROWTH_BYTES: Final = 96 * 1024 * 1024
"""Of both workers together, from when they are warm."""

MATCH: Final = json.dumps(
    {
        "sentences": [
            {
                "id": "s1",
                "text": "Vaccines hold microchips of a secret society.",
                "language": "en",
            },
            {"id": "s2", "text": "Польские пограничники стреляли по мигрантам.", "language": "ru"},
        ],
        "limit": 2,
        "min_score": 0.0,
    }
).encode()
TEXT: Final = json.dumps({"text": "One sentence. Another one! 第三。", "language": "en"}).encode()
REPORT: Final = json.dumps({"case_id": "starter-0", "kind": "other", "sentence": "A."}).encode()
PREVIEW: Final = json.dumps(
    {"changes": [{"retract": "starter-1"}], "sentences": [{"text": "A sentence.", "label": "x"}]}
).encode()
ADDRESSES: Final = (
    b"/v1/cases?query=vaccines&language=en&page_size=3", b"/v1/cases?page_token=MjA",
    b"/v1/cases/starter-0", b"/v1/filter?since=1", b"/v1/index", b"/v1/changes?before=2",
    b"/v1/export?format=csv", b"/v1/reports?before=1700000000000-0", b"/readyz", b"/docs", b"/",
    b"/static/claimlight.css", b"/openapi.json", b"/v1/changes/1/revert",
)  # fmt: skip
HEADERS: Final = (
    (b"Accept", b"application/ld+json;q=0.9, */*;q=0.1"), (b"If-None-Match", b'"abc", W/"d"'),
    (b"If-Match", b'"17"'), (b"Origin", b"moz-extension://0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"),
    (b"Content-Type", b"application/json; charset=utf-8"), (b"X-Forwarded-For", b"192.0.2.1, ::1"),
    (b"Transfer-Encoding", b"chunked"), (b"Content-Length", b"12"), (b"Expect", b"100-continue"),
    (b"Authorization", b"Bearer claimlight_x"), (b"Cookie", b"a=b; c=d"), (b"Range", b"bytes=0-5"),
    (b"Upgrade", b"h2c"), (b"Accept-Encoding", b"gzip;q=1, br"), (b"Host", b"example.org:1"),
    (b"If-Modified-Since", b"Tue, 01 Jan 2030 00:00:00 GMT"), (b"X-Request-Id", b"abc"),
    (b"Access-Control-Request-Method", b"POST"), (b"Content-Encoding", b"gzip"),
)  # fmt: skip


def request(
    method: bytes, address: bytes, *headers: tuple[bytes, bytes], body: bytes = b""
) -> bytes:
    lines = [method + b" " + address + b" HTTP/1.1", b"Host: localhost", b"Connection: close"]
    if body:
        lines.append(b"Content-Length: %d" % len(body))
    lines += [name + b": " + value for name, value in headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


@dataclass
class Sender(threading.Thread):
    """Sends damaged requests, one after the other, and looks at what comes back."""

    address: tuple[str, int]
    token: bytes
    count: int
    dice: random.Random
    statuses: Counter[str] = field(default_factory=Counter)
    slowest: tuple[float, bytes] = (0.0, b"")
    wrong: list[str] = field(default_factory=list)
    done: int = 0

    def __post_init__(self) -> None:
        super().__init__(daemon=True)

    __hash__ = threading.Thread.__hash__

    def run(self) -> None:
        kinds = (self._body, self._address, self._header, self._raw)
        while self.done < self.count:
            self.done += 1
            sent = self.dice.choices(kinds, (45, 20, 20, 15))[0]()
            began = time.monotonic()
            try:
                told = _exchange(self.address, sent)
            except TimeoutError:
                self.wrong.append(f"no answer within {MOST_S} s to {sent[:300]!r}")
                continue
            self.slowest = max(self.slowest, (time.monotonic() - began, sent[:200]))
            self._look(sent, told)

    def _look(self, sent: bytes, told: bytes) -> None:
        status = told[9:12].decode("latin-1") if told.startswith(b"HTTP/1.1 ") else "none"
        self.statuses[status] += 1
        head, _, body = told.partition(b"\r\n\r\n")
        missing = [n for n, v in SECURITY_HEADERS.items() if f"\r\n{n}: {v}".encode() not in head]
        if re.search(rb"(^|\r\n)HTTP/1\.1 5", told):
            self.wrong.append(f"{status} to {sent[:600]!r}: {body[:300]!r}")
        elif status not in {"none", "100"} and missing:
            self.wrong.append(f"{status} without {missing[0]} to {sent[:300]!r}")
        elif status.startswith("4") and b"application/problem+json" not in head:
            self.wrong.append(f"{status} that is no problem to {sent[:300]!r}")

    def _body(self) -> bytes:
        bearer = (b"Authorization", b"Bearer " + self.token)
        json_, lines = (
            (b"Content-Type", b"application/json"),
            (b"Content-Type", b"application/jsonl"),
        )
        file = self.dice.choice(list(CORPUS.values()))
        seed, address, headers = self.dice.choices(
            [
                (MATCH, b"/v1/match", (json_,)),
                (TEXT, b"/v1/match", (json_,)),
                (REPORT, b"/v1/reports", (json_,)),
                (CORPUS["jsonl"], b"/v1/changes?dry_run=true", (lines, bearer)),
                (CORPUS["jsonl"], b"/v1/changes?partial=true&confirm=true", (lines, bearer)),
                (b"[%s]" % CORPUS["jsonl"].splitlines()[0], b"/v1/changes?partial=true",
                 (json_, bearer)),
                (PREVIEW, b"/v1/changes/preview", (json_, bearer)),
                (file, b"/v1/changes/read?default_verdict=false",
                 ((b"Content-Type", b"application/octet-stream"), bearer)),
            ],
            (33, 22, 6, 0.2, 1, 1, 1.8, 35),
        )[0]  # fmt: skip
        return request(b"POST", address, *headers, body=damaged(seed, self.dice))

    def _address(self) -> bytes:
        address = bytearray(self.dice.choice(ADDRESSES))
        for _ in range(self.dice.randint(1, 3)):
            at = self.dice.randint(1, len(address))
            token = self.dice.choice(TOKENS)
            if self.dice.random() < 0.7:
                token = b"".join(b"%%%02X" % byte for byte in token[:200])
            address[at : at + self.dice.randint(0, 3)] = token
        bearer = (b"Authorization", b"Bearer " + self.token)
        method = self.dice.choices((b"GET", b"HEAD", b"OPTIONS", b"DELETE", b"POST"),
                                   (80, 5, 5, 5, 5))[0]  # fmt: skip
        return request(method, bytes(address), bearer)

    def _header(self) -> bytes:
        chosen = self.dice.sample(HEADERS, self.dice.randint(1, 4))
        headers = [
            (name, damaged(value, self.dice)[:9_000] if self.dice.random() < 0.7 else value)
            for name, value in chosen
        ]
        if self.dice.random() < 0.5:
            return request(b"GET", self.dice.choice(ADDRESSES), *headers)
        return request(b"POST", b"/v1/match", (b"Content-Type", b"application/json"), *headers,
                       body=MATCH)  # fmt: skip

    def _raw(self) -> bytes:
        json_ = (b"Content-Type", b"application/json")
        whole = (
            request(b"POST", b"/v1/match", json_, body=MATCH)
            if self.dice.random() < 0.5
            else request(b"GET", self.dice.choice(ADDRESSES), *self.dice.sample(HEADERS, 2))
        )
        return damaged(whole, self.dice)


def _exchange(address: tuple[str, int], sent: bytes) -> bytes:
    """All that is answered until the connection ends."""
    told = b""
    with socket.create_connection(address, timeout=MOST_S) as connection:
        try:
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
            while piece := connection.recv(65_536):
                told += piece
        except OSError as error:
            if error.errno not in {errno.EPIPE, errno.ECONNRESET, errno.ENOTCONN}:
                raise  # these alone mean: refused before all of it was sent
    return told


def test_damaged_requests_are_refused_and_cost_nothing_that_lasts(
    new_service: NewService, eventually: Eventually
) -> None:
    service = new_service()
    assert eventually(lambda: len(service.workers) == 2)
    workers = set(service.workers)
    host, port = service.address.removeprefix("http://").rsplit(":", 1)
    token = (service.data_dir / "owner-token").read_text().strip().encode()
    seed = time.time_ns() if TORTURE else 5
    senders = [
        Sender((host, int(port)), token, REQUESTS // SENDERS, random.Random(seed + n))
        for n in range(SENDERS)
    ]
    for sender in senders:
        sender.start()
    warm = 0
    while any(sender.is_alive() for sender in senders):
        time.sleep(0.2)
        if not warm and sum(sender.done for sender in senders) > REQUESTS // 3:
            warm = _private(workers)
    grown = _private(workers) - warm
    assert [wrong for sender in senders for wrong in sender.wrong][:5] == []
    assert set(service.workers) == workers  # none of them had to be replaced
    statuses = sum((sender.statuses for sender in senders), Counter())
    slowest = max(sender.slowest for sender in senders)
    tell(
        f"{REQUESTS:,} damaged requests over {SENDERS} connections",
        bar="no 5xx, no hang over 2 s, no growth of memory",
        found=", ".join(f"{n:,} of {status}" for status, n in sorted(statuses.items()))
        + f"; slowest {slowest[0]:.2f} s ({slowest[1][:50]!r})"
        + f"; memory of the workers {grown / 1e6:+.0f} MB",
    )
    assert statuses["200"]
    assert statuses["400"]
    assert not TORTURE or grown < MOST_GROWTH_BYTES
    log = service.log.read_text()
    assert "Traceback" not in log
    assert service.match("Vaccines contain microchips.")[0] == 200


def _private(pids: set[int]) -> int:
    """Bytes that these processes share with no other."""
    told = "".join(Path(f"/proc/{pid}/smaps_rollup").read_text() for pid in pids)
    return 1024 * sum(map(int, re.findall(r"Private_(?:Dirty|Clean):\s+(\d+) kB", told)))
