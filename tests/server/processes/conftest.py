"""The service as it is run: real processes, a real Redis, a data folder with a long path."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from matcher.case import Case
from server.folder import DataFolder
from tests.waiting import HANG_S, eventually


def exists(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


class Service:
    """``claimlight serve`` in a process of its own."""

    def __init__(self, data_dir: Path, starter: Path, log: Path, **environ: str) -> None:
        self.data_dir = data_dir
        self.log = log
        settings = {
            "CLAIMLIGHT_DATA_DIR": str(data_dir),
            "CLAIMLIGHT_STARTER_CASES": str(starter),
            "CLAIMLIGHT_PORT": "0",
            "CLAIMLIGHT_WORKERS": "2",
            **environ,
        }
        self.environ = {**_clean_environ(), **settings}
        self.program = ["-m", "server.cli", "serve"]
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, output: Path | None = None) -> None:
        """``output``: where it says what is no complaint, None: into its log as well."""
        with self.log.open("ab") as log, (output or self.log).open("ab") as told:
            self.process = subprocess.Popen(
                [sys.executable, *self.program],
                env=self.environ,
                stdout=told,
                stderr=log,
            )
        assert eventually(self.ready), self.log.read_text()

    def ready(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log.read_text()
        with contextlib.suppress(OSError):
            return self.ask("/readyz")[0] == 200
        return False

    @property
    def address(self) -> str:
        tenant = DataFolder(self.data_dir).tenant()
        if tenant is None or tenant.address is None:
            raise ConnectionError("the service has no address yet")
        return tenant.address

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def children(self) -> dict[int, str]:
        """The processes it has started, and their programs."""
        found = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        told = {}
        for pid in map(int, found):
            with contextlib.suppress(OSError):
                program = Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
                told[pid] = f"{Path(f'/proc/{pid}/comm').read_text().strip()}: {program}"
        return told

    @property
    def redis_pid(self) -> int | None:
        return next((pid for pid, told in self.children().items() if "redis.sock" in told), None)

    @property
    def compiler_pid(self) -> int | None:
        children = self.children().items()
        return next((pid for pid, told in children if told.startswith("compiler:")), None)

    @property
    def workers(self) -> list[int]:
        others = {self.redis_pid, self.compiler_pid}
        return [pid for pid in self.children() if pid not in others]

    def ask(
        self, path: str, body: bytes | None = None, *, method: str | None = None, **headers: str
    ) -> tuple[int, Any]:
        request = urllib.request.Request(self.address + path, body, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=HANG_S) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read())

    def match(self, *texts: str) -> tuple[int, Any]:
        sentences = [{"id": str(number), "text": text} for number, text in enumerate(texts)]
        body = json.dumps({"sentences": sentences}).encode()
        return self.ask("/v1/match", body, **{"Content-Type": "application/json"})

    def push(self, *cases: Case) -> tuple[int, Any]:
        body = b"".join(case.model_dump_json(exclude_none=True).encode() + b"\n" for case in cases)
        token = (self.data_dir / "owner-token").read_text().strip()
        headers = {"Content-Type": "application/jsonl", "Authorization": f"Bearer {token}"}
        return self.ask("/v1/changes?confirm=true", body, **headers)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        assert self.process is not None
        self.process.send_signal(how)
        return self.process.wait(timeout=HANG_S)

    def end(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def _clean_environ() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CLAIMLIGHT_")}
    root = str(Path(__file__).resolve().parents[3])
    path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
    return {**kept, "PYTHONPATH": path}


NewService = Callable[..., Service]


@pytest.fixture(scope="session")
def starter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of a few starter cases, one row of which is no case."""
    folder = tmp_path_factory.mktemp("starter")
    rows = [
        {
            "id": f"starter-{number}",
            "claims": [{"text": text, "language": "en"}],
            "verdict": "false",
            "url": f"https://example.org/{number}",
            "publisher": {"name": "Example"},
            "published": "2022-01-25",
        }
        for number, text in enumerate(
            (
                "Vaccines contain microchips made by a secret society.",
                "The parliament in Riga has banned all Russian songs.",
                "Polish border guards shot at migrants from helicopters.",
            )
        )
    ]
    lines = [json.dumps(row) for row in rows] + ['{"id": "broken"}']
    (folder / "cases.jsonl").write_text("\n".join(lines))
    (folder / "notes.md").write_text("not a file of cases")
    return folder


@pytest.fixture
def new_service(tmp_path: Path, starter: Path) -> Iterator[NewService]:
    made: list[Service] = []

    def new(name: str = "data", *, start: bool = True, **environ: str) -> Service:
        data_dir = tmp_path / ("a long path " * 10) / name
        service = Service(data_dir, starter, tmp_path / f"{name}.log", **environ)
        made.append(service)
        if start:
            service.start()
        return service

    yield new
    for service in made:
        service.end()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, starter: Path) -> Iterator[Service]:
    """One service for all tests of a module."""
    folder = tmp_path_factory.mktemp("service")
    service = Service(folder / "data", starter, folder / "log")
    service.start()
    yield service
    service.end()


def words(text: str) -> str:
    """Output without the line breaks that a narrow terminal makes."""
    return re.sub(r"\s+", " ", text)


@pytest.fixture(name="words")
def words_fixture() -> Callable[[str], str]:
    return words


@pytest.fixture(name="eventually", scope="session")
def eventually_fixture() -> Callable[..., bool]:
    return eventually


@pytest.fixture(name="exists")
def exists_fixture() -> Callable[[int], bool]:
    return exists
