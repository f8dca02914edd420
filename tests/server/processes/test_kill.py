"""``kill -9`` of everything at random moments while an editor pushes.

What was acknowledged is there whole; what was not is there whole or not at all. A few rounds
by default, 50 under torture (`make torture`).
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import random
import signal
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest

from matcher.case import Case
from tests.server.processes.load import Editor
from tests.torture import full, progress, tell
from tests.waiting import HANG_S

pytestmark = pytest.mark.torture

MakeCase = Callable[..., Case]
NewService = Callable[..., Any]
Eventually = Callable[..., bool]
Exists = Callable[[int], bool]

ROUNDS = full(50, small=3)
CASES_A_PUSH = 20
LONGEST_S = 1.2


def ids(number: int) -> list[str]:
    return [f"push-{number}-{each}" for each in range(CASES_A_PUSH)]


def test_acknowledged_changesets_are_whole_and_the_others_whole_or_absent(
    new_service: NewService, eventually: Eventually, exists: Exists, make_case: MakeCase
) -> None:
    dice = random.Random(4)
    service = new_service(CLAIMLIGHT_STARTER_CASES="")
    token = (service.data_dir / "owner-token").read_text().strip()
    tried: list[int] = []
    acknowledged: list[int] = []
    number = 0
    for _ in progress(range(ROUNDS), of=ROUNDS, what="rounds of kill -9"):
        address = service.address
        editor = Editor(
            lambda: address,  # noqa: B023
            token,
            lambda n: [make_case(name) for name in ids(n)],
            first=number,
        )
        editor.start()
        time.sleep(dice.uniform(0.05, LONGEST_S))
        _kill(service, dice)
        editor.end()
        tried += editor.pushes
        acknowledged += editor.acknowledged
        number = editor.number
        processes = [service.pid]
        service.process.wait(timeout=HANG_S)
        assert eventually(lambda: not any(exists(pid) for pid in processes))  # noqa: B023
        service.start()
        _check(service, token, tried, acknowledged)
    tell(
        f"{ROUNDS} times kill -9 of the whole service",
        bar="0 acknowledged changesets lost, none there in part",
        found=f"{len(acknowledged):,} changesets acknowledged and whole, "
        f"{len(tried) - len(acknowledged)} not acknowledged and whole or absent",
    )
    assert acknowledged


def _kill(service: Any, dice: random.Random) -> None:
    """Everything at once, or Redis a moment before the rest, or after it."""
    redis, compiler = service.redis_pid, service.compiler_pid
    rest = [service.pid, *service.workers, compiler]
    order = dice.choice([[redis, *rest], [*rest, redis], [redis], [redis, compiler], rest])
    for pid in [pid for pid in order if pid is not None]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    if service.pid not in order:
        time.sleep(dice.uniform(0, 0.2))
        for pid in filter(None, rest):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def _check(service: Any, token: str, tried: list[int], acknowledged: list[int]) -> None:
    bearer = {"Authorization": f"Bearer {token}"}
    stored = _export(service, token)
    for number in tried:
        there = [name in stored for name in ids(number)]
        assert all(there) or not any(there), f"changeset {number} is there in part"
    assert all(ids(number)[0] in stored for number in acknowledged)
    assert len(stored) % CASES_A_PUSH == 0
    status, history = service.ask("/v1/changes?page_size=100", **bearer)
    assert status == 200
    notes = [change["note"] for change in history["changes"]]
    assert len(notes) == len(set(notes))  # no changeset twice
    for change in history["changes"]:
        assert sorted(change["added"]) == sorted(ids(int(change["note"].removeprefix("push-"))))


def _export(service: Any, token: str) -> set[str]:
    parts = urlsplit(service.address)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=HANG_S)
    connection.request("GET", "/v1/export", headers={"Authorization": f"Bearer {token}"})
    response = connection.getresponse()
    assert response.status == 200
    lines = response.read().splitlines()
    connection.close()
    return {json.loads(line)["id"] for line in lines}
