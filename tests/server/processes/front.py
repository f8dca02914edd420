"""nginx as it is deployed: its configuration, with other ports, folders and services."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from tests.waiting import HANG_S

DEPLOY: Final = Path(__file__).resolve().parents[3] / "server" / "deploy"
NGINX: Final = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
HEAD: Final = b"Host: localhost\r\nContent-Type: application/json\r\n"


@dataclass(frozen=True)
class Front:
    """A running nginx. ``source``: the address of this machine that clients come from."""

    folder: Path
    tls_port: int
    plain_port: int

    def connect(
        self, *, source: str = "127.0.0.1", context: ssl.SSLContext | None = None
    ) -> ssl.SSLSocket:
        """A connection by TLS; the certificate is checked."""
        context = context or self.trusting()
        raw = socket.create_connection(
            ("127.0.0.1", self.tls_port), timeout=HANG_S, source_address=(source, 0)
        )
        return context.wrap_socket(raw, server_hostname="localhost")

    def trusting(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.folder / "fullchain.pem"))

    def send(self, request: bytes, *, source: str = "127.0.0.1") -> bytes:
        """All that comes back until nginx hangs up."""
        received = b""
        with self.connect(source=source) as connection, contextlib.suppress(OSError):
            connection.sendall(request)
            while data := connection.recv(65_536):
                received += data
        return received

    def first(self, request: bytes) -> bytes:
        """The first answer, without waiting until nginx hangs up."""
        received = b""
        with self.connect() as connection:
            connection.sendall(request)
            while data := connection.recv(65_536):
                received += data
                head, end, body = received.partition(b"\r\n\r\n")
                length = re.search(rb"Content-Length: (\d+)", head)
                if end and length and len(body) >= int(length[1]):
                    break
        return received

    def status(self, request: bytes) -> int:
        found = re.match(rb"HTTP/1.1 (\d+)", self.send(request))
        return int(found[1]) if found else 0

    def match(self, text: str, **headers: str) -> bytes:
        """The whole answer to a text."""
        body = json.dumps({"text": text}).encode()
        more = "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode()
        return self.send(
            b"POST /v1/match HTTP/1.1\r\n" + HEAD + more + b"Connection: close\r\n"
            b"Content-Length: %d\r\n\r\n" % len(body) + body
        )

    def logged(self) -> list[dict[str, object]]:
        """The lines of its log so far; one may still be being written."""
        lines = (self.folder / "access.log").read_text().splitlines(keepends=True)
        return [json.loads(line) for line in lines if line.endswith("\n")]


@contextmanager
def running(
    folder: Path,
    services: tuple[str, str],
    eventually: Callable[..., bool],
    **instead: str,
) -> Iterator[Front]:
    """nginx in front of two services, ``host:port`` each; ``instead``: other words for some.

    Skips, except in CI, where there is no nginx.
    """
    if NGINX is None or shutil.which("openssl") is None:
        assert "CI" not in os.environ
        pytest.skip("needs nginx and openssl")
    certificate(folder)
    tls, plain = free_ports(2)
    text = (DEPLOY / "nginx.conf").read_text()
    for old, new in {
        "/tmp/": f"{folder}/",  # before the folder itself is named
        "one:8321": services[0],
        "two:8321": services[1],
        "listen [::]:8443 ssl http2 default_server;": "",
        "listen [::]:8080 default_server;": "",
        "listen 8443": f"listen 127.0.0.1:{tls}",
        "listen 8080": f"listen 127.0.0.1:{plain}",
        "/etc/nginx/tls": str(folder),
        "/dev/stdout": f"{folder}/access.log",
        **instead,
    }.items():
        assert old in text, old
        text = text.replace(old, new)
    if os.geteuid() == 0:  # another user could not write to the folder
        text = f"user root;\n{text}"
    (folder / "nginx.conf").write_text(text)
    command = [NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-g", "daemon off;"]
    with (folder / "error.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        assert eventually(lambda: listens(tls)), (folder / "error.log").read_text()
        yield Front(folder, tls, plain)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=HANG_S)


def free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def listens(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


def certificate(folder: Path) -> None:
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    files = ["-keyout", f"{folder}/privkey.pem", "-out", f"{folder}/fullchain.pem"]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", *names, *files],
        check=True,
        capture_output=True,
    )
