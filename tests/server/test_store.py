from __future__ import annotations

import datetime as dt
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matcher.case import Case
from server.embedded import Embedded
from server.errors import (
    Conflict,
    NeedsConfirmation,
    RevertConflict,
    Unavailable,
    Unconfirmed,
    UnknownVersion,
    Unreadable,
)
from server.store import Published, Store
from server.store.step import execute
from tests.waiting import eventually

MakeCase = Callable[..., Case]

SOON_S = 2.0
"""How long to wait for a Redis that hangs: longer than a healthy one takes on a busy machine."""

IDS = ["a", "b", "c", "d"]
STEP = st.one_of(
    st.tuples(
        st.just("apply"),
        st.dictionaries(
            st.sampled_from(IDS), st.one_of(st.none(), st.sampled_from(["one", "two", "three"]))
        ),
    ),
    st.tuples(st.just("revert"), st.integers(1, 8)),
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(STEP, max_size=8))
def test_any_course_of_pushes_retractions_and_reverts_is_what_a_plain_dict_says(
    store: Store,
    raw_redis: redis.Redis,
    make_case: MakeCase,
    steps: list[tuple[str, dict[str, str | None] | int]],
) -> None:
    raw_redis.flushdb()
    model: dict[str, str] = {}
    states: list[dict[str, str]] = [{}]
    retracted: set[str] = set()
    seen: list[Published] = [store.published()]
    for kind, what in steps:
        wanted = dict(model)
        if kind == "apply":
            assert isinstance(what, dict)
            for case_id, text in what.items():
                if text is None:
                    wanted.pop(case_id, None)
                else:
                    wanted[case_id] = text
            version, difference = store.apply(
                put=[make_case(case_id, text) for case_id, text in what.items() if text],
                retract={case_id: "why" for case_id, text in what.items() if text is None},
                who="editor",
                confirm=True,
            )
            assert set(difference.unchanged) | set(difference.unknown) == {
                case_id for case_id in what if model.get(case_id) == wanted.get(case_id)
            }
        else:
            assert isinstance(what, int)
            if what >= len(states):
                with pytest.raises(UnknownVersion):
                    store.revert(what, who="editor", confirm=True)
                continue
            before, after = states[what - 1], states[what]
            touched = {i for i in IDS if before.get(i) != after.get(i)}
            moved = sorted(i for i in touched if model.get(i) != after.get(i))
            if moved:
                with pytest.raises(RevertConflict) as caught:
                    store.revert(what, who="editor", confirm=True)
                assert list(caught.value.ids) == moved
                assert caught.value.version == what
                continue
            for case_id in touched:
                wanted.pop(case_id, None)
                if case_id in before:
                    wanted[case_id] = before[case_id]
            version, difference = store.revert(what, who="editor", confirm=True)
        assert set(difference.added) == set(wanted) - set(model)
        assert set(difference.retracted) == set(model) - set(wanted)
        assert set(difference.changed) == {
            i for i in set(wanted) & set(model) if wanted[i] != model[i]
        }
        retracted = (retracted | set(model)) - set(wanted)
        if wanted != model:
            states.append(wanted)
        model = wanted
        published, cases = store.cases()
        assert {case.id: case.claim for case in cases} == model
        assert version == published.version == len(states) - 1
        assert published.cases == len(model)
        for case_id in IDS:
            assert (store.retraction(case_id) is not None) == (case_id in retracted)
        seen.append(published)
    for old in seen:
        if old.version:
            update = store.update(old)
            assert update is not None
            state = dict(states[old.version])
            for case_id in update.gone:
                state.pop(case_id, None)
            state.update({case.id: case.claim for case in update.put})
            assert state == model
    assert [entry.version for entry in store.history()] == list(range(len(states) - 1, 0, -1))


def test_a_new_store_has_published_nothing(store: Store) -> None:
    published, cases = store.cases()
    assert published.version == 0
    assert published.published_at is None
    assert cases == []
    assert store.history() == []
    assert store.retraction("a") is None


def test_a_push_that_is_repeated_makes_no_second_version(store: Store, make_case: MakeCase) -> None:
    for _ in range(3):
        version, _ = store.apply(put=[make_case("a")], retract={}, who="editor", note=None)
        assert version == 1
    assert len(store.history()) == 1


def test_a_dry_run_tells_the_difference_and_changes_nothing(
    store: Store, make_case: MakeCase
) -> None:
    store.apply(put=[make_case("a"), make_case("b")], who="editor")
    version, difference = store.apply(
        put=[make_case("a", "Another wording."), make_case("c")],
        retract={"b": None, "nobody": None},
        who="editor",
        dry_run=True,
    )
    assert version == 1
    assert difference.added == ("c",)
    assert difference.changed == ("a",)
    assert difference.retracted == ("b",)
    assert difference.unknown == ("nobody",)
    assert [case.id for case in store.cases()[1]] == ["a", "b"]


