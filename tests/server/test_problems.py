"""One shape for every error of every route, and a page that explains each kind."""

from __future__ import annotations

import re
from typing import Any

import pytest
from werkzeug.exceptions import default_exceptions
from werkzeug.test import TestResponse

from server.openapi import operations
from server.problems import KINDS
from server.wire.operations import ProblemAnswer
from tests.server.conftest import Service

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "FROB")
KEYS = {"type", "title", "status", "detail", "instance", "errors"}


def assert_problem(answer: TestResponse) -> Any:
    assert answer.mimetype == "application/problem+json", (answer.status, answer.text)
    problem = answer.get_json()
    assert set(problem) >= KEYS
    ProblemAnswer.model_validate(problem)
    assert problem["status"] == answer.status_code
    assert problem["title"]
    assert problem["detail"]
    assert answer.headers["Cache-Control"] == "no-store"
    return problem


def addresses(service: Service) -> list[str]:
    rules = {rule.rule for rule in service.app.url_map.iter_rules()}
    filled = {re.sub(r"<int:\w+>", "7", rule) for rule in rules}
    return sorted(
        {re.sub(r"<[\w:]+>", "absent", rule) for rule in filled} | {"/nowhere", "/v1//match"}
    )


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "request_of",
    [
        {},
        {"query_string": "unknown=1"},
        {"data": b"\xff", "content_type": "application/json"},
        {"data": b"x", "content_type": "text/plain"},
        {"headers": {"Accept": "image/png", "If-Match": "?", "Authorization": "Bearer x"}},
    ],
    ids=["bare", "unknown parameter", "bad body", "other media type", "odd headers"],
)
def test_every_refusal_of_every_route_has_the_same_shape(
    reading: Service, method: str, request_of: dict[str, Any]
) -> None:
    for path in addresses(reading):
        answer = reading.client.open(path, method=method, **request_of)
        if answer.status_code >= 400:
            problem = assert_problem(answer)
            assert answer.status_code < 500
            assert problem["instance"] == path
        else:
            assert answer.status_code == 200


@pytest.mark.parametrize("status", sorted(default_exceptions))
def test_whatever_the_framework_refuses_has_the_same_shape(service: Service, status: int) -> None:
    def fail() -> str:
        raise default_exceptions[status]

    service.app.add_url_rule("/fail", view_func=fail)
    problem = assert_problem(service.client.get("/fail"))
    assert problem["status"] == status


def test_exception_that_nobody_expected_has_the_same_shape(service: Service) -> None:
    def fail() -> str:
        return str(1 / 0)

    service.app.add_url_rule("/fail", view_func=fail)
    problem = assert_problem(service.client.get("/fail"))
    assert (problem["status"], problem["type"]) == (500, "/docs#internal")


def test_refused_method_names_those_allowed(reading: Service) -> None:
    answer = reading.client.delete("/v1/match")
    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) == {"OPTIONS", "POST"}
    assert "DELETE" in answer.get_json()["detail"]


def test_header_of_a_framework_error_is_kept(service: Service) -> None:
    def fail() -> str:
        raise default_exceptions[429](retry_after=7)  # type: ignore[call-arg]

    service.app.add_url_rule("/fail", view_func=fail)
    answer = service.client.get("/fail")
    assert answer.headers["Retry-After"] == "7"
    assert answer.get_json()["type"] == "/docs#too-many-requests"


def test_each_kind_is_explained_where_its_type_leads(reading: Service) -> None:
    page = reading.client.get("/docs").text
    assert len({kind.slug for kind in KINDS}) == len(KINDS)
    for kind in KINDS:
        assert f'id="{kind.slug}"' in page
        assert kind.type == f"/docs#{kind.slug}"


def test_statuses_that_routes_declare_are_of_known_kinds(reading: Service) -> None:
    known = {kind.status for kind in KINDS}
    for path, method, promise in operations(reading.app):
        assert set(promise.problems) <= known, (method, path)


def test_address_that_is_echoed_cannot_be_more_than_an_address(reading: Service) -> None:
    answer = reading.client.get("/%3Cscript%3E%E2%80%AE%FF")
    problem = assert_problem(answer)
    assert re.fullmatch(r"[\x21-\x7e]+", problem["instance"])


@pytest.mark.parametrize(
    ("headers", "status"), [({"If-Match": '"x"'}, 412), ({"Range": "bytes=9999999-"}, 416)]
)
def test_refusal_of_a_file_has_the_one_shape_too(
    reading: Service, headers: dict[str, str], status: int
) -> None:
    answer = reading.client.get("/static/claimlight.css", headers=headers, buffered=True)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert answer.get_json()["status"] == status
    assert "Content-Security-Policy" in answer.headers
