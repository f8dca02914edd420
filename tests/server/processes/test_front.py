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
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import redis
import yaml

from matcher.case import Case
from server.app import SECURITY_HEADERS
from server.problems import KINDS, of_status
from server.wire.operations import ProblemAnswer
from tests.server.processes import front
from tests.server.processes.front import DEPLOY, HEAD, Front
from tests.waiting import HANG_S

NewService = Callable[..., Any]
Eventually = Callable[..., bool]
MakeCase = Callable[..., Case]

SECRET = "Xylophonwald"
END = HEAD + b"Connection: close\r\n\r\n"
CASES = b"GET /v1/cases HTTP/1.1\r\n" + END
MATCH = b"POST /v1/match HTTP/1.1\r\n"
REFUSED = {
    "a body that is too large": (MATCH + b"Content-Length: 1048577\r\n" + END, 413, "1,048,576"),
    "a push that is too large": (
        b"POST /v1/changes HTTP/1.1\r\nContent-Length: 67108865\r\n" + END, 413, "67,108,864",
    ),
    "what is not for readers": (b"GET /readyz HTTP/1.1\r\n" + END, 404, "/docs"),
    "a method that nobody takes": (b"TRACE / HTTP/1.1\r\n" + END, 405, "method"),
    "an endless header": (b"GET / HTTP/1.1\r\nX: " + b"a" * 9_000 + b"\r\n" + END, 431, "8 KiB"),
    "an endless address": (b"GET /" + b"a" * 9_000 + b" HTTP/1.1\r\n" + END, 414, "8 KiB"),
    "no request at all": (b"Xylophonwald / NOT-HTTP\r\n\r\n", 400, "HTTP"),
    "no host": (b"GET / HTTP/1.1\r\n\r\n", 400, "HTTP"),
    "an unknown coding": (MATCH + b"Transfer-Encoding: x\r\n" + END, 400, "HTTP"),
}  # fmt: skip


@pytest.fixture(scope="module")
def proxy(
    tmp_path_factory: pytest.TempPathFactory, pair: tuple[Any, Any], eventually: Eventually
) -> Iterator[Front]:
    services = (urlsplit(pair[0].address).netloc, urlsplit(pair[1].address).netloc)
    with front.running(tmp_path_factory.mktemp("nginx"), services, eventually) as made:
        yield made


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory, starter: Path) -> Iterator[tuple[Any, Any]]:
    """Two services behind the proxy, as the compose file sets them."""
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
            CLAIMLIGHT_CHARS_A_MINUTE="150000",
            CLAIMLIGHT_LOG_FORMAT="json",
            CLAIMLIGHT_ACCESS_LOG="yes",
        )
        service.start()
        made.append(service)
    yield made[0], made[1]
    for service in made:
        service.end()


def test_answers_come_by_tls_alone_with_one_id_in_both_logs(
    proxy: Front, pair: tuple[Any, Any], eventually: Eventually
) -> None:
    with socket.create_connection(("127.0.0.1", proxy.plain_port), timeout=HANG_S) as plain:
        plain.sendall(b"GET /docs?x=1 HTTP/1.1\r\nHost: claims.example\r\n\r\n")
        redirect = plain.recv(4_096).decode()
    assert redirect.startswith("HTTP/1.1 301")
    assert "Location: https://claims.example/docs?x=1\r\n" in redirect
    for name, value in SECURITY_HEADERS.items():
        assert f"\r\n{name}: {value}\r\n" in redirect
    answer = proxy.send(CASES).decode()
    assert answer.startswith("HTTP/1.1 200")
    assert "Strict-Transport-Security: max-age=31536000" in answer
    found = re.search(r"X-Request-Id: (\w+)", answer)
    assert found is not None
    number = found[1]
    assert eventually(lambda: number in [row["request_id"] for row in proxy.logged()])
    assert eventually(lambda: any(number in service.log.read_text() for service in pair))


