from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import redis

from matcher.case import Case
from matcher.errors import SnapshotError
from matcher.index import Index
from matcher.types import Sentence
from server.compiler import Compiler
from server.embedded import Embedded
from server.errors import Unavailable
from server.live import MOST_BESIDE, Live
from server.snapshots import Current, Snapshots
from server.store import Store
from tests.waiting import HANG_S, eventually

MakeCase = Callable[..., Case]
NewLive = Callable[..., Live]


@pytest.fixture
def snapshots(tmp_path: Path) -> Path:
    folder = tmp_path / "snapshots"
    folder.mkdir()
    return folder


class Machine(Live):
    """A worker's index, and in another thread what makes it."""

    def __init__(self, store: Store, folder: Path, **more: Any) -> None:
        super().__init__(store, Snapshots(folder), **more)
        self._ending = threading.Event()
        compiler = Compiler(store, Snapshots(folder))
        self._making = threading.Thread(target=compiler.run, args=[self._ending])

    def start(self) -> None:
        self._making.start()
        super().start()

    def stop(self) -> None:
        super().stop()
        self._ending.set()
        self._making.join(timeout=HANG_S)


@pytest.fixture
def new_live(store: Store, snapshots: Path) -> Iterator[NewLive]:
    started: list[Live] = []

    def start(of: Store = store, **more: Any) -> Live:
        live = Machine(of, snapshots, **more)
        live.start()
        started.append(live)
        return live

    yield start
    for live in started:
        live.stop()


def at(live: Live, version: int) -> bool:
    return live.current is not None and live.current.version == version and not live.current.stale


def test_an_empty_store_gives_an_empty_index(new_live: NewLive) -> None:
    live = new_live()
    live.wait(HANG_S)
    assert at(live, 0)
    assert live.current is not None
    assert len(live.current.index) == 0
    assert eventually(lambda: live.problems() == ())


