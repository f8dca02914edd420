"""Redis with replicas and Sentinels, real processes all: the primary is killed under load.

Reads never fail, what was acknowledged survives, what is unconfirmed is said to be, and a
version that goes backwards is told. Two kills by default, ten with CLAIMLIGHT_TORTURE=yes.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import redis

from matcher.case import Case
from server.errors import Unavailable, Unconfirmed
from server.store import Role, Store
from tests.server.processes.programs import REDIS, needs_redis
from tests.torture import full, tell
from tests.waiting import HANG_S

MakeCase = Callable[..., Case]
NewService = Callable[..., Any]
Eventually = Callable[..., bool]

DEPLOYED = Path(__file__).parents[3] / "server" / "deploy" / "sentinel.conf"
KILLS = full(10, small=2)
SERVICE = "claimlight"
CLAIM = "The heron of the northern lighthouse was trained as a spy by a secret service."

pytestmark = [pytest.mark.torture, needs_redis]


class Replicated:
    """One primary, two replicas, three Sentinels; each a process in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._processes: dict[int, subprocess.Popen[bytes]] = {}
        *self.servers, a, b, c = _free_ports(6)
        self.sentinels = [a, b, c]
        for port in self.servers:
            self.start(port)
        first = self.servers[0]
        deployed = DEPLOYED.read_text()
        for old in ("port 26379", f"monitor {SERVICE} redis-1 6379 2"):
            assert old in deployed
        for port in self.sentinels:
            here = deployed.replace("port 26379", f"port {port}")
            here = here.replace("redis-1 6379", f"127.0.0.1 {first}")
            self._spawn(port, here, "--sentinel")
        hosts = ",".join(f"127.0.0.1:{port}" for port in self.sentinels)
        self.url = f"redis+sentinel://{hosts}/{SERVICE}"

    def start(self, port: int) -> None:
        """Start a server, a replica of the primary wherever that is."""
        lines = f"port {port}\nappendonly yes\nsave ''\nrepl-diskless-sync-delay 0\n"
        primary = self.primary() if port in self._processes else self.servers[0]
        if port != primary:
            lines += f"replicaof 127.0.0.1 {primary}\n"
        self._spawn(port, lines)

    def primary(self) -> int:
        """The port of the server that most Sentinels take for the primary."""
        told = []
        for port in self.sentinels:
            with contextlib.suppress(redis.RedisError), _client(port) as client:
                told.append(int(client.sentinel_get_master_addr_by_name(SERVICE)[1]))
        return max(set(told), key=told.count) if told else self.servers[0]

    def replicas(self) -> int:
        """How many replicas the primary has, in step."""
        try:
            with _client(self.primary()) as client:
                told: Any = client.info("replication")
        except redis.RedisError:
            return 0
        online = [told[f"slave{number}"]["state"] for number in range(told["connected_slaves"])]
        return online.count("online") if told["role"] == "master" else 0

    def signal(self, port: int, number: signal.Signals) -> None:
        self._processes[port].send_signal(number)
        if number is signal.SIGKILL:
            self._processes[port].wait(timeout=HANG_S)

    def end(self) -> None:
        for process in self._processes.values():
            process.kill()
            process.wait()

    def _spawn(self, port: int, lines: str, *flags: str) -> None:
        assert REDIS is not None
        folder = self._folder / str(port)
        folder.mkdir(exist_ok=True)
        file = folder / "redis.conf"
        file.write_text(f"bind 127.0.0.1\ndir {folder}\n{lines}")
        with (folder / "log").open("ab") as log:
            self._processes[port] = subprocess.Popen(
                [REDIS, str(file), *flags], stdout=log, stderr=log
            )


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        taken = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in taken:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in taken]


def _client(port: int) -> redis.Redis:
    return redis.Redis(port=port, socket_timeout=5, socket_connect_timeout=5)


@pytest.fixture
def replicated(tmp_path: Path, eventually: Eventually) -> Iterator[Replicated]:
    made = Replicated(tmp_path)
    try:
        assert eventually(lambda: made.replicas() == 2)
        assert eventually(lambda: _knows_all(made))
        yield made
    finally:
        made.end()


def _knows_all(made: Replicated) -> bool:
    for port in made.sentinels:
        with _client(port) as client:
            told: Any = client.sentinel_master(SERVICE)
        if (told["num-slaves"], told["num-other-sentinels"]) != (2, 2):
            return False
    return True


@dataclass
class Load(threading.Thread):
    """Asks a service all the time until told to stop; keeps what went wrong."""

    address: str
    stop: threading.Event
    answers: int = 0
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(daemon=True)

    __hash__ = threading.Thread.__hash__

    def run(self) -> None:
        while not self.stop.is_set():
            status, told = _post(self.address, "/v1/match", json.dumps({"text": CLAIM}))
            if status == 200 and "steady" in told["cases"]:
                self.answers += 1
            else:
                self.faults.append(f"{status}: {told}")
            time.sleep(0.005)


def _post(address: str, path: str, body: str, **headers: str) -> tuple[int, Any]:
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=HANG_S)
    try:
        connection.request("POST", path, body, {"Content-Type": "application/json", **headers})
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    except (OSError, http.client.HTTPException, ValueError) as error:
        return 0, repr(error)
    finally:
        connection.close()


