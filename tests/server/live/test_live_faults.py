"""What goes wrong around a worker's index: it is told, and readers are answered."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from matcher.errors import SnapshotError
from matcher.index import Index
from server.compiler import Compiler
from server.embedded import Embedded
from server.errors import Unavailable
from server.store import Store
from tests.server.live.conftest import MakeCase, NewLive, at, whole
from tests.waiting import HANG_S, eventually


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[Embedded]:
    folder = tmp_path / "redis"
    folder.mkdir()
    with Embedded(folder) as embedded:
        yield embedded


def test_while_redis_is_away_the_last_index_is_served_stale(
    new_live: NewLive, own_redis: Embedded, make_case: MakeCase
) -> None:
    store = Store(own_redis.url)
    store.apply(put=[make_case("a")], who="editor")
    live = new_live(store)
    assert eventually(lambda: at(live, 1))
    own_redis.stop()
    assert eventually(lambda: live.current and live.current.stale)
    assert live.current is not None
    assert "a" in live.current.index
    assert any("Redis" in problem for problem in live.problems())

    late = new_live(store)
    assert eventually(lambda: late.current)
    assert late.current is not None
    assert late.current.stale
    assert late.current.version == 1

    own_redis.start()
    assert eventually(lambda: at(live, 1))
    assert eventually(lambda: at(late, 1))
    assert live.problems() == ()
    store.apply(put=[make_case("b")], who="editor")
    assert eventually(lambda: at(live, 2))
    store.close()


def test_without_snapshot_and_redis_there_is_no_index_and_the_reason_is_told(
    new_live: NewLive, tmp_path: Path
) -> None:
    live = new_live(Store(f"unix://{tmp_path}/nobody.sock"))
    live.wait(HANG_S)  # ends as soon as that is known
    assert live.problems() != ("the first index is being prepared",)
    assert eventually(lambda: any("Redis is away" in problem for problem in live.problems()))
    assert live.current is None


@pytest.mark.parametrize("damage", ["truncated", "emptied", "without its version"])
def test_a_damaged_snapshot_is_built_again(
    new_live: NewLive, store: Store, make_case: MakeCase, snapshots: Path, damage: str
) -> None:
    store.apply(put=[make_case("a")], who="editor")
    first = new_live()
    assert eventually(lambda: at(first, 1))
    first.stop()
    (folder,) = snapshots.glob("00000001-*")
    if damage == "truncated":
        for path in (folder / "index").iterdir():
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    elif damage == "emptied":
        shutil.rmtree(folder / "index")
    else:
        (folder / "published.json").unlink()
    second = new_live()
    assert eventually(lambda: at(second, 1))
    assert second.current is not None
    assert "a" in second.current.index


def test_a_snapshot_of_another_engine_is_not_read(
    new_live: NewLive, store: Store, make_case: MakeCase, snapshots: Path
) -> None:
    store.apply(put=[make_case("a")], who="editor")
    first = new_live()
    assert eventually(lambda: at(first, 1))
    first.stop()
    (folder,) = snapshots.glob("00000001-*")
    other = folder.with_name(folder.name.rsplit("-", 1)[0] + "-00000000")
    folder.rename(other)
    late = new_live(Store(f"unix://{snapshots}/nobody.sock"))
    assert eventually(lambda: any("Redis is away" in problem for problem in late.problems()))
    assert late.current is None
    late.stop()
    second = new_live()
    assert eventually(lambda: at(second, 1))
    assert folder.is_dir()


def test_a_snapshot_that_vanishes_is_written_again_for_the_others(
    new_live: NewLive, store: Store, make_case: MakeCase, snapshots: Path
) -> None:
    store.apply(put=[make_case("a")], who="editor")
    compiler = new_live()
    assert eventually(lambda: at(compiler, 1))
    (folder,) = snapshots.glob("00000001-*")
    shutil.rmtree(folder)
    other = new_live()
    assert eventually(lambda: at(other, 1))


def test_where_the_disk_refuses_changes_stand_beside_the_last_snapshot_and_the_reason_is_told(
    new_live: NewLive, store: Store, make_case: MakeCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.apply(put=[make_case("a")], who="editor")
    live = new_live()
    assert eventually(lambda: at(live, 1))

    def refuse(*_: object) -> None:
        raise SnapshotError("No space left on device")

    with monkeypatch.context() as full:
        full.setattr(Index, "save", refuse)
        store.apply(put=[make_case("b")], who="editor")
        assert eventually(lambda: any("No space left" in told for told in live.problems()))
        assert at(live, 2)
        assert not whole(live, 2)
    assert eventually(lambda: whole(live, 2))
    assert eventually(lambda: live.problems() == ())


def test_an_index_that_cannot_be_built_leaves_the_last_one_and_tells_why(
    new_live: NewLive, store: Store, make_case: MakeCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.apply(put=[make_case("a")], who="editor")
    live = new_live()
    assert eventually(lambda: at(live, 1))

    def fail(*_: object, **__: object) -> Index:
        raise MemoryError("no more")

    with monkeypatch.context() as broken:
        broken.setattr("server.live.MOST_BESIDE", 0)
        broken.setattr(Index, "build", fail)
        broken.setattr(Index, "revised", fail)
        store.apply(put=[make_case("b")], who="editor")
        assert eventually(lambda: any("cannot be built" in told for told in live.problems()))
        assert live.current is not None
        assert (live.current.version, live.current.stale) == (1, True)
    store.apply(put=[make_case("c")], who="editor")  # a new version is tried at once
    assert eventually(lambda: at(live, 3))
    assert eventually(lambda: live.problems() == ())


def test_cases_that_redis_does_not_give_while_it_tells_the_version_are_told(
    new_live: NewLive, store: Store, make_case: MakeCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.apply(put=[make_case("a")], who="editor")
    live = new_live()
    assert eventually(lambda: at(live, 1))

    def fail(*_: object) -> None:
        raise Unavailable("Redis is too slow")

    with monkeypatch.context() as slow:
        slow.setattr("server.live.MOST_BESIDE", 0)
        slow.setattr(Compiler, "_build", fail)
        store.apply(put=[make_case("b")], who="editor")
        assert eventually(lambda: any("Redis is too slow" in told for told in live.problems()))
        assert eventually(lambda: live.current and live.current.stale)
    assert eventually(lambda: at(live, 2) and live.problems() == ())


def test_corrupt_rows_are_told_and_the_others_are_served(
    new_live: NewLive, store: Store, raw_redis: redis.Redis, make_case: MakeCase
) -> None:
    store.apply(put=[make_case("a"), make_case("b")], who="editor")
    raw_redis.hset("claimlight:cases", "a", b"\xff")
    live = new_live()
    assert eventually(lambda: at(live, 1))
    assert live.current is not None
    assert [case.id for case in live.current.index.cases()] == ["b"]
    assert eventually(lambda: live.problems() == ("1 case(s) in Redis are unreadable",))
    store.apply(put=[make_case("a")], who="editor", confirm=True)
    assert eventually(lambda: at(live, 2) and live.problems() == ())
