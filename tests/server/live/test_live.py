from __future__ import annotations

import threading
from functools import partial
from pathlib import Path

import pytest
import redis

from matcher.index import Index
from matcher.types import Sentence
from server.live import MOST_BESIDE
from server.snapshots import Current
from server.store import Store
from tests.server.live.conftest import MakeCase, NewLive, at, whole
from tests.waiting import HANG_S, eventually


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
