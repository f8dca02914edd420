"""Ordinary days in short: readers, editors and strangers at once, and memory that stays.

A few seconds by default; under torture ten minutes, or as many as ``make torture ONLY=soak
MINUTES=60`` says.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import statistics
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pytest

from matcher.case import Case
from tests.server.processes.load import Address, Editor, Worker
from tests.torture import TORTURE, full, progress, tell
from tests.waiting import HANG_S

pytestmark = pytest.mark.torture

MakeCase = Callable[..., Case]
NewService = Callable[..., Any]
Eventually = Callable[..., bool]

MINUTES: Final = float(os.environ.get("CLAIMLIGHT_SOAK_MINUTES") or 10)
SAMPLES: Final = full(int(60 * MINUTES), small=6)
"""Of the memory, one a second."""
MOST_GROWTH_MB: Final = 32
"""Of all processes together, from the second quarter of the time to the last."""
READERS: Final = 3
CASES: Final = 400
MOVING: Final = 40
CLAIM: Final = "The heron of the northern lighthouse was trained as a spy by a secret service."
WORDS: Final = (
    "border minister vaccine harvest railway secret treaty lighthouse water election gas heron "
    "language river school wind parliament sanctions winter bread museum song bridge service"
).split()
JSON: Final = {"Content-Type": "application/json"}
BUSY: Final = 503
"""What a request that has waited too long for its turn is told, on a machine that is very busy."""


class Visitor(Worker):
    """Does what readers, developers and strangers do; keeps what was answered otherwise."""

    def __init__(self, address: Address, seed: int) -> None:
        super().__init__()
        self._address, self._dice = address, random.Random(seed)
        self.answers: Counter[str] = Counter()
        self.wrong: list[str] = []

    def once(self) -> None:
        kinds = (self._page, self._text, self._look, self._err)
        method, path, body, headers, expected = self._dice.choices(kinds, (50, 10, 30, 10))[0]()
        try:
            status = _status(self._address(), method, path, body, headers)
        except (OSError, http.client.HTTPException) as error:
            self.wrong.append(f"{method} {path}: {error!r}")
            return
        self.answers[f"{method} {path.partition('?')[0]} {status}"] += 1
        if status not in expected:
            self.wrong.append(f"{method} {path}: {status}")

    def _sentence(self) -> str:
        words = self._dice.choices(WORDS, k=self._dice.randint(3, 25))
        return " ".join(words).capitalize() + f" {self._dice.randint(0, 10**6)}."

    def _page(self) -> tuple[str, str, bytes, dict[str, str], set[int]]:
        texts = [self._sentence() for _ in range(self._dice.choice((1, 5, 30, 100)))] + [CLAIM]
        asked = {"sentences": [{"id": str(n), "text": text} for n, text in enumerate(texts)]}
        return "POST", "/v1/match", json.dumps(asked).encode(), JSON, {200, BUSY}

    def _text(self) -> tuple[str, str, bytes, dict[str, str], set[int]]:
        text = " ".join(self._sentence() for _ in range(80))
        return "POST", "/v1/match", json.dumps({"text": text}).encode(), JSON, {200, BUSY}

    def _look(self) -> tuple[str, str, None, dict[str, str], set[int]]:
        path = self._dice.choice(
            (
                "/v1/index",
                "/v1/filter",
                f"/v1/filter?since={self._dice.randint(1, 60)}",
                f"/v1/cases?query={self._dice.choice(WORDS)}",
                f"/v1/cases/case-{self._dice.randint(0, CASES - 1)}",
                "/openapi.json",
                "/docs",
            )
        )
        return "GET", path, None, {}, {200}

    def _err(self) -> tuple[str, str, bytes, dict[str, str], set[int]]:
        body = self._dice.choice((b"{", b'{"sentences": []}', b"\xff" * 5_000))
        return "POST", "/v1/match", body, JSON, {400, BUSY}


def _status(
    address: str, method: str, path: str, body: bytes | None, headers: dict[str, str]
) -> int:
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=HANG_S)
    try:
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        response.read()
        return response.status
    finally:
        connection.close()


def test_memory_stays_what_it_is_under_mixed_load(
    new_service: NewService, eventually: Eventually, make_case: MakeCase
) -> None:
    service = new_service(CLAIMLIGHT_STARTER_CASES="")
    dice = random.Random(5)
    steady = [
        make_case(f"case-{number}", " ".join(dice.choices(WORDS, k=9)) + f" {number}.")
        for number in range(CASES)
    ]
    assert service.push(make_case("heron", CLAIM), *steady)[0] == 200
    assert eventually(lambda: all(service.match(CLAIM)[1]["matches"] for _ in range(10)))
    token = (service.data_dir / "owner-token").read_text().strip()

    def pushed(number: int) -> Sequence[Case]:
        return [make_case(f"moving-{number % MOVING}", f"{CLAIM} It was the year {number}.")]

    address = service.address
    visitors = [Visitor(lambda: address, seed) for seed in range(READERS)]
    editor = Editor(lambda: address, token, pushed, pause_s=0.5)
    for each in (*visitors, editor):
        each.start()
    memory: list[float] = []
    try:
        for _ in progress(range(SAMPLES), of=SAMPLES, what="seconds of mixed load"):
            time.sleep(1)
            memory.append(sum(map(_private_mb, [*service.workers, service.compiler_pid])))
    finally:
        for each in (*visitors, editor):
            each.end()
    assert [wrong for each in visitors for wrong in each.wrong] == []
    assert editor.acknowledged
    answers = sum((each.answers for each in visitors), Counter[str]())
    assert answers["POST /v1/match 200"]
    assert "Traceback" not in service.log.read_text()
    quarter = SAMPLES // 4
    early = statistics.median(memory[quarter : 2 * quarter])
    late = statistics.median(memory[-quarter:])
    tell(
        f"{SAMPLES / 60:.0f} minutes of mixed load",
        bar=f"no failure; memory of the processes grows by less than {MOST_GROWTH_MB} MB",
        found=f"{answers.total():,} answers, all as they should be, "
        f"{answers[f'POST /v1/match {BUSY}']:,} of them told to come back; "
        f"{len(editor.acknowledged):,} publications; memory {early:.0f} MB in the second quarter, "
        f"{late:.0f} MB in the last",
    )
    assert not TORTURE or late - early < MOST_GROWTH_MB


def _private_mb(pid: int) -> float:
    """Megabytes that a process shares with no other."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    kilobytes = {line.split(":")[0]: int(line.split()[1]) for line in lines}
    return (kilobytes["Private_Clean"] + kilobytes["Private_Dirty"]) / 1024
