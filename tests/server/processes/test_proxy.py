"""Behind the nginx of ``server/deploy``: smuggling, slow clients, floods of headers."""

from __future__ import annotations

import json
import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from server.app import SECURITY_HEADERS
from tests.server.processes.test_refusals import NO_HTTP, SMUGGLED
from tests.waiting import HANG_S

pytestmark = pytest.mark.skipif(
    shutil.which("nginx") is None or shutil.which("openssl") is None,
    reason="a proxy needs nginx and openssl on the PATH",
)

Eventually = Callable[..., bool]
CONFIGURATION: Final = Path(__file__).parents[3] / "server" / "deploy" / "nginx.conf"
SLOW: Final = 60
"""Clients that drip at the same time: more than the service has threads."""


@pytest.fixture(scope="module")
def proxy(service: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The proxy in front of the service; its TLS port on this machine."""
    folder = tmp_path_factory.mktemp("proxy")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj",
         "/CN=localhost", "-keyout", "privkey.pem", "-out", "fullchain.pem"],
        cwd=folder, check=True, capture_output=True,
    )  # fmt: skip
    plain, tls = _free_port(), _free_port()
    text = CONFIGURATION.read_text()
    text = re.sub(r"\n\s*listen \[::\][^\n]*", "", text)
    for written, here in (
        ("/tmp/", f"{folder}/"),  # before the folder itself is named
        ("server one:8321", f"server {service.address.removeprefix('http://')}"),
        ("listen 8080", f"listen 127.0.0.1:{plain}"),
        ("listen 8443", f"listen 127.0.0.1:{tls}"),
        ("/etc/nginx/tls", str(folder)),
        ("/dev/stdout", str(folder / "access.log")),
        ("limit_conn connections 40;", f"limit_conn connections {SLOW * 2};"),
        ("burst=60", "burst=1000"),  # here all clients have one address
    ):
        assert written in text, written
        text = text.replace(written, here)
    text = re.sub(r"\n\s*server two:8321[^\n]*", "", text)
    (folder / "nginx.conf").write_text(f"user root;\n{text}")
    command = ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf"), "-g", "daemon off;"]
    with (folder / "error.log").open("wb") as log:
        process = subprocess.Popen(command, stderr=log)
    deadline = time.monotonic() + HANG_S
    while not _listens(tls):
        assert process.poll() is None, (folder / "error.log").read_text()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    yield tls
    process.terminate()
    process.wait(timeout=HANG_S)


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


def connect(port: int) -> ssl.SSLSocket:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    raw = socket.create_connection(("127.0.0.1", port), timeout=HANG_S)
    return context.wrap_socket(raw)


def exchange(port: int, sent: bytes) -> bytes:
    """All that is answered until the proxy ends the connection."""
    told = b""
    with connect(port) as connection:
        try:
            connection.sendall(sent)
            while piece := connection.recv(65_536):
                told += piece
        except OSError:
            pass
    return told


def matching(port: int) -> bytes:
    body = b'{"text": "Vaccines contain microchips made by a secret society."}'
    return exchange(
        port,
        b"POST /v1/match HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body,
    )


def test_readers_are_answered_through_the_proxy_with_all_headers(proxy: int) -> None:
    head, _, body = matching(proxy).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    for name, value in {**SECURITY_HEADERS, "Strict-Transport-Security": "max-age="}.items():
        assert f"\r\n{name}: {value}".lower().encode() in head.lower()
    assert json.loads(body)["matches"]


@pytest.mark.parametrize("name", NO_HTTP)
def test_one_request_is_never_two_behind_the_proxy(proxy: int, service: Any, name: str) -> None:
    sent, status = NO_HTTP[name]
    # What is refused for its size alone says clearly where it ends: one more may follow it.
    behind = SMUGGLED if status == 400 else b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    told = exchange(proxy, sent + behind.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
    statuses = [int(found) for found in re.findall(rb"HTTP/1\.1 (\d+)", told)]
    assert statuses, told
    assert all(found in {400, 411, 414, 431, 501} for found in statuses[:1]), told[:500]
    assert b"/v1/smuggled" not in told  # which its 404 would name
    assert matching(proxy).startswith(b"HTTP/1.1 200")  # nor is the next reader answered with it


def test_clients_that_drip_their_requests_hold_up_nobody(proxy: int) -> None:
    slow = [connect(proxy) for _ in range(SLOW)]
    try:
        for number, each in enumerate(slow):
            body = b"Content-Length: 1000\r\n\r\n{" if number % 2 else b"X-Slow: "
            each.sendall(
                b"POST /v1/match HTTP/1.1\r\nHost: localhost\r\n"
                b"Content-Type: application/json\r\n" + body
            )
        for _ in range(5):
            for each in slow:
                each.sendall(b" ")
            assert matching(proxy).startswith(b"HTTP/1.1 200")
    finally:
        for each in slow:
            each.close()
