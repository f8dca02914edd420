"""Editors publish while readers ask: every answer is of one version, and none is late.

By default a few publications on a small index; under torture (`make torture`) two services follow
one Redis with an index as large as a real one and ten times that, and one sees 1,000 publications.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import pytest

from matcher.case import Case
from server.embedded import Embedded
from server.store import Role, Store
from tests.server.processes.load import Reader, Told, ask
from tests.torture import TORTURE, full, progress, tell
from tests.waiting import HANG_S

pytestmark = pytest.mark.torture

MakeCase = Callable[..., Case]
NewService = Callable[..., Any]

REAL_SIZE: Final = 12_026
"""Cases in the largest public list of this kind."""
SIZES: Final = [REAL_SIZE, 100_000] if TORTURE else [300]
PUSHES: Final = full(10, small=4)
PUBLICATIONS: Final = full(1_000, small=12)
QUIET_S: Final = full(60, small=1)
READERS: Final = 2
CLAIM: Final = "The heron of the northern lighthouse was trained as a spy by a secret service."


@pytest.fixture
def shared_redis(tmp_path: Path) -> Iterator[str]:
    folder = tmp_path / "shared-redis"
    folder.mkdir()
    with Embedded(folder) as embedded:
        yield embedded.url


def many(count: int, make_case: MakeCase) -> Iterator[Case]:
    words = [f"word{number:05d}" for number in range(20_000)]
    for number in range(count):
        some = (words[(number * step) % len(words)] for step in (1, 7, 31, 101, 331, 1009))
        yield make_case(f"case-{number}", " ".join(some))


def moving(make_case: MakeCase, number: int) -> Case:
    return make_case("moving", CLAIM).model_copy(update={"summary": f"Summary {number}."})


def reader(address: str) -> Reader:
    """Asks for the case that each publication changes."""
    return Reader(lambda: address, {"moving": CLAIM})


@pytest.mark.parametrize("size", SIZES)
def test_no_request_fails_and_none_mixes_versions_while_editors_publish(
    new_service: NewService, shared_redis: str, make_case: MakeCase, size: int
) -> None:
    token = _filled(shared_redis, size, make_case)
    services = [
        new_service(
            name,
            CLAIMLIGHT_REDIS_URL=shared_redis,
            CLAIMLIGHT_STARTER_CASES="",
            CLAIMLIGHT_WORKERS="2" if TORTURE else "1",
        )
        for name in ("one", "two")
    ]
    readers = [reader(each.address) for each in services for _ in range(READERS)]
    pushes = _published_under(
        readers, [each.address for each in services], token, make_case, PUSHES
    )
    told = _right(readers, pushes)
    lags = sorted(
        max((each.asked - when for each in told if each.version < version and each.asked > when),
            default=0.0)
        for version, (when, _) in pushes.items() if version > 1
    )  # fmt: skip
    tell(
        f"{len(lags)} publications on {size:,} cases, two services on one Redis, under read load",
        bar="no read fails, no answer mixes two versions; readers have it within 1 s",
        found=f"{len(told):,} answers, all right; last answer of an older version "
        f"{lags[len(lags) // 2]:.2f} s (median), {lags[-1]:.2f} s (largest) after the "
        "acknowledgement",
    )


def test_many_publications_in_a_row_are_neither_mixed_nor_felt(
    new_service: NewService, shared_redis: str, make_case: MakeCase
) -> None:
    size = full(REAL_SIZE, small=300)
    token = _filled(shared_redis, size, make_case)
    service = new_service(CLAIMLIGHT_REDIS_URL=shared_redis, CLAIMLIGHT_STARTER_CASES="")
    quiet = [reader(service.address) for _ in range(READERS)]
    for each in quiet:
        each.start()
    time.sleep(QUIET_S)
    for each in quiet:
        each.end()
    busy = [reader(service.address) for _ in range(READERS)]
    pushes = _published_under(busy, [service.address], token, make_case, PUBLICATIONS)
    before, during = _right(quiet, {1: (0.0, "Summary 0.")}), _right(busy, pushes)
    without, with_ = _p99_ms(before), _p99_ms(during)
    versions = len({each.version for each in during})
    tell(
        f"{PUBLICATIONS:,} publications on {size:,} cases under read load",
        bar="0 errors, no answer mixes two versions, p99 at most 2 x the p99 without",
        found=f"{len(during):,} answers of {versions:,} versions, all right; "
        f"p99 {with_:.0f} ms, without {without:.0f} ms: {with_ / without:.1f} x",
    )


def _filled(redis_url: str, size: int, make_case: MakeCase) -> str:
    """Publish version 1; return a token for more."""
    store = Store(redis_url)
    store.apply(put=[*many(size, make_case), moving(make_case, 0)], who="test")
    token = store.tokens.create("editor", Role.EDITOR)
    store.close()
    return token


def _published_under(
    readers: Sequence[Reader],
    addresses: Sequence[str],
    token: str,
    make_case: MakeCase,
    count: int,
) -> dict[int, tuple[float, str]]:
    """Publish so many times, each time until all readers have it.

    Returns
    -------
    version → when it was acknowledged, and the summary that it shows.
    """
    pushes = {1: (0.0, "Summary 0.")}
    for each in readers:
        each.start()
    try:
        for number in progress(range(1, count + 1), of=count, what="publications"):
            case = moving(make_case, number)
            address = addresses[number % len(addresses)]
            version = _push(address, token, case)
            pushes[version] = (time.monotonic(), case.summary or "")
            deadline = time.monotonic() + HANG_S
            while not all(each.told and each.told[-1].version >= version for each in readers):
                assert time.monotonic() < deadline, [each.failed[-1:] for each in readers]
                time.sleep(0.01)
            time.sleep(0.1)  # so that every worker has its say
    finally:
        for each in readers:
            each.end()
    return pushes


def _push(address: str, token: str, case: Case) -> int:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    body = case.model_dump_json().encode()
    status, told = ask(address, "POST", "/v1/changes", body, headers, timeout_s=HANG_S)
    assert status == 200, told
    return int(told["version"])


def _right(readers: Sequence[Reader], pushes: dict[int, tuple[float, str]]) -> list[Told]:
    """All answers, once each is found to be of one version, and every version answered from."""
    assert [failed for each in readers for failed in each.failed] == []
    assert sum(each.cut_off for each in readers) == 0
    told = [answer for each in readers for answer in each.told]
    assert all(pushes[answer.version][1] == answer.summary for answer in told)
    assert {answer.version for answer in told} >= set(pushes) - {1}
    return told


def _p99_ms(told: Sequence[Told]) -> float:
    times = sorted(1000 * (answer.there - answer.asked) for answer in told)
    return times[int(len(times) * 0.99)]
