"""Behind the nginx of ``server/deploy``: smuggling, slow clients, floods of headers."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest

from server.app import SECURITY_HEADERS
from tests.server.processes import front
from tests.server.processes.front import Front
from tests.server.processes.test_refusals import NO_HTTP, SMUGGLED

Eventually = Callable[..., bool]
SLOW: Final = 60
"""Clients that drip at the same time: more than the service has threads."""
TEXT: Final = "Vaccines contain microchips made by a secret society."


@pytest.fixture(scope="module")
def proxy(
    service: Any, tmp_path_factory: pytest.TempPathFactory, eventually: Eventually
) -> Iterator[Front]:
    """In front of one service; here all clients have one address, and may ask more often."""
    netloc = service.address.removeprefix("http://")
    instead = {
        "limit_conn connections 40;": f"limit_conn connections {SLOW * 2};",
        "burst=60": "burst=1000",
    }
    folder = tmp_path_factory.mktemp("proxy")
    with front.running(folder, (netloc, netloc), eventually, **instead) as made:
        yield made


def test_readers_are_answered_through_the_proxy_with_all_headers(proxy: Front) -> None:
    head, _, body = proxy.match(TEXT).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    for name, value in {**SECURITY_HEADERS, "Strict-Transport-Security": "max-age="}.items():
        assert f"\r\n{name}: {value}".lower().encode() in head.lower()
    assert json.loads(body)["matches"]


@pytest.mark.parametrize("name", NO_HTTP)
def test_one_request_is_never_two_behind_the_proxy(proxy: Front, service: Any, name: str) -> None:
    sent, status = NO_HTTP[name]
    # What is refused for its size alone says clearly where it ends: one more may follow it.
    behind = SMUGGLED if status == 400 else b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    told = proxy.send(sent + behind.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
    statuses = [int(found) for found in re.findall(rb"HTTP/1\.1 (\d+)", told)]
    assert statuses, told
    assert all(found in {400, 411, 414, 431, 501} for found in statuses[:1]), told[:500]
    assert b"/v1/smuggled" not in told  # which its 404 would name
    assert proxy.match(TEXT).startswith(b"HTTP/1.1 200")  # nor is the next reader answered with it


def test_clients_that_drip_their_requests_hold_up_nobody(proxy: Front) -> None:
    slow = [proxy.connect() for _ in range(SLOW)]
    try:
        for number, each in enumerate(slow):
            body = b"Content-Length: 1000\r\n\r\n{" if number % 2 else b"X-Slow: "
            each.sendall(
                b"POST /v1/match HTTP/1.1\r\nHost: localhost\r\n"
                b"Content-Type: application/json\r\n" + body
            )
        for _ in range(5):
            for each in slow:
                with contextlib.suppress(OSError):  # whom the proxy has given up meanwhile
                    each.sendall(b" ")
            assert proxy.match(TEXT).startswith(b"HTTP/1.1 200")
    finally:
        for each in slow:
            each.close()
