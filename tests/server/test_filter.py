"""``GET /v1/filter``: small to fetch, smaller to keep up to date, and never wrong."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from matcher.filter import Filter
from matcher.filterwire import Message, apply, decode, digest, encode, unpack
from server.app import create_app
from server.filters import KEPT, FilterMaker, Filters
from tests.server.conftest import MakeCase, Service, make_settings

CLAIM = "Wind turbines slow down the rotation of the Earth."


def get(service: Service, path: str = "/v1/filter", **headers: str) -> Any:
    return service.client.get(path, headers=headers)


def message(service: Service, path: str = "/v1/filter") -> Message:
    answer = get(service, path)
    assert answer.status_code == 200
    return unpack(answer.data)


def publish_many(service: Service, make_case: MakeCase, numbers: range) -> None:
    service.publish(
        *(make_case(f"c{n}", f"Secret society number {n} rules country {n * n}.") for n in numbers)
    )


def test_filter_is_that_of_the_index_and_says_its_version(reading: Service) -> None:
    current = reading.wait_for(lambda _: True)
    told = message(reading)
    assert (told.version, told.min_wait_s, told.base) == (current.version, 300, None)
    assert told.content == encode(Filter.build(current.index))
    assert told.digest == digest(told.content)


def test_it_may_be_kept_for_five_minutes_by_anyone(reading: Service) -> None:
    answer = get(reading, Origin="https://anywhere.example")
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Set-Cookie" not in answer.headers
    etag = answer.headers["ETag"]
    assert message(reading).digest.hex() in etag
    again = reading.client.get("/v1/filter", headers={"If-None-Match": etag})
    assert (again.status_code, again.data) == (304, b"")


def test_a_client_that_is_up_to_date_gets_hardly_anything(reading: Service) -> None:
    whole = message(reading)
    answer = get(reading, f"/v1/filter?since={whole.version}")
    assert len(answer.data) < 250
    told = unpack(answer.data)
    assert told.base == told.digest == whole.digest


def test_a_new_case_comes_as_a_difference_that_leads_to_the_very_bytes(
    service: Service, make_case: MakeCase
) -> None:
    publish_many(service, make_case, range(40))
    old = message(service)
    service.publish(make_case("wind", CLAIM))
    told = message(service, f"/v1/filter?since={old.version}")
    assert told.base == old.digest
    led = encode(apply(decode(old.content), told.content))
    assert led == message(service).content
    assert digest(led) == told.digest
    assert decode(led).passes(CLAIM)
    assert not decode(old.content).passes(CLAIM)


def test_a_retracted_case_goes_with_the_difference(service: Service, make_case: MakeCase) -> None:
    publish_many(service, make_case, range(40))
    service.publish(make_case("wind", CLAIM))
    old = message(service)
    service.publish(retract={"wind": "it was a joke"})
    told = message(service, f"/v1/filter?since={old.version}")
    assert told.base == old.digest
    led = apply(decode(old.content), told.content)
    assert decode(old.content).passes(CLAIM)
    assert not led.passes(CLAIM)


def test_a_version_that_nobody_remembers_gets_the_whole(reading: Service) -> None:
    assert message(reading, "/v1/filter?since=4000000000").base is None


def test_two_states_and_two_forms_never_share_a_validator(
    service: Service, make_case: MakeCase
) -> None:
    publish_many(service, make_case, range(40))
    old = message(service)
    service.publish(make_case("wind", CLAIM))
    paths = ("/v1/filter", f"/v1/filter?since={old.version}", f"/v1/filter?since={old.version + 1}")
    etags = [get(service, path).headers["ETag"] for path in paths]
    assert len(set(etags)) == len(paths)


def test_a_worker_that_starts_anew_still_tells_the_difference(
    service: Service, make_case: MakeCase, data_dir: Path
) -> None:
    publish_many(service, make_case, range(40))
    old = message(service)
    service.publish(make_case("wind", CLAIM))
    anew = create_app(make_settings(data_dir), store=service.store, live=service.live)
    answer = anew.test_client().get(f"/v1/filter?since={old.version}")
    assert unpack(answer.data).base == old.digest


def test_a_damaged_file_costs_a_whole_filter_and_nothing_else(
    service: Service, make_case: MakeCase, data_dir: Path
) -> None:
    publish_many(service, make_case, range(40))
    old = message(service)
    for file in (data_dir / "filters").glob("*.filter"):
        file.write_bytes(file.read_bytes()[:-9])
    service.publish(make_case("wind", CLAIM))
    told = message(service, f"/v1/filter?since={old.version}")
    assert told.base is None
    assert decode(told.content).passes(CLAIM)


def test_a_folder_that_cannot_be_written_costs_nothing_but_differences(
    service: Service, make_case: MakeCase, data_dir: Path
) -> None:
    (data_dir / "filters").write_text("in the way")
    service.publish(make_case("wind", CLAIM))
    assert decode(message(service).content).passes(CLAIM)


def test_while_another_process_makes_the_next_filter_the_one_before_is_sent(
    service: Service, make_case: MakeCase, data_dir: Path
) -> None:
    publish_many(service, make_case, range(5))
    old = message(service)
    elsewhere = Filters(data_dir / "filters")
    claimed = elsewhere.claim(wait=True)
    assert claimed is not None
    assert elsewhere.claim(wait=False) is None
    service.publish(make_case("wind", CLAIM))
    assert message(service) == old
    made = elsewhere.make(service.wait_for(lambda _: True))
    os.close(claimed)
    assert message(service) == made.message
    assert decode(made.message.content).passes(CLAIM)


def test_the_compiler_makes_the_filter_of_the_newest_index_and_then_gives_up_its_claim(
    service: Service, make_case: MakeCase, data_dir: Path
) -> None:
    maker, elsewhere = FilterMaker(data_dir / "filters"), Filters(data_dir / "filters")
    with maker.promised():
        assert elsewhere.claim(wait=False) is None
        service.publish(make_case("wind", CLAIM))
        maker.make(service.wait_for(lambda _: True))
    claimed = elsewhere.claim(wait=True)
    assert claimed is not None
    os.close(claimed)
    (file,) = (data_dir / "filters").glob("*.filter")
    assert decode(unpack(file.read_bytes()).content).passes(CLAIM)


def test_only_the_last_versions_are_kept(
    service: Service, make_case: MakeCase, data_dir: Path
) -> None:
    for number in range(KEPT + 3):
        service.publish(make_case(f"c{number}", f"Claim number {number} about the Moon."))
        message(service)
    files = list((data_dir / "filters").glob("*.filter"))
    assert len(files) == KEPT


@pytest.mark.parametrize("query", ["since=-1", "since=x", "since=4294967296", "since=1&since=2"])
def test_a_wrong_question_is_told_what_is_wrong(reading: Service, query: str) -> None:
    answer = get(reading, f"/v1/filter?{query}")
    assert answer.status_code == 400
    assert answer.json["errors"][0]["pointer"] == "/since"


def test_before_the_first_index_it_says_so(waiting: Service) -> None:
    answer = get(waiting)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
