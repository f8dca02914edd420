"""A Redis that is away, hangs, has a replica, or holds what is not ours."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from click.testing import CliRunner

from matcher.case import Case
from server.cli import main
from server.embedded import Embedded
from server.errors import Unavailable, Unconfirmed, Unreadable
from server.store import Role, Store
from server.store.step import execute
from tests.waiting import eventually

MakeCase = Callable[..., Case]

SOON_S = 2.0
"""How long to wait for a Redis that hangs: longer than a healthy one takes on a busy machine."""


def stopped_before(redis_: Embedded) -> Callable[[redis.client.Pipeline], bool]:
    """A step that is sent to a Redis which has just been stopped."""

    def send(pipe: redis.client.Pipeline) -> bool:
        assert redis_.pid is not None
        os.kill(redis_.pid, signal.SIGSTOP)
        return execute(pipe)

    return send


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


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[Embedded]:
    with Embedded(tmp_path) as embedded:
        yield embedded


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

    monkeypatch.setattr("server.store.store.execute", stopped_before(own_redis))
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


def test_with_a_replica_a_token_is_made_and_revoked_once_that_is_there_too(
    replica: tuple[Embedded, Embedded],
) -> None:
    primary, follower = replica
    store, copy = Store(primary.url), Store(follower.url)
    plain = store.tokens.create("Ada", Role.EDITOR)
    assert copy.tokens.verify(plain) is not None
    assert store.tokens.revoke("Ada")
    assert copy.tokens.verify(plain) is None
    store.tokens.create("Bob", Role.OWNER)
    assert follower.pid is not None
    os.kill(follower.pid, signal.SIGSTOP)
    try:
        with pytest.raises(Unconfirmed, match="'Ada' is made: revoke it, and make it again"):
            store.tokens.create("Ada", Role.EDITOR)
        for _ in range(2):  # the second time nothing is left to do, and that is confirmed no more
            with pytest.raises(Unconfirmed, match="'Bob' is revoked: it may still be good"):
                store.tokens.revoke("Bob")
        told = CliRunner().invoke(main, ["token", "revoke", "Ada", "--redis-url", primary.url])
        assert told.exit_code != 0
        assert "it may still be good; revoke it again" in told.stderr
    finally:
        os.kill(follower.pid, signal.SIGCONT)
    assert not store.tokens.revoke("Bob")
    assert copy.tokens.list() == []
    store.close()
    copy.close()


def test_a_token_is_unconfirmed_where_the_answer_of_redis_is_lost(
    own_redis: Embedded, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(own_redis.url, answer_timeout_s=SOON_S)

    monkeypatch.setattr("server.store.tokens.execute", stopped_before(own_redis))
    try:
        with pytest.raises(Unconfirmed):
            store.tokens.create("Ada", Role.EDITOR)
    finally:
        assert own_redis.pid is not None
        os.kill(own_redis.pid, signal.SIGCONT)
    monkeypatch.undo()
    store.tokens.revoke("Ada")
    assert store.tokens.verify(store.tokens.create("Ada", Role.EDITOR)) is not None
    store.close()