def test_the_history_tells_who_when_why_and_each_case_before_and_after(
    store: Store, make_case: MakeCase
) -> None:
    old, new = make_case("a"), make_case("a", "Another wording.")
    store.apply(put=[old], who="Ada", note="first")
    store.apply(put=[new], who="Bob", note="fix", confirm=True)
    newest, oldest = store.history()
    assert (newest.who, newest.note, newest.difference.changed) == ("Bob", "fix", ("a",))
    assert (oldest.who, oldest.note, oldest.difference.added) == ("Ada", "first", ("a",))
    assert dt.datetime.now(dt.UTC) - newest.when < dt.timedelta(minutes=1)
    changeset = store.changeset(2)
    assert changeset.before == {"a": old}
    assert changeset.after == {"a": new}
    assert store.changeset(1).before == {"a": None}
    assert [entry.version for entry in store.history(limit=1)] == [2]
    assert [entry.version for entry in store.history(before=2)] == [1]
    with pytest.raises(UnknownVersion):
        store.changeset(3)


def test_a_retracted_case_keeps_its_date_and_note(store: Store, make_case: MakeCase) -> None:
    store.apply(put=[make_case("a")], who="editor")
    store.apply(retract={"a": "The publisher corrected it."}, who="editor", confirm=True)
    retraction = store.retraction("a")
    assert retraction is not None
    assert retraction.note == "The publisher corrected it."
    assert dt.datetime.now(dt.UTC) - retraction.when < dt.timedelta(minutes=1)
    store.apply(put=[make_case("a")], who="editor")
    assert store.retraction("a") is None


def test_touching_more_than_a_tenth_of_the_cases_needs_confirmation(
    store: Store, make_case: MakeCase
) -> None:
    ids = [f"case-{number}" for number in range(20)]
    store.apply(put=[make_case(case_id) for case_id in ids], who="editor")
    store.apply(retract=dict.fromkeys(ids[:2]), who="editor")
    with pytest.raises(NeedsConfirmation, match="17%"):
        store.apply(retract=dict.fromkeys(ids[2:5]), who="editor")
    with pytest.raises(NeedsConfirmation):
        store.apply(put=[make_case(case_id, "Changed.") for case_id in ids[2:]], who="editor")
    version, _ = store.apply(retract=dict.fromkeys(ids[2:5]), who="editor", confirm=True)
    assert version == 3


def test_an_editor_who_started_from_an_older_version_is_told(
    store: Store, make_case: MakeCase
) -> None:
    store.apply(put=[make_case("a")], who="Ada", expected_version=0)
    with pytest.raises(Conflict) as caught:
        store.apply(put=[make_case("b")], who="Bob", expected_version=0)
    assert (caught.value.expected, caught.value.found) == (0, 1)


