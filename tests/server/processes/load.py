"""Readers and editors that keep a service busy, and remember all that they were told."""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from matcher.case import Case
from tests.waiting import HANG_S

Address = Callable[[], str]
"""Where the service is now; it may move when it is started again."""


@dataclass(frozen=True, slots=True)
class Told:
    """An answer: when it was asked for and there (monotonic seconds), and what it said."""

    asked: float
    there: float
    version: int
    asked_for: str
    case_id: str | None
    summary: str | None


@dataclass(frozen=True, slots=True)
class Failed:
    """A read without a good answer, though it was tried twice at once."""

    asked: float
    there: float
    reason: str


class Worker(threading.Thread, ABC):
    """Does one thing over and over until it is told to end."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._stop_asked = threading.Event()

    def run(self) -> None:
        while not self._stop_asked.is_set():
            self.once()

    @abstractmethod
    def once(self) -> None: ...

    def end(self) -> None:
        self._stop_asked.set()
        self.join(timeout=HANG_S)
        assert not self.is_alive()


class Reader(Worker):
    """Asks for one of some claims, each time over a connection of its own.

    So every worker gets its share. Like a proxy or a browser it tries a second time at once where
    a connection was lost: the process that had the request in hand may just have been killed.
    """

    def __init__(self, address: Address, claims: dict[str, str], *, pause_s: float = 0.01) -> None:
        super().__init__()
        self._address, self._claims, self._pause_s = address, claims, pause_s
        self._dice = random.Random(len(threading.enumerate()))
        self.told: list[Told] = []
        self.failed: list[Failed] = []
        self.cut_off = 0

    def once(self) -> None:
        case_id = self._dice.choice(list(self._claims))
        asked = time.monotonic()
        try:
            try:
                self._ask(case_id, asked)
            except (OSError, http.client.HTTPException):
                self.cut_off += 1
                self._ask(case_id, asked)
        except (OSError, http.client.HTTPException, KeyError, ValueError) as error:
            self.failed.append(Failed(asked, time.monotonic(), repr(error)))
        time.sleep(self._pause_s)

    def _ask(self, case_id: str, asked: float) -> None:
        sentence = {"id": "s", "text": self._claims[case_id], "language": "en"}
        body = json.dumps({"sentences": [sentence]}).encode()
        status, told = ask(
            self._address(), "POST", "/v1/match", body, {"Content-Type": "application/json"}
        )
        if status != 200:
            raise ValueError(f"{status}: {told.get('detail')}")
        found = told["matches"][0]["case_id"] if told["matches"] else None
        summary = told["cases"][found]["summary"] if found else None
        version = told["index"]["version"]
        self.told.append(Told(asked, time.monotonic(), version, case_id, found, summary))


class Editor(Worker):
    """Pushes one changeset after the other; remembers what was tried and what acknowledged.

    ``pushes``: number → when it was begun and ended, and the version that acknowledged it, if any.
    """

    def __init__(
        self,
        address: Address,
        token: str,
        cases: Callable[[int], Sequence[Case]],
        *,
        first: int = 0,
        pause_s: float = 0.0,
    ) -> None:
        super().__init__()
        self._address, self._token, self._cases, self._pause_s = address, token, cases, pause_s
        self.number = first
        self.pushes: dict[int, tuple[float, float, int | None]] = {}

    @property
    def acknowledged(self) -> list[int]:
        return [number for number, (_, _, version) in self.pushes.items() if version is not None]

    def once(self) -> None:
        began = time.monotonic()
        version = self._push(self.number)
        self.pushes[self.number] = (began, time.monotonic(), version)
        self.number += 1
        time.sleep(self._pause_s)

    def _push(self, number: int) -> int | None:
        body = "\n".join(case.model_dump_json() for case in self._cases(number)).encode()
        headers = {
            "Authorization": f"Bearer {self._token}",
            "Content-Type": "application/jsonl",
        }
        try:
            status, told = ask(
                self._address(), "POST", f"/v1/changes?note=push-{number}", body, headers
            )
        except (OSError, http.client.HTTPException, ValueError):
            time.sleep(0.02)
            return None
        return int(told["version"]) if status == 200 else None


@dataclass
class Load:
    """Readers and an editor at work together."""

    readers: list[Reader]
    editor: Editor
    begun: float = field(default_factory=time.monotonic)

    def __enter__(self) -> Load:
        for each in (*self.readers, self.editor):
            each.start()
        return self

    def __exit__(self, *_: object) -> None:
        for each in (*self.readers, self.editor):
            each.end()

    @property
    def told(self) -> list[Told]:
        return sorted((t for r in self.readers for t in list(r.told)), key=lambda t: t.asked)

    @property
    def failed(self) -> list[Failed]:
        return [failed for reader in self.readers for failed in list(reader.failed)]

    def read_since(self, moment: float) -> float | None:
        """When the first good read was there that was asked for after a moment."""
        there = [t.there for r in self.readers for t in r.told[-50:] if t.asked > moment]
        return min(there, default=None)

    def pushed_since(self, moment: float) -> float | None:
        """When the first push was acknowledged that was begun after a moment."""
        recent = list(self.editor.pushes.values())[-50:]
        return min((end for began, end, v in recent if began > moment and v), default=None)


def ask(
    address: str,
    method: str,
    path: str,
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
    *,
    timeout_s: float = HANG_S,
) -> tuple[int, Any]:
    """Status and JSON of one request over a connection of its own."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=timeout_s)
    try:
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()
