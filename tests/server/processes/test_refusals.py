"""What is no HTTP, or two things at once, is refused before the application, in the one shape."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable
from typing import Any

import pytest

from server.app import SECURITY_HEADERS
from tests.waiting import HANG_S

NewService = Callable[..., Any]

HOST = b"Host: localhost\r\n"
SMUGGLED = b"GET /v1/smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
NO_HTTP = {
    "nonsense": (b"Xylophonwald / NOT-HTTP\r\n\r\n", 400),
    "two lengths": (
        b"POST /v1/match HTTP/1.1\r\n" + HOST + b"Content-Length: 0\r\nContent-Length: 44\r\n\r\n",
        400,
    ),
    "a length and chunks": (
        b"POST /v1/match HTTP/1.1\r\n" + HOST
        + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
        400,
    ),
    "an unknown coding": (
        b"POST /v1/match HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: xchunked\r\n\r\n", 400,
    ),
    "chunks named twice": (
        b"POST /v1/match HTTP/1.1\r\n" + HOST
        + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" + SMUGGLED,
        400,
    ),
    "a chunk of no size": (
        b"POST /v1/match HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\n"
        b"Transfer-Encoding: chunked\r\n\r\nzz\r\n" + SMUGGLED,
        400,
    ),
    "a length with a sign": (
        b"POST /v1/match HTTP/1.1\r\n" + HOST + b"Content-Length: +4\r\n\r\nabcd", 400,
    ),
    "a space before the colon": (
        b"POST /v1/match HTTP/1.1\r\n" + HOST + b"Content-Length : 4\r\n\r\nabcd", 400,
    ),
    "a folded header": (b"GET / HTTP/1.1\r\n" + HOST + b"X: a\r\n b\r\n\r\n", 400),
    "a line break in a header": (b"GET / HTTP/1.1\r\n" + HOST + b"X: a\rb\r\n\r\n", 400),
    "an endless address": (b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 414),
    "a flood of headers": (
        b"GET / HTTP/1.1\r\n" + HOST + b"".join(b"X-%d: a\r\n" % n for n in range(500)) + b"\r\n",
        431,
    ),
    "one endless header": (
        b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"a" * 100_000 + b"\r\n\r\n", 431,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", NO_HTTP)
def test_what_is_no_http_is_refused_in_the_one_shape_and_ends_the_connection(
    service: Any, name: str
) -> None:
    sent, status = NO_HTTP[name]
    told = exchange(service.address, sent)
    head, _, body = told.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status), told[:300]
    assert told.count(b"HTTP/1.1 ") == 1  # nothing of what came behind it was taken as a request
    problem = json.loads(body)
    assert problem["status"] == status
    lines = head.decode().split("\r\n")
    assert "Content-Type: application/problem+json" in lines
    if "chunk of no size" not in name:  # found out by the application; the connection ends too
        assert "Connection: close" in lines
    for header, value in SECURITY_HEADERS.items():
        assert f"{header}: {value}" in lines
    assert re.search(r"\r\nX-Request-Id: [0-9a-f]{16}(\r|$)", head.decode())
    assert b"Xylophonwald" not in body


def test_client_that_lies_about_itself_is_not_believed(service: Any) -> None:
    lies = {"X-Forwarded-Proto": "https", "X-Forwarded-Prefix": "/evil", "Script-Name": "/evil"}
    status, told = service.ask("/v1/absent", **lies)
    assert (status, told["instance"]) == (404, "/v1/absent")


def exchange(address: str, sent: bytes) -> bytes:
    """All that is answered until the connection ends."""
    host, port = address.removeprefix("http://").rsplit(":", 1)
    told = b""
    with socket.create_connection((host, int(port)), timeout=HANG_S) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        try:
            while piece := connection.recv(65_536):
                told += piece
        except ConnectionResetError:
            pass  # it had more to say than anyone wanted to read
    return told