def test_answers_from_the_cache_have_ids_of_their_own(proxy: Front) -> None:
    asked = b"GET /v1/index HTTP/1.1\r\n" + END
    ids = [re.findall(r"\r\nX-Request-Id: (\w+)\r\n", proxy.send(asked).decode()) for _ in "1234"]
    assert all(len(found) == 1 for found in ids)
    assert len({found[0] for found in ids}) == 4


def test_no_log_of_the_front_holds_an_address_a_query_or_a_text(
    proxy: Front, eventually: Eventually
) -> None:
    before = len(proxy.logged())
    assert proxy.match(f"My secret is {SECRET}.").startswith(b"HTTP/1.1 200")
    assert proxy.status(f"GET /v1/cases?query={SECRET} HTTP/1.1\r\n".encode() + END) == 200
    assert proxy.status(b"GET /" + SECRET.encode() * 1_000 + b" HTTP/1.1\r\n\r\n") == 414
    assert eventually(lambda: len(proxy.logged()) >= before + 3)
    for name in ("access.log", "error.log"):
        told = (proxy.folder / name).read_text()
        assert SECRET not in told
        assert "127.0.0.1" not in told


def test_what_a_client_claims_about_itself_ends_at_the_front(
    proxy: Front, pair: tuple[Any, Any]
) -> None:
    answers = [
        proxy.match("x" * 90_000, **{"X-Forwarded-For": f"203.0.113.{number}"})
        for number in range(4)
    ]
    # Two services, one client, 150,000 characters at each.
    assert any(answer.startswith(b"HTTP/1.1 429") for answer in answers)
    answer = proxy.send(b"GET /healthz HTTP/1.1\r\nX-Request-Id: chosen\r\n" + END)
    assert b"chosen" not in answer


def test_tls_is_of_today_and_speaks_http_2(proxy: Front) -> None:
    newest, older = proxy.trusting(), proxy.trusting()
    newest.set_alpn_protocols(["h2", "http/1.1"])
    older.maximum_version = ssl.TLSVersion.TLSv1_2
    with proxy.connect(context=newest) as connection:
        assert (connection.version(), connection.selected_alpn_protocol()) == ("TLSv1.3", "h2")
    with proxy.connect(context=older) as connection:
        cipher = connection.cipher()
        assert cipher is not None
        assert cipher[0].startswith("ECDHE-")


def assert_problem(answer: bytes, status: int) -> ProblemAnswer:
    """One answer of nginx itself, in the shape of all errors of the service."""
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0].startswith(f"HTTP/1.1 {status} "), answer[:500]
    problem = ProblemAnswer.model_validate_json(body)
    assert problem.status == status
    kind = next((kind for kind in KINDS if kind.type == problem.type), of_status(status))
    assert (problem.type, problem.title) == (kind.type, kind.title)
    assert kind.status == status or status in {502, 504}  # which the service never says itself
    assert "Content-Type: application/problem+json" in lines
    assert "Cache-Control: no-store" in lines
    assert any(line.startswith("Strict-Transport-Security: ") for line in lines)
    for name, value in SECURITY_HEADERS.items():
        assert f"{name}: {value}" in lines
    assert (status == 429 or status >= 500) == any(
        line.startswith("Retry-After: ") for line in lines
    )
    return problem


@pytest.mark.parametrize("name", REFUSED)
def test_what_the_proxy_refuses_has_the_shape_of_all_errors(proxy: Front, name: str) -> None:
    sent, status, told = REFUSED[name]
    assert told in assert_problem(proxy.first(sent), status).detail


def test_plain_http_to_the_port_of_tls_is_told_so_in_the_same_shape(proxy: Front) -> None:
    with socket.create_connection(("127.0.0.1", proxy.tls_port), timeout=HANG_S) as plain:
        plain.sendall(b"GET / HTTP/1.1\r\n" + END)
        answer = b"".join(iter(lambda: plain.recv(65_536), b""))
    assert_problem(answer, 400)