def test_of_editors_who_push_at_the_same_moment_one_wins_and_the_others_lose_nothing(
    redis_url: str, store: Store, make_case: MakeCase
) -> None:
    outcomes: list[str] = []
    barrier = threading.Barrier(4)

    def push(name: str) -> None:
        own = Store(redis_url)
        barrier.wait()
        try:
            own.apply(put=[make_case(name)], who=name, expected_version=0)
            outcomes.append("won")
        except Conflict:
            outcomes.append("conflict")
        own.close()

    threads = [threading.Thread(target=push, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["conflict", "conflict", "conflict", "won"]
    assert store.published().version == 1


def test_editors_who_expect_nothing_all_get_through(
    redis_url: str, store: Store, make_case: MakeCase
) -> None:
    def push(name: str) -> None:
        own = Store(redis_url)
        for number in range(5):
            own.apply(put=[make_case(f"{name}-{number}")], who=name)
        own.close()

    threads = [threading.Thread(target=push, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    published, cases = store.cases()
    assert published.version == published.cases == len(cases) == 15


def test_one_id_twice_in_a_changeset_is_refused(store: Store, make_case: MakeCase) -> None:
    with pytest.raises(ValueError, match="twice"):
        store.apply(put=[make_case("a"), make_case("a")], who="editor")
    with pytest.raises(ValueError, match="twice"):
        store.apply(put=[make_case("a")], retract={"a": None}, who="editor")


def test_corrupt_rows_do_not_take_the_others_down(
    store: Store, raw_redis: redis.Redis, make_case: MakeCase
) -> None:
    store.apply(put=[make_case(case_id) for case_id in "abcd"], who="editor")
    good = raw_redis.hget("claimlight:cases", "d")
    assert good is not None
    raw_redis.hset("claimlight:cases", mapping={"a": b"\xff\x00", "b": b'{"id": "b"}', "c": good})
    contents = store.contents()
    assert [case.id for case in contents.cases] == ["d"]
    assert contents.unreadable == ("a", "b", "c")
    version, difference = store.apply(put=[make_case("a")], who="editor", confirm=True)
    assert (version, difference.changed) == (2, ("a",))
    raw_redis.hset("claimlight:log", "1", b"nonsense")
    assert [entry.version for entry in store.history()] == [2]


def test_a_key_that_is_not_ours_is_told(store: Store, raw_redis: redis.Redis) -> None:
    raw_redis.set("claimlight:head", b"nonsense")
    with pytest.raises(Unreadable):
        store.published()
    raw_redis.delete("claimlight:head")
    raw_redis.set("claimlight:cases", b"nonsense")
    with pytest.raises(Unreadable):
        store.contents()


def test_another_database_is_never_taken_for_an_update(
    store: Store, raw_redis: redis.Redis, make_case: MakeCase
) -> None:
    store.apply(put=[make_case("a")], who="editor")
    before = store.published()
    raw_redis.flushdb()
    store.apply(put=[make_case("b")], who="editor")
    assert store.published().version == before.version
    assert store.update(before) is None


def test_a_published_version_is_announced(
    redis_url: str, store: Store, make_case: MakeCase
) -> None:
    with store.listen() as listener:
        while listener.wait(0.05):
            pass
        other = Store(redis_url)
        other.apply(put=[make_case("a")], who="editor")
        assert any(listener.wait(1.0) for _ in range(5))
        other.close()


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[Embedded]:
    with Embedded(tmp_path) as embedded:
        yield embedded


def test_a_store_is_closed_beside_threads_that_still_use_it(store: Store) -> None:
    closed, failed = threading.Event(), []

    def use(once: Callable[[], object]) -> None:
        try:
            while not closed.is_set():
                once()
        except Exception as error:
            failed.append(error)

    with store.listen() as listener:
        uses: list[Callable[[], object]] = [store.published, lambda: listener.wait(0.001)]
        threads = [threading.Thread(target=use, args=[once]) for once in uses]
        for thread in threads:
            thread.start()
        for _ in range(500):
            store.close()
            time.sleep(0.001)
        closed.set()
        for thread in threads:
            thread.join()
    assert failed == []


def test_while_redis_is_away_each_call_ends_soon_and_says_so(
    own_redis: Embedded, make_case: MakeCase
) -> None:
    store = Store(own_redis.url)
    store.apply(put=[make_case("a")], who="editor")
    own_redis.stop()
    for call in (
        store.published,
        store.contents,
        store.history,
        lambda: store.tokens.verify("x"),
        lambda: store.apply(put=[make_case("b")], who="editor"),
    ):
        with pytest.raises(Unavailable):
            call()
    with store.listen() as listener:
        assert not listener.wait(0.05)
    own_redis.start()
    assert store.published().version == 1
    store.close()


def test_a_redis_that_hangs_before_the_step_has_changed_nothing(
    own_redis: Embedded, make_case: MakeCase
) -> None:
    store = Store(own_redis.url, answer_timeout_s=SOON_S)
    assert own_redis.pid is not None
    store.published()
    os.kill(own_redis.pid, signal.SIGSTOP)
    try:
        with pytest.raises(Unavailable):
            store.apply(put=[make_case("a")], who="editor")
    finally:
        os.kill(own_redis.pid, signal.SIGCONT)
    assert store.published().version == 0
    store.close()


def test_a_step_whose_answer_is_lost_is_unconfirmed_and_can_be_pushed_again(
    own_redis: Embedded, make_case: MakeCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(own_redis.url, answer_timeout_s=SOON_S)

    def stopped_before(pipe: redis.client.Pipeline) -> bool:
        assert own_redis.pid is not None
        os.kill(own_redis.pid, signal.SIGSTOP)
        return execute(pipe)

    monkeypatch.setattr("server.store.store.execute", stopped_before)
    try:
        with pytest.raises(Unconfirmed):
            store.apply(put=[make_case("a")], who="editor")
    finally:
        assert own_redis.pid is not None
        os.kill(own_redis.pid, signal.SIGCONT)
    monkeypatch.undo()
    assert store.apply(put=[make_case("a")], who="editor")[0] == 1
    assert len(store.cases()[1]) == 1
    store.close()


@pytest.fixture
def replica(own_redis: Embedded, tmp_path: Path) -> Iterator[tuple[Embedded, Embedded]]:
    folder = tmp_path / "replica"
    folder.mkdir()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (
        Embedded(folder) as follower,
        redis.Redis.from_url(own_redis.url) as primary,
        redis.Redis.from_url(follower.url) as client,
    ):
        primary.config_set("port", port)
        client.replicaof("127.0.0.1", port)  # it asks for a copy about once a second
        primary.config_set("repl-diskless-sync-delay", 0)
        assert eventually(lambda: client.info("replication")["master_link_status"] == "up")
        yield own_redis, follower


def test_with_a_replica_a_push_is_acknowledged_once_it_is_there_too(
    replica: tuple[Embedded, Embedded], make_case: MakeCase
) -> None:
    primary, follower = replica
    store, copy = Store(primary.url), Store(follower.url)
    version, _ = store.apply(put=[make_case("a")], who="editor")
    assert copy.published().version == version == 1
    assert follower.pid is not None
    os.kill(follower.pid, signal.SIGSTOP)
    try:
        with pytest.raises(Unconfirmed):
            store.apply(put=[make_case("b")], who="editor")
    finally:
        os.kill(follower.pid, signal.SIGCONT)
    assert store.apply(put=[make_case("b")], who="editor")[0] == 2
    store.close()
    copy.close()
