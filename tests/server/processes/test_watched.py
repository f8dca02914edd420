"""What an operator sees of a running service: metrics of all workers, the log, request ids."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from prometheus_client.parser import text_string_to_metric_families

from matcher.case import Case
from tests.waiting import HANG_S

MakeCase = Callable[..., Case]
NewService = Callable[..., Any]
Eventually = Callable[..., bool]

SECRET = "Xylophonwald"
BEGUN = (
    b"POST /v1/match HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    b"Content-Length: 50\r\n\r\n{"
)


@pytest.fixture
def metrics_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def measured(port: int) -> dict[str, float]:
    """All samples, by name and labels."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=HANG_S) as answer:
        text = answer.read().decode()
    assert SECRET not in text
    return {
        sample.name + "".join(f" {value}" for _, value in sorted(sample.labels.items())): (
            sample.value
        )
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_metrics_are_right_across_workers_and_outlive_one_that_is_killed(
    new_service: NewService, eventually: Eventually, make_case: MakeCase, metrics_port: int
) -> None:
    service = new_service(CLAIMLIGHT_METRICS=f"127.0.0.1:{metrics_port}")
    assert eventually(lambda: len(service.workers) == 2)
    assert service.push(make_case("kept"))[0] == 200
    assert eventually(lambda: measured(metrics_port).get("claimlight_index_version") == 2)
    claim = make_case("kept").claim
    before = measured(metrics_port)
    for _ in range(40):  # each on a connection of its own, so that both workers have some
        assert service.match(claim, f"My secret is {SECRET}.")[0] == 200
    assert service.ask("/v1/cases/none-such")[0] == 404
    assert service.ask(f"/{SECRET}")[0] == 404

    told = measured(metrics_port)

    def grown(name: str) -> float:
        return told.get(name, 0) - before.get(name, 0)

    assert grown("claimlight_sentences_total") == 80
    assert grown("claimlight_hints_total match") == 40
    assert grown("claimlight_request_seconds_count POST /v1/match 200") == 40
    assert grown("claimlight_request_seconds_count GET /v1/cases/<case_id> 404") == 1
    assert grown("claimlight_request_seconds_count none none 404") == 1
    assert all(
        grown(f"claimlight_stage_seconds_count {stage}") == 40
        for stage in ("wait", "read", "match", "write")
    )
    assert told["claimlight_index_cases"] == 4
    assert told["claimlight_stale_seconds"] == 0
    assert told["claimlight_publications_total published"] == 2  # the starter cases, and one more

    os.kill(service.workers[0], signal.SIGKILL)
    assert eventually(lambda: measured(metrics_port)["claimlight_workers_ended_total"] == 1)
    assert eventually(lambda: len(service.workers) == 2)
    assert (
        measured(metrics_port)["claimlight_sentences_total"] == told["claimlight_sentences_total"]
    )
    assert service.stop() == 0


def test_metrics_tell_of_a_redis_that_is_away(
    new_service: NewService, eventually: Eventually, metrics_port: int
) -> None:
    service = new_service(CLAIMLIGHT_METRICS=f"127.0.0.1:{metrics_port}", CLAIMLIGHT_WORKERS="1")
    os.kill(service.redis_pid, signal.SIGSTOP)
    assert eventually(lambda: measured(metrics_port)["claimlight_stale_seconds"] > 0)
    assert measured(metrics_port)["claimlight_redis_errors_total away"] >= 1
    os.kill(service.redis_pid, signal.SIGCONT)
    assert eventually(lambda: measured(metrics_port)["claimlight_stale_seconds"] == 0)


def test_metrics_are_told_while_a_process_is_about_to_count(
    new_service: NewService, metrics_port: int, tmp_path: Path
) -> None:
    new_service(CLAIMLIGHT_METRICS=f"127.0.0.1:{metrics_port}", TMPDIR=str(tmp_path))
    (counts,) = {file.parent for file in tmp_path.glob("*/*.db")}
    (counts / "counter_1.db").touch()  # as it is before its first count
    assert "claimlight_index_version" in measured(metrics_port)


def test_metrics_are_told_on_their_own_address_alone_and_leave_nothing_behind(
    new_service: NewService, metrics_port: int, tmp_path: Path
) -> None:
    service = new_service(CLAIMLIGHT_METRICS=f"127.0.0.1:{metrics_port}", TMPDIR=str(tmp_path))
    assert service.ask("/metrics")[0] == 404
    assert len(list(tmp_path.glob("claimlight-metrics-*"))) == 1
    assert service.stop() == 0
    assert list(tmp_path.glob("claimlight-metrics-*")) == []


def test_a_log_for_programs_is_an_object_a_line_without_text_or_address(
    new_service: NewService, make_case: MakeCase, eventually: Eventually
) -> None:
    service = new_service(
        CLAIMLIGHT_LOG_FORMAT="json",
        CLAIMLIGHT_ACCESS_LOG="yes",
        CLAIMLIGHT_TRUSTED_PROXIES="127.0.0.1",
    )
    assert service.match(f"My secret is {SECRET}.")[0] == 200
    assert service.ask(f"/v1/cases?query={SECRET}", **{"X-Forwarded-For": "203.0.113.9"})[0] == 200
    assert service.ask(f"/v1/cases/{SECRET}", **{"X-Request-Id": "from-the-proxy"})[0] == 404
    address = service.address
    os.kill(service.redis_pid, signal.SIGKILL)
    os.kill(service.workers[0], signal.SIGKILL)
    assert eventually(lambda: "gunicorn.error" in service.log.read_text())
    service.stop()
    told = service.log.read_text()
    assert SECRET not in told
    assert "203.0.113.9" not in told
    rows = [json.loads(line) for line in told.splitlines()]
    assert all({"time", "level", "logger", "message"} <= set(row) for row in rows)
    asked = [row for row in rows if row["logger"] == "claimlight.request"]
    (match,) = [row for row in asked if row["route"] == "/v1/match"]
    assert (match["method"], match["status"], match["sentences"]) == ("POST", 200, 1)
    assert match["ms"] > 0
    (absent,) = [row for row in asked if row["route"] == "/v1/cases/<case_id>"]
    assert (absent["status"], absent["request_id"]) == (404, "from-the-proxy")
    assert len({row["request_id"] for row in asked}) == len(asked)
    assert any(row["logger"] == "gunicorn.error" for row in rows)
    assert any(row["message"].startswith(f"ready at {address}") for row in rows)


def test_a_client_cannot_choose_the_id_of_its_request(new_service: NewService) -> None:
    service = new_service(CLAIMLIGHT_WORKERS="1")
    parts = urlsplit(service.address)
    found = []
    for given in ("mine", "x" * 5_000, ""):
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=HANG_S)
        connection.request("GET", "/healthz", headers={"X-Request-Id": given})
        response = connection.getresponse()
        found.append(response.headers["X-Request-Id"])
        connection.close()
    assert given not in found
    assert len(set(found)) == 3


def test_silent_clients_do_not_keep_others_from_being_answered(
    new_service: NewService, eventually: Eventually
) -> None:
    """More than a worker has threads: some send nothing, some stop within the head or the body."""
    service = new_service(CLAIMLIGHT_WORKERS="1")
    parts = urlsplit(service.address)
    beginnings = (
        b"",
        b"GET /healthz HT",
        BEGUN,
    )
    with contextlib.ExitStack() as stack:
        for number in range(90):
            one = stack.enter_context(
                socket.create_connection((parts.hostname, parts.port), timeout=HANG_S)
            )
            one.sendall(beginnings[number % 3])
        assert eventually(service.ready)  # once the silent ones are given up
    assert service.match("And then again at once.")[0] == 200
    assert "Traceback" not in service.log.read_text()


def test_a_body_that_stops_coming_is_told_so(new_service: NewService) -> None:
    service = new_service(CLAIMLIGHT_WORKERS="1")
    parts = urlsplit(service.address)
    with socket.create_connection((parts.hostname, parts.port), timeout=HANG_S) as slow:
        slow.sendall(BEGUN)
        answer = slow.recv(2_000).decode()
    assert answer.startswith("HTTP/1.1 408 ")
    assert "application/problem+json" in answer
