from __future__ import annotations

import contextlib
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np

from matcher.case import Case
from server.embedded import Embedded
from server.live import MOST_BESIDE
from server.store import Store
from tests.server.processes.front import free_ports
from tests.waiting import HANG_S

MakeCase = Callable[..., Case]
Eventually = Callable[..., bool]
Exists = Callable[[int], bool]
NewService = Callable[..., Any]


def test_a_first_start_serves_the_starter_cases_and_says_what_to_do_next(
    new_service: NewService, eventually: Eventually
) -> None:
    service = new_service()
    status, index = service.ask("/v1/index")
    assert (status, index["version"], index["cases"]) == (200, 1, 3)
    assert eventually(lambda: "Claimlight is ready" in service.log.read_text())
    told = service.log.read_text()
    for wanted in (service.address, "push FILE", "extension", str(service.data_dir)):
        assert wanted in told
    assert "line 4 is left out" in told  # the broken row is named, the others are served
    token = service.data_dir / "owner-token"
    assert stat.S_IMODE(token.stat().st_mode) == 0o600


def test_a_service_that_cannot_say_where_it_is_follows_what_is_published(
    new_service: NewService, eventually: Eventually, make_case: MakeCase
) -> None:
    service = new_service(start=False, CLAIMLIGHT_WORKERS="1")
    service.start(output=Path("/dev/full"))
    assert service.push(make_case("later"))[0] == 200
    assert eventually(lambda: service.ask("/v1/cases/later")[0] == 200)
    assert "nobody could be told that the service is ready" in service.log.read_text()


def test_a_service_makes_the_vectors_of_its_claims_and_of_new_ones(
    new_service: NewService, eventually: Eventually, make_case: MakeCase
) -> None:
    service = new_service()
    table = service.data_dir / "vectors"

    def known() -> int:
        return sum(len(np.load(file)) for file in table.glob("*.npy"))

    assert eventually(lambda: known() > 0)
    before = known()
    assert service.push(make_case("new", "A wholly new claim about the harvest"))[0] == 200
    assert eventually(lambda: known() == before + 1)


def test_sigterm_and_ctrl_c_end_everything_and_a_restart_keeps_everything(
    new_service: NewService, eventually: Eventually, exists: Exists, make_case: MakeCase
) -> None:
    service = new_service()
    assert service.push(make_case("kept"))[0] == 200
    token = (service.data_dir / "owner-token").read_text()
    for how in (signal.SIGTERM, signal.SIGINT):
        assert eventually(lambda: len(service.workers) == 2)
        processes = [service.redis_pid, service.compiler_pid, *service.workers]
        assert None not in processes
        assert service.stop(how) == 0
        assert not any(exists(pid) for pid in processes)
        service.start()  # for a moment the last snapshot may be served, marked stale
        assert eventually(lambda: service.ask("/v1/cases/kept")[0] == 200)
        assert eventually(lambda: service.ask("/v1/index")[1]["cases"] == 4)
    assert (service.data_dir / "owner-token").read_text() == token
    assert service.push(make_case("more"))[0] == 200


def test_kill_9_of_the_service_leaves_no_process_and_nothing_in_the_way(
    new_service: NewService, eventually: Eventually, exists: Exists, make_case: MakeCase
) -> None:
    service = new_service()
    assert service.push(make_case("kept"))[0] == 200
    assert eventually(lambda: len(service.workers) == 2)
    processes = [service.redis_pid, service.compiler_pid, *service.workers]
    service.stop(signal.SIGKILL)
    assert eventually(lambda: not any(exists(pid) for pid in processes))
    assert (service.data_dir / "redis" / "redis.sock").exists()
    service.start()
    assert eventually(lambda: service.ask("/v1/cases/kept")[0] == 200)


def test_while_the_private_redis_is_away_reads_go_on_and_writes_are_told_so(
    new_service: NewService, eventually: Eventually, make_case: MakeCase
) -> None:
    service = new_service()
    claim = make_case("kept").claim
    assert service.push(make_case("kept"))[0] == 200
    assert eventually(lambda: service.match(claim)[1]["index"]["version"] == 2)
    stale, refused = False, False
    deadline = time.monotonic() + HANG_S
    while not (stale and refused) and time.monotonic() < deadline:
        pid = service.redis_pid
        if pid is not None:  # as soon as it is back, so that it stays away for a second
            os.kill(pid, signal.SIGKILL)
        status, answer = service.match(claim)
        assert status == 200
        assert answer["index"]["cases"] >= 4
        stale = stale or answer["index"]["stale"]
        status, answer = service.push(make_case("later"))
        assert status in {200, 503}
        if status == 503:
            refused = True
            assert "Redis" in answer["detail"]
    assert stale
    assert refused
    assert eventually(lambda: service.redis_pid is not None)
    assert eventually(lambda: service.push(make_case("later"))[0] == 200)
    for _ in range(10):  # each worker
        assert eventually(lambda: not service.match(claim)[1]["index"]["stale"])
        assert eventually(lambda: service.ask("/v1/cases/later")[0] == 200)
        assert service.ask("/v1/cases/kept")[0] == 200


