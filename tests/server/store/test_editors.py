"""Several at one store: editors who push at the same moment, listeners, threads."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from matcher.case import Case
from server.errors import Conflict
from server.store import Store

MakeCase = Callable[..., Case]


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
