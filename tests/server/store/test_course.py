"""Any course of steps at the store beside a plain dict that takes the same ones."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matcher.case import Case
from server.errors import RevertConflict, UnknownVersion
from server.store import Difference, Published, Store

MakeCase = Callable[..., Case]
Push = dict[str, str | None]
"""A claim for each case that is put, ``None`` for each that is retracted."""

IDS = ["a", "b", "c", "d"]
STEP = st.one_of(
    st.dictionaries(
        st.sampled_from(IDS), st.one_of(st.none(), st.sampled_from(["one", "two", "three"]))
    ),
    st.integers(1, 8),
)
"""A push, or the version to take back."""


class Model:
    """What the store should hold: each version as a dict from case to claim."""

    def __init__(self) -> None:
        self.versions: list[dict[str, str]] = [{}]
        self.retracted: set[str] = set()

    @property
    def now(self) -> dict[str, str]:
        return self.versions[-1]

    def touched(self, version: int) -> set[str]:
        before, after = self.versions[version - 1 : version + 1]
        return {i for i in IDS if before.get(i) != after.get(i)}

    def push(self, what: Push) -> None:
        self._become({i: text for i, text in (self.now | what).items() if text is not None})

    def revert(self, version: int) -> None:
        touched, before = self.touched(version), self.versions[version - 1]
        others = {i: text for i, text in self.now.items() if i not in touched}
        self._become(others | {i: before[i] for i in touched & set(before)})

    def _become(self, wanted: dict[str, str]) -> None:
        self.retracted = (self.retracted | set(self.now)) - set(wanted)
        if wanted != self.now:
            self.versions.append(wanted)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(STEP, max_size=8))
def test_any_course_of_pushes_retractions_and_reverts_is_what_a_plain_dict_says(
    store: Store, raw_redis: redis.Redis, make_case: MakeCase, steps: list[Push | int]
) -> None:
    raw_redis.flushdb()
    model = Model()
    seen: list[Published] = []
    for step in steps:
        before = model.now
        if isinstance(step, int):
            taken = _revert(store, model, step)
        else:
            taken = _push(store, model, step, make_case)
        if taken is not None:
            seen.append(_agreed(store, model, before, *taken))
    for old in (published for published in seen if published.version):
        update = store.update(old)
        assert update is not None
        kept = {i: t for i, t in model.versions[old.version].items() if i not in update.gone}
        assert kept | {case.id: case.claim for case in update.put} == model.now
    assert [entry.version for entry in store.history()] == list(
        range(len(model.versions) - 1, 0, -1)
    )


def _push(store: Store, model: Model, what: Push, make_case: MakeCase) -> tuple[int, Difference]:
    before = model.now
    model.push(what)
    version, difference = store.apply(
        put=[make_case(case_id, text) for case_id, text in what.items() if text],
        retract={case_id: "why" for case_id, text in what.items() if text is None},
        who="editor",
        confirm=True,
    )
    assert set(difference.unchanged) | set(difference.unknown) == {
        case_id for case_id in what if before.get(case_id) == model.now.get(case_id)
    }
    return version, difference


def _revert(store: Store, model: Model, version: int) -> tuple[int, Difference] | None:
    """``None`` where it must be refused, and is."""
    if version >= len(model.versions):
        with pytest.raises(UnknownVersion):
            store.revert(version, who="editor", confirm=True)
        return None
    left = model.versions[version]
    moved = sorted(i for i in model.touched(version) if model.now.get(i) != left.get(i))
    if moved:
        with pytest.raises(RevertConflict) as caught:
            store.revert(version, who="editor", confirm=True)
        assert list(caught.value.ids) == moved
        assert caught.value.version == version
        return None
    model.revert(version)
    return store.revert(version, who="editor", confirm=True)


def _agreed(
    store: Store, model: Model, before: dict[str, str], version: int, difference: Difference
) -> Published:
    """What is published, which is what the model says, as is the difference."""
    now = model.now
    assert set(difference.added) == set(now) - set(before)
    assert set(difference.retracted) == set(before) - set(now)
    assert set(difference.changed) == {i for i in set(now) & set(before) if now[i] != before[i]}
    published, cases = store.cases()
    assert {case.id: case.claim for case in cases} == now
    assert version == published.version == len(model.versions) - 1
    assert published.cases == len(now)
    for case_id in IDS:
        assert (store.retraction(case_id) is not None) == (case_id in model.retracted)
    return published