def test_a_killed_worker_is_replaced(new_service: NewService, eventually: Eventually) -> None:
    service = new_service()
    assert eventually(lambda: len(service.workers) == 2)
    before = set(service.workers)
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    assert eventually(lambda: len(set(service.workers) - before) == 2)
    assert eventually(service.ready)


def test_a_killed_compiler_is_replaced_and_makes_what_has_been_published_meanwhile(
    new_service: NewService, eventually: Eventually, make_case: MakeCase
) -> None:
    service = new_service()
    before = service.compiler_pid
    assert before is not None
    os.kill(before, signal.SIGKILL)
    assert service.push(make_case("meanwhile"))[0] == 200
    assert eventually(lambda: service.compiler_pid not in {None, before})
    assert eventually(lambda: _answers(service, "/v1/cases/meanwhile"))
    assert eventually(lambda: service.ask("/readyz")[1]["problems"] == [])


HELD_UP: Final = """
import os, sys, time
from pathlib import Path
from matcher.index import Index

hold = Path(os.environ["HOLD"])
save = Index.save

def held_up(self, folder):
    if hold.exists():
        hold.with_name(f"held-{os.getpid()}").touch()
    while hold.exists():
        time.sleep(0.01)
    save(self, folder)

Index.save = held_up
sys.argv[1:] = ["serve"]
from server.cli import main
main()
"""
"""The service, whose compiler stays at work for as long as there is a file."""


def test_a_compiler_that_is_killed_at_work_again_and_again_is_told_and_readers_are_told_stale(
    new_service: NewService, eventually: Eventually, make_case: MakeCase, tmp_path: Path
) -> None:
    hold = tmp_path / "hold"
    service = new_service(start=False, HOLD=str(hold))
    service.program = ["-c", HELD_UP]
    service.start()
    assert eventually(lambda: service.ask("/readyz")[1]["problems"] == [])
    hold.touch()
    many = [make_case(f"many-{number}") for number in range(MOST_BESIDE + 1)]
    assert service.push(*many)[0] == 200
    for _ in range(2):
        assert eventually(lambda: (tmp_path / f"held-{service.compiler_pid}").exists())
        os.kill(service.compiler_pid, signal.SIGKILL)
        assert eventually(lambda: told_of_version_2(service))
        assert eventually(lambda: service.match("A claim.")[1]["index"]["stale"])
    hold.unlink()
    assert eventually(lambda: service.ask("/v1/cases/many-1")[0] == 200)
    assert eventually(lambda: service.ask("/readyz")[1]["problems"] == [])
    for _ in range(10):  # each worker
        assert eventually(lambda: not service.match("A claim.")[1]["index"]["stale"])


def told_of_version_2(service: Any) -> bool:
    ready = service.ask("/readyz")[1]
    return ready["stale"] and any(
        "version 2 cannot be built (its compiler was ended at work" in problem
        for problem in ready["problems"]
    )


def test_only_those_who_answer_listen_so_that_a_service_that_ends_is_connected_to_by_nobody(
    new_service: NewService, eventually: Eventually
) -> None:
    service = new_service(CLAIMLIGHT_METRICS=f"127.0.0.1:{free_ports(1)[0]}")
    before = service.compiler_pid
    assert eventually(lambda: service.workers and all(map(listens, service.workers)))
    assert not listens(before)
    os.kill(before, signal.SIGKILL)
    assert eventually(lambda: service.compiler_pid not in {None, before})
    assert not listens(service.compiler_pid)  # nor does the one that takes its place


def listens(pid: int) -> bool:
    """Whether a process has a socket open that the system lists as listening (``proc(5)``)."""
    rows = [line.split() for line in Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]]
    listening = {f"socket:[{row[9]}]" for row in rows if row[3] == "0A"}
    files = set()
    for file in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # one that is closed meanwhile
            files.add(str(file.readlink()))
    return not files.isdisjoint(listening)


