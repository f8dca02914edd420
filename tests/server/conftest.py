"""A real Redis for all tests of the service, and cases to publish."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis

from matcher.case import Case, Claim, Publisher, Verdict
from server.embedded import Embedded
from server.store import Store


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
