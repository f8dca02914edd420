"""Rows of Redis, snapshots and filters as nobody wrote them: told as unreadable, or left out.

Who can write to Redis is trusted, but a slip by hand or another release is not to take down what
all the others need.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import random
import shutil
import tempfile
import zlib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Final

import pytest
import redis
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from matcher.errors import FilterError, SnapshotError
from matcher.filter import Filter
from matcher.filterwire import Message, apply, decode, difference, digest, encode, pack, unpack
from matcher.index import Index
from server.app import create_app
from server.errors import Unreadable
from server.live import Live
from server.snapshots import Current, Snapshots
from server.store import Changeset, Difference, Published, Role, Store, rows
from tests.server.attack.mutation import VALUES, damaged
from tests.server.conftest import Service, make_case, make_settings
from tests.torture import full

WHEN: Final = dt.datetime(2026, 11, 25, 12, 0, 0, 123456, dt.UTC)
EXAMPLES: Final = full(5_000, small=100)
HEAD: Final = rows.write_published(Published(7, WHEN, 3, "0123456789abcdef"))
LOG: Final = rows.write_log(
    Changeset(7, "Ada", WHEN, None, Difference(added=("a",), changed=("b",))), "0123456789abcdef"
)
PAIRS: Final = rows.write_pairs({"a": (None, rows.write_case(make_case("a")))})
RETRACTION: Final = rows.write_retraction(WHEN, "a mistake")
REPORT: Final = json.dumps(
    {"case_id": "a", "kind": "other", "sentence": None, "version": 7}
).encode()
TOKEN: Final = json.dumps(
    {
        "role": "editor",
        "created": "2026-11-25T12:00:00+00:00",
        "expires": "2027-11-25T12:00:00+00:00",
        "sha256": "0" * 64,
    }
).encode()

json_values = st.recursive(
    st.sampled_from([value for value in VALUES if value != "\ud800"]) | st.floats() | st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@st.composite
def row_like(draw: st.DrawFn, seed: bytes) -> bytes:
    """A row that looks like this one: with another value, damaged, or something else altogether."""
    kind = draw(st.integers(0, 3))
    if kind == 0:
        return draw(st.binary(max_size=100))
    if kind == 1:
        return damaged(seed, random.Random(draw(st.integers(0, 2**32))))
    if kind == 2:
        return json.dumps(draw(json_values)).encode()
    told = json.loads(seed)
    told[draw(st.sampled_from(sorted(told)))] = draw(json_values)
    return json.dumps(told).encode()


@given(row=row_like(HEAD), log=row_like(LOG), other=row_like(RETRACTION))
@example(b'{"version":1e999,"published_at":"2026-11-25T12:00:00Z","cases":1,"mark":"a"}', b"", b"")
@example(b"[" * 100_000, b"[" * 100_000, b"[" * 100_000)
@settings(max_examples=EXAMPLES, deadline=None)
def test_a_row_is_read_or_told_as_unreadable(row: bytes, log: bytes, other: bytes) -> None:
    readers: list[Callable[[], object]] = [
        lambda: rows.read_published(row),
        lambda: rows.read_log(7, log),
        lambda: rows.read_pairs(7, row),
        lambda: rows.read_pairs(7, zlib.compress(other)),
        lambda: rows.read_retraction("a", other),
        lambda: rows.read_cases([(b"a", row), (log, other)]),
    ]
    for reader in readers:
        with contextlib.suppress(Unreadable):
            reader()


def test_what_is_written_is_read_again() -> None:
    published = rows.read_published(HEAD)
    assert rows.write_published(published) == HEAD
    changeset, mark = rows.read_log(7, LOG)
    assert rows.write_log(changeset, mark) == LOG
    assert rows.write_pairs(rows.read_pairs(7, PAIRS)) == PAIRS
    assert rows.read_retraction("a", RETRACTION).when == WHEN


@given(
    head=row_like(HEAD),
    log=row_like(LOG),
    report=row_like(REPORT),
    token=row_like(TOKEN),
    retraction=row_like(RETRACTION),
)
@example(HEAD, LOG, REPORT, json.dumps(json.loads(TOKEN) | {"expires": "2027-11-25"}).encode(), b"")
@example(HEAD, LOG, REPORT, json.dumps(json.loads(TOKEN) | {"sha256": "\u00e9"}).encode(), b"")
@settings(
    max_examples=EXAMPLES // 4,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_whatever_redis_holds_nothing_that_editors_ask_is_a_failure_of_the_service(
    held: Service,
    raw_redis: redis.Redis,
    head: bytes,
    log: bytes,
    report: bytes,
    token: bytes,
    retraction: bytes,
) -> None:
    raw_redis.flushdb()
    bearer = held.bearer(Role.OWNER)
    raw_redis.set("claimlight:head", head)
    raw_redis.hset("claimlight:log", "7", log)
    raw_redis.set("claimlight:changeset:7", log)
    raw_redis.hset("claimlight:cases", "a", retraction)
    raw_redis.hset("claimlight:retractions", "b", retraction)
    raw_redis.hset("claimlight:tokens", "other", token)
    raw_redis.xadd("claimlight:reports", {"report": report})
    client = held.client
    for path in ("/v1/changes", "/v1/reports", "/v1/cases/b", "/v1/export"):
        answer = client.get(path, headers=bearer)
        assert answer.status_code in {200, 404, 410, 503}, answer.text
    for path in ("/v1/changes?confirm=true", "/v1/changes/7/revert?confirm=true"):
        answer = client.post(path, json={"retract": "a"}, headers=bearer)
        assert answer.status_code in {200, 400, 404, 409, 503}, answer.text


@pytest.fixture
def held(redis_url: str, raw_redis: redis.Redis, data_dir: Path) -> Iterator[Service]:
    """A service whose index is not followed, so that it takes no part."""
    store = Store(redis_url)
    live = Live(store, Snapshots(data_dir))
    live.current = Current(Index.build([make_case("a")]), 7, "0123456789abcdef", WHEN, stale=False)
    yield Service(create_app(make_settings(data_dir), store=store, live=live), store, live)
    store.close()


@pytest.mark.filterwarnings("ignore")  # of NumPy, which guesses at headers that are odd
@given(data=st.data())
@settings(max_examples=EXAMPLES // 2, deadline=None)
def test_a_damaged_snapshot_is_passed_over(
    snapshot: tuple[Path, Published], data: st.DataObject
) -> None:
    kept, published = snapshot
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(kept, folder, dirs_exist_ok=True)
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        file = data.draw(st.sampled_from(files))
        dice = random.Random(data.draw(st.integers(0, 2**32)))
        file.write_bytes(damaged(file.read_bytes(), dice))
        snapshots = Snapshots(folder)
        assert snapshots.failure(published) is None or file.name == "failed.json"
        newest = snapshots.newest()
        assert newest is None or newest.stale
        with contextlib.suppress(SnapshotError):
            assert snapshots.load(published) is not None
        assert snapshots.has(published) == (newest is not None)


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Published]:
    folder = tmp_path_factory.mktemp("snapshots")
    index = Index.build([make_case(name, f"Claim {name} of a moon of cheese.") for name in "abc"])
    current = Current(index, 7, "0123456789abcdef", WHEN, stale=False)
    Snapshots(folder).save(current)
    return folder, current.published


@given(seed=st.integers(0, 2**32), unpacked=st.binary(max_size=60))
@example(0, b"\1\1\0" + bytes(12) + b"\xff\xff\xff\xff\x7f\0")
@settings(max_examples=EXAMPLES, deadline=None)
def test_a_damaged_filter_is_a_filter_or_an_error_that_says_so(seed: int, unpacked: bytes) -> None:
    dice = random.Random(seed)
    old, new = some_filters()
    content, change = encode(new), difference(old, new)
    message = Message(7, 300, digest(content), None, content)
    with contextlib.suppress(FilterError):
        assert isinstance(unpack(damaged(pack(message), dice)), Message)
    for hostile in (unpacked, damaged(content, dice)):
        with contextlib.suppress(FilterError):
            decode(hostile).passes("A moon of cheese, again.")
    for hostile in (unpacked, damaged(change, dice)):
        with contextlib.suppress(FilterError):
            apply(old, hostile).passes("A moon of cheese, again.")


@cache
def some_filters() -> tuple[Filter, Filter]:
    some = [make_case(name, f"Claim {name * 5} of a moon of cheese.") for name in "abcdefgh"]
    return Filter.build(Index.build(some[:6])), Filter.build(Index.build(some[2:]))