def test_a_second_service_cannot_have_the_same_data_folder(new_service: NewService) -> None:
    first = new_service()
    second = new_service(start=False)
    done = _run(second)
    assert done.returncode == 1
    for told in (str(first.data_dir), str(first.pid), first.address):
        assert told in done.stderr
    assert first.ready()


def test_a_port_in_use_is_told_before_anything_is_touched(
    new_service: NewService, tmp_path: Path
) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        service = new_service(start=False, CLAIMLIGHT_PORT=port)
        done = _run(service)
    assert done.returncode == 2
    assert port in done.stderr
    assert "in use" in done.stderr
    assert not service.data_dir.exists()


def test_an_address_of_another_machine_is_told_with_what_to_do(new_service: NewService) -> None:
    done = _run(new_service(start=False, CLAIMLIGHT_HOST="192.0.2.1"))
    assert done.returncode == 2
    assert "192.0.2.1" in done.stderr
    assert "choose an address of this machine with --host" in done.stderr


def test_all_bad_settings_are_told_at_once(new_service: NewService) -> None:
    service = new_service(start=False, CLAIMLIGHT_PORT="http", CLAIMLIGHT_WORKERS="many")
    done = _run(service)
    assert done.returncode == 2
    assert "CLAIMLIGHT_PORT" in done.stderr
    assert "CLAIMLIGHT_WORKERS" in done.stderr


def test_no_log_holds_what_readers_send_or_who_they_are(new_service: NewService) -> None:
    service = new_service(CLAIMLIGHT_ACCESS_LOG="yes")
    secret = "Xylophonwald"
    assert service.match(f"My secret is {secret}.")[0] == 200
    assert service.ask(f"/v1/cases?query={secret}&nonsense={secret}")[0] == 400
    assert service.ask(f"/v1/cases?query={secret}")[0] == 200
    body = ('{"sentences": [{"id": "1", "text": "' + secret + '\\ud800"}]}').encode()
    assert service.ask("/v1/match", body, **{"Content-Type": "application/json"})[0] == 400
    address = service.address.removeprefix("http://").rsplit(":", 1)
    with socket.create_connection((address[0], int(address[1]))) as raw:
        raw.sendall(f"{secret} / NOT-HTTP\r\nX: {secret}\r\n\r\n".encode())
        assert b"400" in raw.recv(1000)
    service.stop()
    told = service.log.read_text()
    assert "POST /v1/match 200" in told
    assert "GET /v1/cases 400" in told
    assert secret not in told
    lines = [line for line in told.splitlines() if "Claimlight is ready" not in line]
    assert not any("127.0.0.1" in line for line in lines if "open" not in line)


def test_two_services_on_one_redis_answer_with_each_others_cases(
    new_service: NewService, eventually: Eventually, make_case: MakeCase, tmp_path: Path
) -> None:
    folder = tmp_path / "shared"
    folder.mkdir()
    with Embedded(folder) as shared:
        url = f"unix://{folder}/redis.sock"
        services = [new_service(name, CLAIMLIGHT_REDIS_URL=url) for name in ("one", "two")]
        assert [service.redis_pid for service in services] == [None, None]
        assert not any((service.data_dir / "owner-token").exists() for service in services)
        store = Store(shared.url)
        assert store.published().version == 1
        store.apply(put=[make_case("both")], who="editor", confirm=True)
        store.close()
        for service in services:
            for _ in range(5):
                assert eventually(partial(_answers, service, "/v1/cases/both"))


def test_without_redis_the_last_snapshot_is_served(
    new_service: NewService, tmp_path: Path, make_case: MakeCase
) -> None:
    folder = tmp_path / "shared"
    folder.mkdir()
    url = f"unix://{folder}/redis.sock"
    with Embedded(folder):
        service = new_service(CLAIMLIGHT_REDIS_URL=url)
        service.stop()
    service.start()
    status, ready = service.ask("/readyz")
    assert (status, ready["stale"], ready["version"]) == (200, True, 1)
    assert any("Redis" in problem for problem in ready["problems"])


def _answers(service: Any, path: str) -> bool:
    return bool(service.ask(path)[0] == 200)


def _run(service: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "server.cli", "serve"],
        env=service.environ,
        capture_output=True,
        text=True,
        timeout=HANG_S,
        check=False,
    )