def test_who_floods_is_told_when_to_come_back_and_others_are_answered(proxy: Front) -> None:
    """Many more requests than an address may have at once; the answers come in their order."""
    flood = b"GET /healthz HTTP/1.1\r\n" + HEAD + b"\r\n"
    answers = proxy.send(flood * 600 + b"GET /healthz HTTP/1.1\r\n" + END, source="127.0.0.2")
    statuses = re.findall(rb"HTTP/1\.1 (\d+)", answers)
    assert len(statuses) == 601
    assert set(statuses) == {b"200", b"429"}
    refused = next(one for one in re.split(rb"(?=HTTP/1\.1 )", answers) if b" 429 " in one[:20])
    assert_problem(refused, 429)
    assert proxy.status(CASES) == 200


def test_all_parts_of_the_pack_may_be_fetched_at_once_and_a_service_is_asked_for_each_once(
    proxy: Front, eventually: Eventually
) -> None:
    listed = proxy.send(b"GET /v1/pack HTTP/1.1\r\n" + END, source="127.0.0.3")
    name = json.loads(listed.partition(b"\r\n\r\n")[2])["rule"]
    part = f"GET /v1/pack/{name} HTTP/1.1\r\n".encode()
    answers = proxy.send((part + HEAD + b"\r\n") * 600 + part + END, source="127.0.0.3")
    assert answers.count(b"HTTP/1.1 200 OK\r\n") == 601
    assert eventually(lambda: len(asked_of_a_service(proxy, name)) == 601)
    assert asked_of_a_service(proxy, name).count("") == 600


def asked_of_a_service(proxy: Front, name: str) -> list[Any]:
    """The statuses of services, by request for a part; empty where the proxy had it."""
    return [row["tries"] for row in proxy.logged() if row["path"] == f"/v1/pack/{name}"]


def test_no_service_and_a_silent_one_are_told_in_the_shape_of_all_errors(
    tmp_path: Path, eventually: Eventually
) -> None:
    with socket.socket() as silent, socket.socket() as gone:
        for one in (silent, gone):
            one.bind(("127.0.0.1", 0))
        silent.listen()
        for status, (_, port) in ((504, silent.getsockname()), (502, gone.getsockname())):
            folder = tmp_path / str(status)
            folder.mkdir()
            services = (f"127.0.0.1:{port}", f"127.0.0.1:{port}")
            patience = {"proxy_read_timeout 15s;": "proxy_read_timeout 1s;"}
            with front.running(folder, services, eventually, **patience) as alone:
                for asked in (MATCH + b"Content-Length: 0\r\n" + END, CASES):
                    assert_problem(alone.send(asked), status)


class Full(BaseHTTPRequestHandler):
    """A service that has no place left in its queue, and answers plain reads as ever."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(503, b"the queue is full")

    def do_GET(self) -> None:
        self._answer(200, b"cases")

    def log_message(self, *_: object) -> None:
        pass

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def full_services() -> Iterator[tuple[str, str]]:
    """Two that answer 503 where text is matched; their addresses."""
    with contextlib.ExitStack() as stack:
        made = [stack.enter_context(ThreadingHTTPServer(("127.0.0.1", 0), Full)) for _ in range(2)]
        for server in made:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            stack.callback(thread.join, HANG_S)
            stack.callback(server.shutdown)
        one, two = (f"127.0.0.1:{server.server_port}" for server in made)
        yield one, two


def test_services_that_have_too_much_to_do_are_asked_for_all_else_as_ever(
    tmp_path: Path, full_services: tuple[str, str], eventually: Eventually
) -> None:
    with front.running(tmp_path, full_services, eventually) as busy:
        for _ in range(12):  # more than either may fail before it is taken for dead
            assert b"the queue is full" in busy.match("A claim.")
            assert busy.status(CASES) == 200


def test_a_service_that_is_killed_costs_no_reader_an_answer(
    proxy: Front, pair: tuple[Any, Any], eventually: Eventually
) -> None:
    stop = threading.Event()
    statuses: list[int] = []

    def ask() -> None:
        while not stop.is_set():
            statuses.append(proxy.status(CASES))
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
