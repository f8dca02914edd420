"""Two services on one Redis while editors publish and readers ask: every answer is of one version.

With CLAIMLIGHT_TORTURE=yes (`make torture`) the index is as large as a real one, and the time
from the acknowledgement of a push to the last answer of an older version is told.
"""

from __future__ import annotations

import datetime as dt
import http.client
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from matcher.case import Case
from server.embedded import Embedded
from server.store import Role, Store

MakeCase = Callable[..., Case]
NewService = Callable[..., Any]

TORTURE = os.environ.get("CLAIMLIGHT_TORTURE") == "yes"
SIZES = [12_026, 100_000] if TORTURE else [300]
PUSHES = 10 if TORTURE else 4
READERS = 2
CLAIM = "The heron of the northern lighthouse was trained as a spy by a secret service."


@pytest.fixture
def shared_redis(tmp_path: Path) -> Iterator[str]:
    folder = tmp_path / "shared-redis"
    folder.mkdir()
    with Embedded(folder) as embedded:
        yield embedded.url


@dataclass
class Reader(threading.Thread):
    """Asks one service all the time; keeps what it was answered, and when it asked."""

    address: str
    stop: threading.Event
    answers: list[tuple[float, int, str]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(daemon=True)

    __hash__ = threading.Thread.__hash__

    def run(self) -> None:
        parts = urlsplit(self.address)
        body = json.dumps({"sentences": [{"id": "s", "text": CLAIM, "language": "en"}]}).encode()
        while not self.stop.is_set():
            # A connection of its own for each request, so that every worker gets its share.
            connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20)
            asked = time.monotonic()
            try:
                headers = {"Content-Type": "application/json"}
                connection.request("POST", "/v1/match", body, headers)
                response = connection.getresponse()
                told = json.loads(response.read())
                if response.status == 200:
                    summary = told["cases"]["moving"]["summary"]
                    self.answers.append((asked, told["index"]["version"], summary))
                else:
                    self.faults.append(f"{response.status}: {told.get('detail')}")
            except (OSError, http.client.HTTPException, KeyError, ValueError) as error:
                self.faults.append(repr(error))
            finally:
                connection.close()
            time.sleep(0.01)


def many(count: int, make_case: MakeCase) -> Iterator[Case]:
    words = [f"word{number:05d}" for number in range(20_000)]
    for number in range(count):
        some = (words[(number * step) % len(words)] for step in (1, 7, 31, 101, 331, 1009))
        yield make_case(f"case-{number}", " ".join(some))


def moving(make_case: MakeCase, number: int) -> Case:
    return make_case("moving", CLAIM).model_copy(update={"summary": f"Summary {number}."})


@pytest.mark.parametrize("size", SIZES)
def test_no_request_fails_and_none_mixes_versions_while_editors_publish(
    new_service: NewService, shared_redis: str, make_case: MakeCase, size: int, tmp_path: Path
) -> None:
    store = Store(shared_redis)
    store.apply(put=[*many(size, make_case), moving(make_case, 0)], who="test")
    token = store.tokens.create("editor", Role.EDITOR)
    services = [
        new_service(
            name,
            CLAIMLIGHT_REDIS_URL=shared_redis,
            CLAIMLIGHT_STARTER_CASES="",
            CLAIMLIGHT_WORKERS="2" if TORTURE else "1",
        )
        for name in ("one", "two")
    ]
    stop = threading.Event()
    readers = [Reader(each.address, stop) for each in services for _ in range(READERS)]
    for reader in readers:
        reader.start()
    summaries = {1: "Summary 0."}
    acknowledged: dict[int, float] = {}
    try:
        for number in range(1, PUSHES + 1):
            version = _push(services[number % 2].address, token, moving(make_case, number))
            acknowledged[version] = time.monotonic()
            summaries[version] = f"Summary {number}."
            deadline = time.monotonic() + 30
            while not all(r.answers and r.answers[-1][1] >= version for r in readers):
                assert time.monotonic() < deadline, [r.answers[-1:] for r in readers]
                time.sleep(0.01)
            time.sleep(0.3 if TORTURE else 0.1)  # so that every worker has its say
    finally:
        stop.set()
        for reader in readers:
            reader.join(timeout=30)
        store.close()
    answers = [answer for reader in readers for answer in reader.answers]
    assert [fault for reader in readers for fault in reader.faults] == []
    assert all(summaries[version] == summary for _, version, summary in answers)
    assert {version for _, version, _ in answers} >= set(acknowledged)
    _tell(size, acknowledged, answers)


def _push(address: str, token: str, case: Case) -> int:
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    connection.request("POST", "/v1/changes", case.model_dump_json(), headers)
    response = connection.getresponse()
    told = json.loads(response.read())
    connection.close()
    assert response.status == 200, told
    return int(told["version"])


def _tell(size: int, acknowledged: dict[int, float], answers: list[tuple[float, int, str]]) -> None:
    """How long after each acknowledgement a request was last answered from before it."""
    lags = sorted(
        max(
            (asked - when for asked, told, _ in answers if told < version and asked > when),
            default=0.0,
        )
        for version, when in acknowledged.items()
    )
    now = dt.datetime.now(dt.UTC)
    print(
        f"\n{now:%H:%M} {size:,} cases, {len(answers):,} answers: last answer of an older version "
        f"{lags[len(lags) // 2]:.2f} s (median), {lags[-1]:.2f} s (largest) after the "
        f"acknowledgement of {len(lags)} pushes"
    )
