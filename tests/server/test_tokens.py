from __future__ import annotations

import datetime as dt
import threading

import pytest
import redis

from server.store import Role, Store


def test_a_token_names_its_editor_until_it_is_revoked(store: Store) -> None:
    plain = store.tokens.create("Ada", Role.EDITOR)
    identity = store.tokens.verify(plain)
    assert identity is not None
    assert (identity.name, identity.role) == ("Ada", Role.EDITOR)
    assert store.tokens.revoke("Ada")
    assert store.tokens.verify(plain) is None
    assert not store.tokens.revoke("Ada")


def test_nothing_but_its_digest_is_kept(store: Store, raw_redis: redis.Redis) -> None:
    plain = store.tokens.create("Ada", Role.OWNER)
    assert len(plain) >= 43
    kept = repr(raw_redis.hgetall("claimlight:tokens"))
    assert plain not in kept
    assert plain.removeprefix("claimlight_") not in kept


@pytest.mark.parametrize("wrong", ["", "claimlight_", "x" * 100_000, "\ud800", "\x00"])
def test_what_is_no_token_names_nobody(store: Store, wrong: str) -> None:
    store.tokens.create("Ada", Role.EDITOR)
    assert store.tokens.verify(wrong) is None


def test_a_token_expires(store: Store) -> None:
    soon = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=0.3)
    plain = store.tokens.create("Ada", Role.EDITOR, expires=soon)
    assert store.tokens.verify(plain) is not None
    threading.Event().wait(0.4)
    assert store.tokens.verify(plain) is None
    assert store.tokens.list()[0].expired


def test_a_name_is_given_once_and_is_fit_to_be_shown(store: Store) -> None:
    store.tokens.create("Ada", Role.EDITOR)
    with pytest.raises(ValueError, match="'Ada' already"):
        store.tokens.create("Ada", Role.OWNER)
    for name in ("", " ", "a\nb", "x" * 101):
        with pytest.raises(ValueError, match="1 to 100"):
            store.tokens.create(name, Role.EDITOR)
    with pytest.raises(ValueError, match="expired already"):
        store.tokens.create("Bob", Role.EDITOR, expires=dt.datetime(2020, 1, 1, tzinfo=dt.UTC))


def test_a_corrupt_row_does_not_lock_the_others_out(store: Store, raw_redis: redis.Redis) -> None:
    plain = store.tokens.create("Ada", Role.EDITOR)
    raw_redis.hset("claimlight:tokens", mapping={"Bob": b"\xff", "Eve": b'{"role": "king"}'})
    assert store.tokens.verify(plain) is not None
    assert [token.name for token in store.tokens.list()] == ["Ada"]
