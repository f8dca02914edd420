"""``kill -9`` of everything at random moments while an editor pushes.

What was acknowledged is there whole; what was not is there whole or not at all. A few rounds
by default, 50 with CLAIMLIGHT_TORTURE=yes (`make torture`).
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import random
import signal
import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from matcher.case import Case

MakeCase = Callable[..., Case]
NewService = Callable[..., Any]
Eventually = Callable[..., bool]
Exists = Callable[[int], bool]

ROUNDS = 50 if os.environ.get("CLAIMLIGHT_TORTURE") == "yes" else 3
CASES_A_PUSH = 20
LONGEST_S = 1.2


class Editor(threading.Thread):
    """Pushes one changeset after the other; remembers what was tried and what acknowledged."""

    def __init__(self, address: str, token: str, first: int, make_case: MakeCase) -> None:
        super().__init__(daemon=True)
        self._address = urlsplit(address)
        self._token = token
        self._make_case = make_case
        self._stop_asked = threading.Event()
        self.number = first
        self.tried: list[int] = []
        self.acknowledged: list[int] = []

    def run(self) -> None:
        while not self._stop_asked.is_set():
            self.tried.append(self.number)
            if self._push(self.number):
                self.acknowledged.append(self.number)
            self.number += 1

    def end(self) -> None:
        self._stop_asked.set()
        self.join(timeout=30)

    def _push(self, number: int) -> bool:
        cases = (self._make_case(name) for name in ids(number))
        body = "\n".join(case.model_dump_json() for case in cases)
        headers = {
            "Authorization": f"Bearer {self._token}",
            "Content-Type": "application/jsonl",
        }
        connection = http.client.HTTPConnection(
            self._address.hostname or "", self._address.port, timeout=5
        )
        try:
            connection.request("POST", f"/v1/changes?note=push-{number}", body, headers)
            response = connection.getresponse()
            response.read()
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
        return response.status == 200


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
    for _ in range(ROUNDS):
        editor = Editor(service.address, token, number, make_case)
        editor.start()
        time.sleep(dice.uniform(0.05, LONGEST_S))
        _kill(service, dice)
        editor.end()
        tried += editor.tried
        acknowledged += editor.acknowledged
        number = editor.number
        processes = [service.pid]
        service.process.wait(timeout=20)
        assert eventually(lambda: not any(exists(pid) for pid in processes))  # noqa: B023
        service.start()
        _check(service, token, tried, acknowledged)
    lost = len(tried) - len(acknowledged)
    print(
        f"\n{ROUNDS} rounds of kill -9: {len(acknowledged):,} changesets acknowledged and whole, "
        f"{lost} not acknowledged and whole or absent"
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
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
    connection.request("GET", "/v1/export", headers={"Authorization": f"Bearer {token}"})
    response = connection.getresponse()
    assert response.status == 200
    lines = response.read().splitlines()
    connection.close()
    return {json.loads(line)["id"] for line in lines}
