"""What the store keeps of a push, and what it refuses."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from matcher.case import Case
from server.errors import NeedsConfirmation, UnknownVersion
from server.store import Store

MakeCase = Callable[..., Case]


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


def test_one_id_twice_in_a_changeset_is_refused(store: Store, make_case: MakeCase) -> None:
    with pytest.raises(ValueError, match="twice"):
        store.apply(put=[make_case("a"), make_case("a")], who="editor")
    with pytest.raises(ValueError, match="twice"):
        store.apply(put=[make_case("a")], retract={"a": None}, who="editor")
