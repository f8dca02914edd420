"""nginx as it is deployed, in front of two real services: ids, addresses, a service that ends.

And the commands of the compose file and the image, run as they are written.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
import redis
import yaml

from matcher.case import Case
from tests.waiting import HANG_S

NewService = Callable[..., Any]
Eventually = Callable[..., bool]
MakeCase = Callable[..., Case]

DEPLOY: Final = Path(__file__).resolve().parents[3] / "server" / "deploy"
NGINX: Final = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
SECRET = "Xylophonwald"
HEAD = b"Host: localhost\r\nContent-Type: application/json\r\n"
CASES = b"GET /v1/cases HTTP/1.1\r\n" + HEAD + b"Connection: close\r\n\r\n"


@dataclass
class Front:
    """A running nginx with the configuration that is deployed, on other ports."""

    folder: Path
    tls_port: int
    plain_port: int

    def connect(self) -> ssl.SSLSocket:
        context = ssl.create_default_context(cafile=str(self.folder / "fullchain.pem"))
        raw = socket.create_connection(("127.0.0.1", self.tls_port), timeout=HANG_S)
        return context.wrap_socket(raw, server_hostname="localhost")

    def send(self, request: bytes) -> bytes:
        """All that comes back until nginx hangs up."""
        with self.connect() as connection:
            received = b""
            with contextlib.suppress(ConnectionError, ssl.SSLError):
                connection.sendall(request)
                while data := connection.recv(65_536):
                    received += data
            return received

    def status(self, request: bytes) -> int:
        found = re.match(rb"HTTP/1.1 (\d+)", self.send(request))
        return int(found[1]) if found else 0

    def match(self, text: str, **headers: str) -> int:
        body = json.dumps({"text": text}).encode()
        more = "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode()
        return self.status(
            b"POST /v1/match HTTP/1.1\r\n" + HEAD + more + b"Connection: close\r\n"
            b"Content-Length: %d\r\n\r\n" % len(body) + body
        )

    def log(self) -> list[dict[str, Any]]:
        time.sleep(0.1)
        return [json.loads(line) for line in (self.folder / "access.log").read_text().splitlines()]


@pytest.fixture(scope="module")
def front(
    tmp_path_factory: pytest.TempPathFactory, pair: tuple[Any, Any], eventually: Eventually
) -> Iterator[Front]:
    folder = tmp_path_factory.mktemp("nginx")
    _certificate(folder)
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(2)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        tls, plain = (one.getsockname()[1] for one in sockets)
    text = (DEPLOY / "nginx.conf").read_text()
    for old, new in (
        ("/tmp/", f"{folder}/"),  # before the folder itself is named
        ("one:8321", urlsplit(pair[0].address).netloc),
        ("two:8321", urlsplit(pair[1].address).netloc),
        ("listen [::]:8443 ssl http2 default_server;", ""),
        ("listen [::]:8080 default_server;", ""),
        ("listen 8443", f"listen 127.0.0.1:{tls}"),
        ("listen 8080", f"listen 127.0.0.1:{plain}"),
        ("/etc/nginx/tls", str(folder)),
        ("/dev/stdout", f"{folder}/access.log"),
    ):
        assert old in text, old
        text = text.replace(old, new)
    (folder / "nginx.conf").write_text(text)
    assert NGINX is not None
    command = [NGINX, "-c", str(folder / "nginx.conf"), "-g", "daemon off;"]
    with (folder / "error.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    made = Front(folder, tls, plain)
    try:
        assert eventually(lambda: _up(made)), (folder / "error.log").read_text()
        yield made
    finally:
        process.send_signal(signal.SIGQUIT)
        process.wait(timeout=HANG_S)


def _up(front: Front) -> bool:
    with contextlib.suppress(OSError):
        return front.match("Is anybody there?") == 200
    return False


def _certificate(folder: Path) -> None:
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    files = ["-keyout", f"{folder}/privkey.pem", "-out", f"{folder}/fullchain.pem"]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", *names, *files],
        check=True,
        capture_output=True,
    )


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory, starter: Path) -> Iterator[tuple[Any, Any]]:
    """Two services behind the proxy, as the compose file sets them."""
    if NGINX is None:
        assert "CI" not in os.environ
        pytest.skip("needs nginx, of the package nginx-light")
    from tests.server.processes.conftest import Service

    folder = tmp_path_factory.mktemp("pair")
    made = []
    for name in ("one", "two"):
        service = Service(
            folder / name,
            starter,
            folder / f"{name}.log",
            CLAIMLIGHT_WORKERS="1",
            CLAIMLIGHT_TRUSTED_PROXIES="127.0.0.1",
            CLAIMLIGHT_CHARS_A_MINUTE="50000",
            CLAIMLIGHT_LOG_FORMAT="json",
            CLAIMLIGHT_ACCESS_LOG="yes",
        )
        service.start()
        made.append(service)
    yield made[0], made[1]
    for service in made:
        service.end()


def test_answers_come_by_tls_alone_with_one_id_in_both_logs(
    front: Front, pair: tuple[Any, Any]
) -> None:
    with socket.create_connection(("127.0.0.1", front.plain_port), timeout=HANG_S) as plain:
        plain.sendall(b"GET /docs?x=1 HTTP/1.1\r\nHost: claims.example\r\n\r\n")
        redirect = plain.recv(4_096).decode()
    assert redirect.startswith("HTTP/1.1 301")
    assert "Location: https://claims.example/docs?x=1\r\n" in redirect
    answer = front.send(
        b"GET /v1/cases HTTP/1.1\r\n" + HEAD + b"Connection: close\r\n\r\n"
    ).decode()
    assert answer.startswith("HTTP/1.1 200")
    assert "Strict-Transport-Security: max-age=31536000" in answer
    found = re.search(r"X-Request-Id: (\w+)", answer)
    assert found is not None
    assert found[1] in [row["request_id"] for row in front.log()]
    assert any(found[1] in service.log.read_text() for service in pair)


def test_no_log_of_the_front_holds_an_address_a_query_or_a_text(front: Front) -> None:
    assert front.match(f"My secret is {SECRET}.") == 200
    request = f"GET /v1/cases?query={SECRET} HTTP/1.1\r\n".encode()
    assert front.status(request + HEAD + b"Connection: close\r\n\r\n") == 200
    assert front.status(b"GET /" + SECRET.encode() * 1_000 + b" HTTP/1.1\r\n\r\n") == 414
    front.log()
    for name in ("access.log", "error.log"):
        told = (front.folder / name).read_text()
        assert SECRET not in told
        assert "127.0.0.1" not in told


def test_what_a_client_claims_about_itself_ends_at_the_front(
    front: Front, pair: tuple[Any, Any]
) -> None:
    statuses = [
        front.match("x" * 40_000, **{"X-Forwarded-For": f"203.0.113.{number}"})
        for number in range(4)
    ]
    assert statuses[-1] == 429  # two services, one client, 50,000 characters at each
    answer = front.send(
        b"GET /healthz HTTP/1.1\r\nX-Request-Id: chosen\r\n" + HEAD + b"Connection: close\r\n\r\n"
    )
    assert b"chosen" not in answer


def test_a_service_that_is_killed_costs_no_reader_an_answer(
    front: Front, pair: tuple[Any, Any], eventually: Eventually
) -> None:
    stop = threading.Event()
    statuses: list[int] = []

    def ask() -> None:
        while not stop.is_set():
            statuses.append(front.status(CASES))
            time.sleep(0.15)  # within what one address may ask

    reader = threading.Thread(target=ask)
    reader.start()
    try:
        assert eventually(lambda: len(statuses) > 5)
        pair[0].stop(signal.SIGKILL)
        reached = len(statuses)
        assert eventually(lambda: len(statuses) > reached + 10)
        pair[0].start()
    finally:
        stop.set()
        reader.join(timeout=HANG_S)
    assert set(statuses) == {200}


def _instructions(text: str) -> Iterator[tuple[str, str]]:
    for line in re.sub(r"\\\n", " ", text).splitlines():
        name, _, rest = line.partition(" ")
        if name.isupper():
            yield name, rest


def test_command_of_the_image_serves_and_its_health_check_sees_it(
    new_service: NewService, eventually: Eventually
) -> None:
    """With its environment; the port and the folder are other ones here."""
    last = (DEPLOY / "Dockerfile").read_text().rpartition("\nFROM ")[2]
    given = list(_instructions(last))
    environ = dict(
        word.split("=", 1) for name, rest in given if name == "ENV" for word in shlex.split(rest)
    )
    command = [
        *json.loads(dict(given)["ENTRYPOINT"]),
        *json.loads(dict(given)["CMD"]),
    ]
    assert command == ["claimlight", "serve"]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        environ["CLAIMLIGHT_METRICS"] = f"127.0.0.1:{free.getsockname()[1]}"
    taken = {name: value for name, value in environ.items() if name.startswith("CLAIMLIGHT_")}
    del taken["CLAIMLIGHT_DATA_DIR"]
    service = new_service(**taken)  # listens on all addresses, as in a container
    check = re.search(r"CMD (\[.*\])", dict(given)["HEALTHCHECK"])
    assert check is not None
    _, *rest = json.loads(check[1])
    port = urlsplit(service.address).port
    told = [sys.executable, *(word.replace(":8321/", f":{port}/") for word in rest)]

    def healthy() -> bool:
        done = subprocess.run(told, check=False, timeout=HANG_S, stderr=subprocess.DEVNULL)
        return done.returncode == 0

    assert healthy()
    service.stop(signal.SIGKILL)
    assert eventually(lambda: not healthy())  # the workers notice within a second


def test_redis_of_the_compose_file_keeps_what_is_acknowledged_when_it_is_killed(
    tmp_path: Path, eventually: Eventually
) -> None:
    command = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]["redis"]["command"]
    program = shutil.which(command[0])
    if program is None:
        assert "CI" not in os.environ
        pytest.skip("needs redis-server on the PATH")
    here = ["--port", "0", "--unixsocket", "redis.sock"]
    client = redis.Redis(unix_socket_path=str(tmp_path / "redis.sock"))
    for value in (None, b"kept"):
        with (tmp_path / "log").open("ab") as log:
            process = subprocess.Popen(
                [program, *command[1:], *here], cwd=tmp_path, stdout=log, stderr=log
            )
        try:
            assert eventually(lambda: _answers(client)), (tmp_path / "log").read_text()
            assert client.get("key") == value
            client.set("key", "kept")
        finally:
            process.kill()
            process.wait()
    client.close()


def _answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
