"""A real Redis for all tests of the service, and cases to publish."""

from __future__ import annotations

import contextlib
import datetime as dt
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import redis
from flask import Flask
from flask.testing import FlaskClient

from matcher.case import Case, Claim, Publisher, Verdict
from server.app import create_app
from server.compiler import Compiler
from server.embedded import Embedded
from server.formats import Rejected, read
from server.live import Live
from server.settings import Settings, from_environment
from server.snapshots import Current, Snapshots
from server.store import Role, Store
from tests.waiting import HANG_S

Push = Callable[..., Any]
CONTRACT = Path(__file__).resolve().parent.parent / "contract"


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with Embedded(tmp_path_factory.mktemp("redis")) as embedded:
        yield embedded.url


@pytest.fixture
def raw_redis(redis_url: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_url) as client:
        client.flushdb()
        yield client


@pytest.fixture
def store(redis_url: str, raw_redis: redis.Redis) -> Iterator[Store]:
    store = Store(redis_url)
    yield store
    store.close()


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


def make_case(case_id: str, text: str = "NATO promised not to expand to the east.") -> Case:
    return Case(
        id=case_id,
        claims=(Claim(text=text, language="en"),),
        verdict=Verdict.FALSE,
        summary="There was no such promise.",
        summary_language="en",
        url="https://example.org/" + case_id,
        publisher=Publisher(name="Example"),
        published=dt.date(2022, 1, 25),
    )


@pytest.fixture(name="make_case")
def make_case_fixture() -> Callable[..., Case]:
    return make_case


@dataclass
class Service:
    """The whole service in this process, on a real Redis: what a request would meet."""

    app: Flask
    store: Store
    live: Live

    @property
    def client(self) -> FlaskClient:
        return self.app.test_client()

    def publish(self, *cases: Case, retract: dict[str, str | None] | None = None) -> int:
        """Publish and wait until readers are answered from it."""
        version, _ = self.store.apply(put=cases, retract=retract, who="test", confirm=True)
        self.wait_for(lambda current: current.version == version and not current.stale)
        return version

    def bearer(self, role: Role) -> dict[str, str]:
        """The header of a fresh token."""
        plain = self.store.tokens.create(f"{role} {uuid.uuid4()}", role)
        return {"Authorization": f"Bearer {plain}"}

    def wait_for(self, holds: Callable[[Current], bool]) -> Current:
        deadline = time.monotonic() + HANG_S
        while (current := self.live.current) is None or not holds(current):
            assert time.monotonic() < deadline, self.live.problems()
            time.sleep(0.01)
        return current


MakeCase = Callable[..., Case]


def make_settings(data_dir: Path) -> Settings:
    return from_environment({"CLAIMLIGHT_DATA_DIR": str(data_dir)})


@contextlib.contextmanager
def compiling(redis_url: str, snapshots: Path) -> Iterator[None]:
    """What a process of its own does in the service."""
    store, stopping = Store(redis_url), threading.Event()
    compiler = Compiler(store, Snapshots(snapshots))
    thread = threading.Thread(target=compiler.run, args=[stopping], name="compiler")
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join(timeout=HANG_S)
        store.close()


@contextlib.contextmanager
def run_service(redis_url: str, folder: Path) -> Iterator[Service]:
    store = Store(redis_url)
    snapshots = folder / "snapshots"
    snapshots.mkdir(parents=True)
    live = Live(store, Snapshots(snapshots))
    app = create_app(make_settings(folder), store=store, live=live)
    with compiling(redis_url, snapshots):
        live.start()  # after the application is made, as the service does
        try:
            yield Service(app, store, live)
        finally:
            live.stop()
            store.close()


@pytest.fixture
def service(redis_url: str, raw_redis: redis.Redis, data_dir: Path) -> Iterator[Service]:
    """An empty service of its own for each test."""
    with run_service(redis_url, data_dir) as running:
        running.wait_for(lambda current: not current.stale)
        yield running


@pytest.fixture(scope="session")
def reading(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One service with the contract's cases for all tests that only read."""
    folder = tmp_path_factory.mktemp("reading")
    with Embedded(folder) as embedded, run_service(embedded.url, folder) as running:
        cases = list(read(CONTRACT / "cases.jsonl"))
        assert not [row for row in cases if isinstance(row, Rejected)]
        running.publish(*(row for row in cases if isinstance(row, Case)))
        running.publish(retract={"retracted-case": "the source was mistaken"})
        yield running


@pytest.fixture
def waiting(redis_url: str, raw_redis: redis.Redis, data_dir: Path) -> Service:
    """A service that has no index yet, as in its first moments."""
    store = Store(redis_url)
    live = Live(store, Snapshots(data_dir))
    return Service(create_app(make_settings(data_dir), store=store, live=live), store, live)


@pytest.fixture
def push(service: Service) -> Push:
    """Push rows as an editor; the answer as it comes."""
    bearer = service.bearer(Role.EDITOR)

    def send(*rows: Any, query: str = "", **headers: str) -> Any:
        data = [row.model_dump(mode="json") if isinstance(row, Case) else row for row in rows]
        return service.client.post(f"/v1/changes{query}", json=data, headers=bearer | headers)

    return send
