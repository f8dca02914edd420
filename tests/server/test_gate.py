"""A bounded queue: some wait, the others are told to come back, probes are always answered."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask

from server import match, problems, watch
from server.gate import Gate
from server.problems import Problem
from tests.server.conftest import Service
from tests.waiting import HANG_S


@contextmanager
def held(gate: Gate) -> Iterator[None]:
    """Somebody has a turn, in a thread of their own."""
    came, go = threading.Event(), threading.Event()

    def hold() -> None:
        with gate.turn():
            came.set()
            go.wait(HANG_S)

    thread = threading.Thread(target=hold)
    thread.start()
    assert came.wait(HANG_S)
    try:
        yield
    finally:
        go.set()
        thread.join()


def test_who_finds_a_free_place_waits_and_gets_its_turn() -> None:
    gate = Gate(at_work=1, waiting=1, patience_s=HANG_S)
    served = threading.Event()

    def ask() -> None:
        with gate.turn():
            served.set()

    with held(gate):
        thread = threading.Thread(target=ask)
        thread.start()
        assert not served.wait(0.05)
    thread.join(HANG_S)
    assert served.is_set()


def test_who_finds_the_queue_full_is_told_so_at_once() -> None:
    gate = Gate(at_work=1, waiting=0, patience_s=60)
    with held(gate), pytest.raises(Problem) as refused, gate.turn():
        pass
    assert refused.value.kind.status == 503
    assert refused.value.headers["Retry-After"] == "2"
    with gate.turn():
        pass  # nothing is left behind


def test_nobody_waits_for_ever() -> None:
    gate = Gate(at_work=1, waiting=1, patience_s=0.01)
    for _ in range(3):
        with held(gate), pytest.raises(Problem), gate.turn():
            pass


def test_a_fault_within_a_turn_gives_it_back() -> None:
    gate = Gate(at_work=1, waiting=0)
    for _ in range(5):
        with pytest.raises(KeyError), gate.turn():
            raise KeyError


def test_an_overloaded_service_refuses_text_with_a_problem_and_says_when_to_come_back(
    reading: Service,
) -> None:
    gate = Gate(at_work=1, waiting=0)
    app = Flask(__name__)
    watch.register(app, ())
    problems.register(app)
    app.register_blueprint(match.blueprint(reading.live, gate))
    with held(gate):
        refused = app.test_client().post("/v1/match", json={"text": "x"})
    assert refused.status_code == 503
    assert refused.get_json()["type"] == "/docs#overloaded"
    assert refused.headers["Retry-After"] == "2"
