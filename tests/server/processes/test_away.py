"""Redis away for a while under load, killed or hanging: reads go on, and all is current again.

Two seconds by default, a minute with CLAIMLIGHT_TORTURE=yes.
"""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from matcher.case import Case
from server.errors import StoreError
from server.store import Store
from tests.server.processes.programs import REDIS, needs_redis
from tests.torture import full, tell
from tests.waiting import HANG_S

MakeCase = Callable[..., Case]
NewService = Callable[..., Any]
Eventually = Callable[..., bool]

AWAY_S = full(60, small=2)
READERS = 3
CLAIM = "The heron of the northern lighthouse was trained as a spy by a secret service."

pytestmark = [pytest.mark.torture, needs_redis]


class OwnRedis:
    """A Redis on a socket, that can be killed, stopped and started."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.url = f"unix://{folder}/redis.sock"
        self.process = self.start()

    def start(self) -> subprocess.Popen[bytes]:
        assert REDIS is not None
        options = ["--port", "0", "--unixsocket", "redis.sock", "--appendonly", "yes"]
        with (self._folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [REDIS, *options], cwd=self._folder, stdout=log, stderr=log
            )
        return self.process

    def end(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[OwnRedis]:
    made = OwnRedis(tmp_path)
    yield made
    made.end()


class Reader(threading.Thread):
    """Asks all the time; keeps when, and whether the answer was stale, or what went wrong."""

    def __init__(self, address: str, stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self._address, self._stop_asked = urlsplit(address), stop
        self.answers: list[tuple[float, bool]] = []
        self.faults: list[str] = []

    def run(self) -> None:
        body = json.dumps({"sentences": [{"id": "s", "text": CLAIM, "language": "en"}]})
        while not self._stop_asked.is_set():
            # A connection of its own for each request, so that every worker has its say.
            connection = http.client.HTTPConnection(
                self._address.hostname or "", self._address.port, timeout=HANG_S
            )
            try:
                headers = {"Content-Type": "application/json"}
                connection.request("POST", "/v1/match", body, headers)
                response = connection.getresponse()
                told = json.loads(response.read())
                if response.status == 200 and told["matches"]:
                    self.answers.append((time.monotonic(), told["index"]["stale"]))
                else:
                    self.faults.append(f"{response.status}: {told}")
            except (OSError, http.client.HTTPException, ValueError) as error:
                self.faults.append(repr(error))
            finally:
                connection.close()
            time.sleep(0.01)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
def test_no_read_fails_while_redis_is_away_and_answers_are_current_again_when_it_is_back(
    own_redis: OwnRedis,
    new_service: NewService,
    eventually: Eventually,
    make_case: MakeCase,
    how: signal.Signals,
) -> None:
    store = Store(own_redis.url)
    assert eventually(lambda: _up(store))
    store.apply(put=[make_case("steady", CLAIM)], who="test")
    service = new_service(CLAIMLIGHT_REDIS_URL=own_redis.url, CLAIMLIGHT_STARTER_CASES="")
    stop = threading.Event()
    readers = [Reader(service.address, stop) for _ in range(READERS)]
    for reader in readers:
        reader.start()
    try:
        assert eventually(lambda: all(reader.answers for reader in readers))
        own_redis.process.send_signal(how)
        gone = time.monotonic()
        assert eventually(lambda: all(reader.answers[-1][1] for reader in readers))
        # Each worker notices by itself, and any of them may be the one that is asked.
        assert eventually(lambda: "Redis is away" in str(service.ask("/readyz")[1]["problems"]))
        time.sleep(max(0.0, gone + AWAY_S - time.monotonic()))
        if how is signal.SIGKILL:
            own_redis.process.wait()
            own_redis.start()
            assert eventually(lambda: _up(store))
        else:
            own_redis.process.send_signal(signal.SIGCONT)
        back = time.monotonic()
        time.sleep(1.5)
        assert eventually(lambda: not any(reader.answers[-1][1] for reader in readers))
    finally:
        stop.set()
        for reader in readers:
            reader.join(timeout=HANG_S)
        store.close()
    assert [fault for reader in readers for fault in reader.faults] == []
    told = [answer for reader in readers for answer in reader.answers]
    late = max((when - back for when, stale in told if stale and when > back), default=0.0)
    tell(
        f"Redis away for {AWAY_S} s under load ({how.name})",
        bar="no read fails; current within 1 s once it is back",
        found=f"{len(told):,} reads, none failed, {sum(stale for _, stale in told):,} stale; "
        f"current again after {late:.2f} s",
    )


def _up(store: Store) -> bool:
    try:
        store.published()
    except StoreError:
        return False
    return True
