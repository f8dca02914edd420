"""The OpenAPI document: valid, whole, and true of what is answered."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from server.openapi import operations
from server.store import Role
from tests.server.conftest import MakeCase, Service

PAGES = {"/", "/desk", "/docs", "/openapi.json", "/sample-article", "/static/<path:filename>"}


@pytest.fixture(scope="module")
def document(reading: Service) -> Any:
    return reading.client.get("/openapi.json").get_json()


def conforms(document: Any, body: Any, path: str, method: str = "get") -> None:
    content = document["paths"][path][method]["responses"]["200"]["content"]
    schema = content["application/json"]["schema"] | {"components": document["components"]}
    Draft202012Validator(schema).validate(body)


def test_document_is_valid_openapi_3_1(document: Any) -> None:
    assert document["openapi"].startswith("3.1")
    validate(document)


def test_every_route_but_the_pages_is_declared(reading: Service) -> None:
    rules = {rule.rule for rule in reading.app.url_map.iter_rules()}
    declared = {path.replace("{", "<").replace("}", ">") for path, _, _ in operations(reading.app)}
    assert {rule.replace("<int:", "<") for rule in rules} - declared == PAGES


def test_limits_of_the_contract_stand_in_the_document(document: Any) -> None:
    schemas = document["components"]["schemas"]
    sentences = schemas["MatchRequest"]["properties"]["sentences"]["anyOf"][0]
    assert (sentences["minItems"], sentences["maxItems"]) == (1, 256)
    assert schemas["MatchSentence"]["properties"]["text"]["maxLength"] == 2_000
    assert schemas["MatchRequest"]["additionalProperties"] is False


@pytest.mark.parametrize("path", ["/v1/cases", "/v1/index", "/healthz", "/readyz"])
def test_answers_are_what_the_document_says(reading: Service, document: Any, path: str) -> None:
    conforms(document, reading.client.get(path).get_json(), path)


def test_matches_and_changes_are_what_the_document_says(
    service: Service, make_case: MakeCase, document: Any
) -> None:
    bearer = service.bearer(Role.EDITOR)
    row = make_case("one").model_dump(mode="json")
    pushed = service.client.post("/v1/changes", json=row, headers=bearer).get_json()
    conforms(document, pushed, "/v1/changes", "post")
    history = service.client.get("/v1/changes", headers=bearer).get_json()
    conforms(document, history, "/v1/changes")
    service.wait_for(lambda current: current.version == 1)
    text = {"text": "NATO promised not to expand to the east.", "min_score": 0}
    found = service.client.post("/v1/match", json=text).get_json()
    assert found["matches"]
    conforms(document, found, "/v1/match", "post")
    conforms(document, service.client.get("/v1/cases/one").get_json(), "/v1/cases/{case_id}")


def test_every_problem_is_what_the_document_says(reading: Service, document: Any) -> None:
    schema = {"$ref": "#/components/schemas/ProblemAnswer", "components": document["components"]}
    for answer in (reading.client.get("/v1/cases/absent"), reading.client.post("/v1/match")):
        Draft202012Validator(schema).validate(answer.get_json())


def test_anyone_may_read_the_document(reading: Service) -> None:
    answer = reading.client.get("/openapi.json")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