def test_who_sees_the_first_index_is_not_told_that_it_is_being_prepared(
    new_live: NewLive, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()
    # called as soon as the index is there, before anything else is done
    monkeypatch.setattr("server.live.give_back_memory", lambda: go_on.wait(HANG_S))
    live = new_live()
    assert eventually(lambda: live.current is not None)
    told = live.problems()
    go_on.set()
    assert told == ()


@pytest.mark.parametrize("error", [OSError("No space left on device"), SystemExit(1)])
def test_where_nobody_can_be_told_of_the_first_index_the_next_ones_are_answered_from_all_the_same(
    new_live: NewLive, store: Store, make_case: MakeCase, error: BaseException
) -> None:
    told: list[int] = []

    def on_first(current: Current) -> None:
        told.append(current.version)
        raise error

    live = new_live(on_first=on_first)
    assert eventually(lambda: told)
    store.apply(put=[make_case("a")], who="editor")
    assert eventually(lambda: at(live, 1))
    assert told == [0]


def test_each_worker_answers_with_what_is_published(
    new_live: NewLive, store: Store, make_case: MakeCase
) -> None:
    workers = [new_live() for _ in range(3)]
    for version, case_id in enumerate(("a", "b", "c"), start=1):
        store.apply(put=[make_case(case_id)], who="editor")
        assert all(eventually(partial(at, w, version)) for w in workers)
    store.apply(retract={"b": "wrong"}, who="editor", confirm=True)
    assert all(eventually(partial(at, w, 4)) for w in workers)
    for worker in workers:
        assert worker.current is not None
        assert [case.id for case in worker.current.index.cases()] == ["a", "c"]
        assert worker.current.published_at == store.published().published_at
        outcome = worker.current.index.match([Sentence("s", make_case("a").claim)])
        assert outcome.matches[0].case_id == "a"
    assert len({worker.current.index.digest for worker in workers if worker.current}) == 1


def test_an_index_followed_step_by_step_equals_one_built_at_once(
    new_live: NewLive, store: Store, make_case: MakeCase
) -> None:
    live = new_live()
    for version in range(1, 6):
        store.apply(
            put=[make_case(f"case-{version}"), make_case("moving", f"Wording {version}.")],
            retract={f"case-{version - 2}": None} if version > 2 else {},
            who="editor",
            confirm=True,
        )
        assert eventually(partial(at, live, version))
    assert live.current is not None
    assert live.current.index.digest == Index.build(store.cases()[1]).digest


def whole(live: Live, version: int) -> bool:
    return at(live, version) and live.current is not None and live.current.index.whole


def test_what_stands_beside_is_compiled_and_mapped_by_all(
    new_live: NewLive, store: Store, make_case: MakeCase
) -> None:
    store.apply(put=[make_case("a"), make_case("b")], who="editor")
    workers = [new_live() for _ in range(3)]
    assert all(eventually(partial(whole, w, 1)) for w in workers)
    store.apply(put=[make_case("b", "Anew.")], retract={"a": "why"}, who="editor", confirm=True)
    assert all(eventually(partial(whole, w, 2)) for w in workers)
    for worker in workers:
        assert worker.current is not None
        assert worker.current.base is None
        assert [case.claim for case in worker.current.index.cases()] == ["Anew."]


def test_publications_while_a_snapshot_is_made_are_answered_from_all_the_same(
    new_live: NewLive, store: Store, make_case: MakeCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.apply(put=[make_case("a")], who="editor")
    workers = [new_live() for _ in range(2)]
    assert all(eventually(partial(whole, w, 1)) for w in workers)
    begun, go_on = threading.Event(), threading.Event()
    save = Index.save

    def slow(self: Index, folder: Path) -> None:
        begun.set()
        go_on.wait(HANG_S)
        save(self, folder)

    monkeypatch.setattr(Index, "save", slow)
    store.apply(put=[make_case("b")], who="editor")
    assert begun.wait(HANG_S)
    for version in range(3, 6):
        store.apply(put=[make_case(f"late-{version}")], who="editor")
        assert all(eventually(partial(at, w, version)) for w in workers)
    assert not any(whole(w, 5) for w in workers)
    assert all(w.problems() == () for w in workers)
    go_on.set()
    assert all(eventually(partial(whole, w, 5)) for w in workers)
    digests = {w.current.index.digest for w in workers if w.current}
    assert digests == {Index.build(store.cases()[1]).digest}


def test_many_changes_are_read_by_the_compiler_alone(
    new_live: NewLive, store: Store, make_case: MakeCase
) -> None:
    store.apply(put=[make_case("a")], who="editor")
    live = new_live()
    assert eventually(partial(at, live, 1))
    store.apply(put=[make_case(f"case-{n}") for n in range(MOST_BESIDE + 1)], who="editor")
    assert eventually(partial(at, live, 2))
    assert whole(live, 2)


def test_old_snapshots_are_cleared_away(
    new_live: NewLive, store: Store, make_case: MakeCase, snapshots: Path
) -> None:
    live = new_live()
    for version in range(1, 5):
        store.apply(put=[make_case(f"case-{version}")], who="editor")
        assert eventually(partial(whole, live, version))
    kept = ["00000003", "00000004"]  # cleared once the new one is there, which workers see first
    assert eventually(lambda: sorted(path.name[:8] for path in snapshots.glob("0*")) == kept)


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


def test_another_database_with_the_same_version_number_is_noticed(
    new_live: NewLive, store: Store, raw_redis: redis.Redis, make_case: MakeCase
) -> None:
    store.apply(put=[make_case("a")], who="editor")
    live = new_live()
    assert eventually(lambda: at(live, 1))
    raw_redis.flushdb()
    store.apply(put=[make_case("b")], who="editor")
    assert eventually(lambda: live.current and "b" in live.current.index)
    assert live.current is not None
    assert "a" not in live.current.index


def test_when_the_worker_that_compiles_ends_another_takes_over(
    new_live: NewLive, store: Store, make_case: MakeCase
) -> None:
    first, second = new_live(), new_live()
    assert eventually(lambda: at(first, 0) and at(second, 0))
    first.stop()
    store.apply(put=[make_case("a")], who="editor")
    assert eventually(lambda: at(second, 1))
