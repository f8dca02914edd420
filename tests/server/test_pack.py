"""``GET /v1/pack``: everything a browser needs to ask nothing, cheap to keep up to date."""

from __future__ import annotations

import json
import zlib
from hashlib import sha256
from typing import Any

from tests.server.conftest import MakeCase, Service
from tests.server.test_openapi import conforms


def listed(service: Service) -> Any:
    answer = service.client.get("/v1/pack")
    assert answer.status_code == 200
    return answer.get_json()


def content(service: Service, name: str) -> Any:
    answer = service.client.get(f"/v1/pack/{name}")
    assert answer.status_code == 200
    plain = zlib.decompress(answer.data)
    assert sha256(plain).hexdigest()[:32] == name
    return json.loads(plain)


def publish_many(service: Service, make_case: MakeCase, numbers: range) -> None:
    service.publish(
        *(make_case(f"c{n}", f"Secret society number {n} rules country {n * n}.") for n in numbers)
    )


def test_list_and_parts_hold_the_cases_of_the_index(reading: Service) -> None:
    current = reading.wait_for(lambda _: True)
    told = listed(reading)
    assert (told["format"], told["version"], told["cases"]) == (
        1,
        current.version,
        len(current.index),
    )
    held = [case for name in told["parts"] for case in content(reading, name)]
    assert sorted(case["id"] for case in held) == [case.id for case in current.index.cases()]
    assert {"bias", "coefficients", "negators", "frames"} <= content(reading, told["rule"]).keys()


def test_list_is_what_the_document_says(reading: Service) -> None:
    document = reading.client.get("/openapi.json").get_json()
    conforms(document, listed(reading), "/v1/pack")


def test_any_cache_may_keep_the_list_a_while_and_a_part_for_ever(reading: Service) -> None:
    answer = reading.client.get("/v1/pack", headers={"Origin": "https://anywhere.example"})
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    etag = answer.headers["ETag"]
    assert answer.get_json()["digest"] in etag
    again = reading.client.get("/v1/pack", headers={"If-None-Match": etag})
    assert (again.status_code, again.data) == (304, b"")
    for name in answer.get_json()["parts"]:
        part = reading.client.get(f"/v1/pack/{name}", headers={"Origin": "https://x.example"})
        assert part.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert part.headers["Access-Control-Allow-Origin"] == "*"
        assert "Set-Cookie" not in part.headers


def test_a_new_case_changes_one_part_and_the_others_keep_their_names(
    service: Service, make_case: MakeCase
) -> None:
    publish_many(service, make_case, range(300))
    before = listed(service)
    service.publish(make_case("wind", "Wind turbines slow down the rotation of the Earth."))
    after = listed(service)
    assert len(before["parts"]) == len(after["parts"]) == 4
    new = set(after["parts"]) - set(before["parts"])
    assert len(new) == 1
    assert "wind" in {case["id"] for name in new for case in content(service, name)}
    # Whoever has just got the list before can still fetch what it names.
    for name in before["parts"]:
        assert content(service, name)


def test_a_retracted_case_is_gone_from_the_pack(service: Service, make_case: MakeCase) -> None:
    publish_many(service, make_case, range(40))
    service.publish(retract={"c7": "it was a joke"})
    held = [case["id"] for name in listed(service)["parts"] for case in content(service, name)]
    assert "c7" not in held
    assert len(held) == 39


def test_a_part_that_nobody_knows_is_a_problem_like_any_other(reading: Service) -> None:
    answer = reading.client.get(f"/v1/pack/{'0' * 32}")
    assert answer.status_code == 404
    assert answer.content_type == "application/problem+json"


def test_before_the_first_index_it_says_so(waiting: Service) -> None:
    for path in ("/v1/pack", f"/v1/pack/{'0' * 32}"):
        answer = waiting.client.get(path)
        assert answer.status_code == 503
        assert answer.headers["Retry-After"]
