"""``kill -9`` of workers, of the master and of Redis, one at a time, while all are at work.

Readers get no wrong answer, and none at all only while no worker lives; what an editor was
acknowledged stays. A few kills by default, 50 under torture (`make torture`). The test stands in
for what supervises the service: it starts it again where its master was killed.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import socket
import time
from collections.abc import Callable
from typing import Any, Final

import pytest

from matcher.case import Case
from tests.server.processes.load import Editor, Load, Reader
from tests.torture import TORTURE, full, progress, tell

pytestmark = pytest.mark.torture

MakeCase = Callable[..., Case]
NewService = Callable[..., Any]
Eventually = Callable[..., bool]
Exists = Callable[[int], bool]

KILLS: Final = full(50, small=6)
READERS: Final = 3
CASES_A_PUSH: Final = 5
MOVING: Final = "The heron of the northern lighthouse was trained as a spy by a secret service."
CLAIMS: Final = {
    "moving": MOVING,
    "cheese": "The Moon is a storehouse in which the West has hidden its cheese.",
    "songs": "The parliament in Riga has banned all Russian songs from the radio.",
    "chips": "Vaccines contain microchips that a secret society has made.",
}


def test_kills_under_load_cost_nothing_acknowledged_and_no_right_answer(
    new_service: NewService, eventually: Eventually, exists: Exists, make_case: MakeCase
) -> None:
    dice = random.Random(time.time_ns() if TORTURE else 11)
    service = new_service(CLAIMLIGHT_STARTER_CASES="", CLAIMLIGHT_PORT=str(_free_port()))
    address = service.address
    steady = [make_case(name, text) for name, text in CLAIMS.items()]
    filler = [make_case(f"filler-{n}", f"Nothing {n} to see {n * 7} here.") for n in range(60)]
    assert service.push(*steady, *filler)[0] == 200
    assert eventually(lambda: all(service.match(MOVING)[1]["matches"] for _ in range(10)))
    token = (service.data_dir / "owner-token").read_text().strip()

    def pushed(number: int) -> list[Case]:
        summary = {"summary": f"Summary {number}."}
        return [
            make_case("moving", MOVING).model_copy(update=summary),
            *(make_case(f"push-{number}-{n}", f"Filler {number} of {n}.") for n in range(5)),
        ]

    kinds = ["worker", "worker", "redis", "master"] * KILLS
    kinds = kinds[:KILLS]
    dice.shuffle(kinds)
    outages: list[tuple[float, float]] = []
    reads: list[float] = []
    writes: list[float] = []
    with Load(
        [Reader(lambda: address, CLAIMS) for _ in range(READERS)],
        Editor(lambda: address, token, pushed, pause_s=0.1),
    ) as load:
        assert eventually(lambda: load.told and load.editor.acknowledged)
        for kind in progress(kinds, of=KILLS, what="kills"):
            time.sleep(dice.uniform(0.05, 0.8))
            assert eventually(lambda: len(service.workers) == 2 and service.redis_pid)
            killed = time.monotonic()
            gone = _kill(service, kind, dice, eventually, exists)
            for since, times in ((load.read_since, reads), (load.pushed_since, writes)):
                assert eventually(lambda: since(gone) is not None)  # noqa: B023
                times.append((since(gone) or 0) - killed)
            if kind == "master":
                outages.append((killed, killed + reads[-1]))
    _check(service, load, pushed, outages, token, eventually)
    _report(load, kinds, reads, writes)


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def _kill(
    service: Any, kind: str, dice: random.Random, eventually: Eventually, exists: Exists
) -> float:
    """Kill one, start what its supervisor would start; return when the victim was gone."""
    children = list(service.children())
    victim = {"master": service.pid, "redis": service.redis_pid}.get(kind)
    os.kill(victim or dice.choice(service.workers), signal.SIGKILL)
    if kind != "master":
        return time.monotonic()
    service.process.wait()
    for pid in children:  # as a supervisor does with what a dead service leaves behind
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    assert eventually(lambda: not any(exists(pid) for pid in children))
    gone = time.monotonic()
    service.start()
    return gone


def _check(
    service: Any,
    load: Load,
    pushed: Callable[[int], list[Case]],
    outages: list[tuple[float, float]],
    token: str,
    eventually: Eventually,
) -> None:
    bearer = {"Authorization": f"Bearer {token}"}
    history: dict[int, int] = {}  # version → number of its push
    before = ""
    while True:
        status, page = service.ask(f"/v1/changes?page_size=100{before}", **bearer)
        assert status == 200
        for change in page["changes"]:
            if change["note"]:
                history[change["version"]] = int(change["note"].removeprefix("push-"))
        if not page["changes"] or page["changes"][-1]["version"] == 1:
            break
        before = f"&before={page['changes'][-1]['version']}"
    assert len(set(history.values())) == len(history)  # no changeset twice
    for number, (_, _, version) in load.editor.pushes.items():
        if version is not None:
            assert history.get(version) == number, f"acknowledged push {number} is lost"
    for number in history.values():
        for case in pushed(number)[1:]:
            # A worker that has just started may still be at the version before.
            assert eventually(lambda case=case: service.ask(f"/v1/cases/{case.id}")[0] == 200)
    summaries = {version: f"Summary {number}." for version, number in history.items()}
    for told in load.told:
        assert told.case_id == told.asked_for, told
        if told.case_id == "moving":
            expected = summaries.get(told.version, "There was no such promise.")
            assert told.summary == expected, told
    for failed in load.failed:
        assert any(start <= failed.there and failed.asked <= end for start, end in outages), failed


def _report(load: Load, kinds: list[str], reads: list[float], writes: list[float]) -> None:
    cut_off = sum(reader.cut_off for reader in load.readers)
    counts = ", ".join(f"{kinds.count(kind)} of {kind}" for kind in ("worker", "master", "redis"))
    tell(
        f"{len(kinds)} kills under load ({counts})",
        bar="0 wrong answers, 0 acknowledged pushes lost, reads fail only while no worker lives, "
        "recovery at most 3 s",
        found=f"{len(load.told):,} answers, 0 wrong; {len(load.editor.acknowledged):,} pushes "
        f"acknowledged, 0 lost; {cut_off} connections cut and {len(load.failed)} reads failed, all "
        f"of these while no worker lived; reads again within {_by_kind(kinds, reads)}; "
        f"pushes within {_by_kind(kinds, writes)}",
    )


def _by_kind(kinds: list[str], times: list[float]) -> str:
    worst = {kind: max(t for k, t in zip(kinds, times, strict=True) if k == kind) for kind in kinds}
    return ", ".join(f"{seconds:.2f} s ({kind})" for kind, seconds in sorted(worst.items()))