@pytest.fixture
def load() -> Iterator[Callable[[str], Load]]:
    stop = threading.Event()
    made: list[Load] = []

    def begin(address: str) -> Load:
        made.append(Load(address, stop))
        made[-1].start()
        return made[-1]

    yield begin
    stop.set()
    for each in made:
        each.join(timeout=HANG_S)


def test_killed_primaries_cost_no_read_and_no_acknowledged_changeset(
    replicated: Replicated,
    new_service: NewService,
    eventually: Eventually,
    make_case: MakeCase,
    load: Callable[[str], Load],
) -> None:
    store = Store(replicated.url)
    assert eventually(lambda: _applied(store, make_case("steady", CLAIM)))
    bearer = {"Authorization": f"Bearer {store.tokens.create('editor', Role.EDITOR)}"}
    services = [
        new_service(
            name,
            CLAIMLIGHT_REDIS_URL=replicated.url,
            CLAIMLIGHT_STARTER_CASES="",
            CLAIMLIGHT_WORKERS="1",
        )
        for name in ("one", "two")
    ]
    readers = [load(each.address) for each in services]
    acknowledged: list[str] = []
    refused: list[tuple[int, str]] = []
    recovery: list[float] = []
    number = 0
    for kill in range(KILLS):
        target = time.monotonic() + 0.7
        killed_at = None
        victim = replicated.primary()
        while killed_at is None or len(recovery) == kill:
            number += 1
            case_id = f"pushed-{number}"
            row = make_case(case_id).model_dump_json()
            if killed_at is None and time.monotonic() > target:
                threading.Timer(0.002, replicated.signal, (victim, signal.SIGKILL)).start()
                killed_at = time.monotonic()
            status, told = _post(
                services[number % 2].address, "/v1/changes?confirm=true", row, **bearer
            )
            if status == 200:
                acknowledged.append(case_id)
                if killed_at is not None and replicated.primary() != victim:
                    recovery.append(time.monotonic() - killed_at)
            else:
                refused.append((status, told["type"]))
            assert killed_at is None or time.monotonic() < killed_at + HANG_S, refused[-3:]
        replicated.start(victim)
        assert eventually(lambda: replicated.replicas() == 2)
    stored = {case.id for case in store.cases()[1]}
    assert set(acknowledged) <= stored
    assert set(refused) <= {(503, "/docs#unavailable"), (503, "/docs#unconfirmed")}
    for service in services:
        assert eventually(lambda: service.ask("/readyz")[1]["problems"] == [])  # noqa: B023
        # The service that did not take the last push hears of it from Redis.
        assert eventually(lambda: service.ask(f"/v1/cases/{acknowledged[-1]}")[0] == 200)  # noqa: B023
    store.close()
    assert [fault for each in readers for fault in each.faults] == []
    tell(
        f"{KILLS} primaries killed under Sentinels",
        bar="no read fails, no acknowledged changeset lost",
        found=f"{sum(each.answers for each in readers):,} reads, none "
        f"failed; {len(acknowledged)} changesets acknowledged, none lost, {len(refused)} "
        f"refused; pushes go on after {sorted(recovery)[len(recovery) // 2]:.1f} s (median), "
        f"{max(recovery):.1f} s (longest)",
    )


def test_what_no_replica_has_is_unconfirmed_and_a_version_that_goes_back_is_told(
    replicated: Replicated, new_service: NewService, eventually: Eventually, make_case: MakeCase
) -> None:
    store = Store(replicated.url)
    assert eventually(lambda: _applied(store, make_case("kept")))
    editor = store.tokens.create("editor", Role.EDITOR)
    service = new_service(
        CLAIMLIGHT_REDIS_URL=replicated.url, CLAIMLIGHT_STARTER_CASES="", CLAIMLIGHT_WORKERS="1"
    )
    primary = replicated.primary()
    others = [port for port in replicated.servers if port != primary]
    for port in others:
        replicated.signal(port, signal.SIGSTOP)
    with _client(primary) as client:  # nothing more reaches them, not even their sockets
        client.execute_command("CLIENT", "KILL", "TYPE", "replica")
    for _ in range(2):  # the second push finds nothing to change, and is confirmed no more
        with pytest.raises(Unconfirmed):
            store.apply(put=[make_case("lonely")], who="test")
    with pytest.raises(Unconfirmed):
        store.tokens.revoke("editor")
    assert eventually(lambda: service.ask("/v1/index")[1]["version"] == 2)
    replicated.signal(primary, signal.SIGKILL)
    for port in others:
        replicated.signal(port, signal.SIGCONT)
    assert eventually(lambda: service.ask("/v1/index")[1]["version"] == 1)
    assert eventually(lambda: replicated.replicas() == 1)
    problems = service.ask("/readyz")[1]["problems"]
    assert any("went back from 2 to 1" in problem for problem in problems)
    assert service.ask("/v1/cases/lonely")[0] == 404
    assert eventually(lambda: _applied(store, make_case("lonely")))
    assert store.tokens.verify(editor) is not None  # of which whoever revoked it was told
    assert store.tokens.revoke("editor")
    assert eventually(lambda: service.ask("/v1/cases/lonely")[0] == 200)
    assert eventually(lambda: service.ask("/readyz")[1]["problems"] == [])
    assert "went back from 2 to 1" in service.log.read_text()
    store.close()


def _applied(store: Store, case: Case) -> bool:
    try:
        store.apply(put=[case], who="test")
    except (Unavailable, Unconfirmed):
        return False
    return True
