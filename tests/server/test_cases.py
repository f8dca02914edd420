"""The public GETs: single cases, the search, the index, and how long they may be kept."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from server import cases
from server.app import create_app
from server.store import Store
from tests.server.conftest import MakeCase, Service, make_settings

LINKED_DATA = "application/ld+json"


def get(service: Service, path: str, **headers: str) -> Any:
    return service.client.get(path, headers=headers)


def encoded(data: bytes) -> str:
    """Bytes in the alphabet of page tokens."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def test_case_is_told_whole(reading: Service) -> None:
    case = get(reading, "/v1/cases/nato-guarantees").json
    assert [claim["language"] for claim in case["claims"]] == ["en", "de"]
    assert (case["claim"], case["claim_language"]) == (case["claims"][0]["text"], "en")
    assert (case["keywords"], case["outlets"]) == (["NATO"], ["Example Radio"])
    assert case["related"][0]["pinned"] is True


def test_case_without_a_summary_says_so(reading: Service) -> None:
    assert get(reading, "/v1/cases/sanctions-450-billion").json["summary"] is None


def test_case_is_a_claim_review_to_those_who_ask_for_one(reading: Service) -> None:
    answer = get(reading, "/v1/cases/nato-guarantees", Accept=LINKED_DATA)
    assert answer.mimetype == LINKED_DATA
    review = answer.json
    assert (review["@context"], review["@type"]) == ("https://schema.org", "ClaimReview")
    assert review["claimReviewed"].startswith("The West gave guarantees")
    assert review["url"] == "https://example.org/cases/nato-guarantees"
    assert review["reviewRating"]["alternateName"] == "Disinformation"
    assert review["reviewRating"]["ratingValue"] == 1
    assert review["datePublished"] == "2022-01-25"
    links = [other["url"] for other in review["associatedClaimReview"] if "url" in other]
    assert links[0].endswith("nato-encircles-russia")


def test_browser_and_curl_get_json(reading: Service) -> None:
    for accept in ("*/*", "text/html,application/xhtml+xml,*/*;q=0.8", "application/json"):
        answer = get(reading, "/v1/cases/nato-guarantees", Accept=accept)
        assert answer.mimetype == "application/json"


def test_other_forms_of_a_case_are_not_on_offer(reading: Service) -> None:
    answer = get(reading, "/v1/cases/nato-guarantees", Accept="image/png")
    assert answer.status_code == 406
    assert LINKED_DATA in answer.json["detail"]


def test_absent_case_is_told_apart_from_a_retracted_one(reading: Service) -> None:
    assert get(reading, "/v1/cases/never-was").status_code == 404
    gone = get(reading, "/v1/cases/retracted-case")
    assert gone.status_code == 410
    assert re.fullmatch(
        r"Retracted on \d{4}-\d\d-\d\d: the source was mistaken", gone.json["detail"]
    )
    assert gone.json["retracted"]["note"] == "the source was mistaken"


@pytest.mark.parametrize("name", ["UPPER", "a b", "%00", "%ff", "x" * 5_000, "..", "a%2Fb"])
def test_no_id_breaks_the_service(reading: Service, name: str) -> None:
    answer = get(reading, f"/v1/cases/{name}")
    assert answer.status_code == 404
    assert answer.mimetype == "application/problem+json"


def test_cases_are_read_and_absent_ones_missed_while_redis_is_away(
    reading: Service, data_dir: Path
) -> None:
    away = Store("unix:///nowhere/redis.sock")
    app = create_app(make_settings(data_dir), store=away, live=reading.live).test_client()
    assert app.get("/v1/cases/nato-guarantees").status_code == 200
    assert app.get("/v1/cases/retracted-case").status_code == 404
    assert app.get("/v1/cases").status_code == 200
    assert app.get("/v1/index").status_code == 200
    assert app.post("/v1/match", json={"text": "NATO"}).status_code == 200


def test_people_find_a_case_by_its_words(reading: Service) -> None:
    found = get(reading, "/v1/cases?query=storehouse+of+cheese").json["cases"]
    assert found[0]["id"] == "moon-cheese-storehouse"


def test_without_words_the_newest_come_first(reading: Service) -> None:
    dates = [case["published"] for case in get(reading, "/v1/cases").json["cases"]]
    assert len(dates) == 4
    assert dates == sorted(dates, reverse=True)


def test_cases_can_be_listed_by_language(reading: Service) -> None:
    found = get(reading, "/v1/cases?language=de").json["cases"]
    assert [case["id"] for case in found] == ["nato-guarantees"]


def test_pages_lead_through_all_cases_once(reading: Service) -> None:
    seen: list[str] = []
    path = "/v1/cases?page_size=3"
    for _ in range(3):
        page = get(reading, path).json
        seen += [case["id"] for case in page["cases"]]
        if page["next_page_token"] is None:
            break
        path = f"/v1/cases?page_size=3&page_token={page['next_page_token']}"
    assert len(seen) == len(set(seen)) == 4


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("page_size=0", "/page_size"),
        ("page_size=101", "/page_size"),
        ("page_size=ten", "/page_size"),
        ("language=xx", "/language"),
        ("pageSize=5", "/pageSize"),
        ("query=a&query=b", "/query"),
        ("query=%00", "/query"),
        (f"query={'x' * 2_001}", "/query"),
        ("page_token=!!", "/page_token"),
        ("page_token=LTE", "/page_token"),
        ("page_token=eA", "/page_token"),
    ],
)
def test_bad_query_is_told_the_parameter(reading: Service, query: str, pointer: str) -> None:
    answer = get(reading, f"/v1/cases?{query}")
    assert answer.status_code == 400
    assert [fault["pointer"] for fault in answer.json["errors"]] == [pointer]


@given(token=st.text(max_size=40) | st.binary(max_size=20).map(encoded))
@example(token=encoded(b"9" * 10_000))
@example(token=encoded(b"1_0"))
def test_whatever_stands_for_a_page_token_is_a_page_or_refused(
    reading: Service, token: str
) -> None:
    answer = reading.client.get("/v1/cases", query_string={"page_token": token})
    assert answer.status_code in {200, 400}


@given(offset=st.integers(0, 2**31 - 1))
def test_page_token_leads_to_the_page_that_it_was_made_for(offset: int) -> None:
    assert cases._offset(cases._token(offset)) == offset


def test_page_far_behind_the_last_is_empty(reading: Service) -> None:
    page = get(reading, f"/v1/cases?page_token={cases._token(2**31 - 1)}").json
    assert (page["cases"], page["next_page_token"]) == ([], None)


def test_index_tells_a_client_all_it_needs_to_split_and_to_wait(reading: Service) -> None:
    told = get(reading, "/v1/index").json
    assert (told["cases"], told["claims"], told["languages"]) == (4, 5, {"de": 1, "en": 4})
    assert told["limits"]["sentences"] == 256
    assert told["limits"]["sentence_chars"] == 2_000
    assert told["limits"]["text_chars"] == 100_000
    assert told["limits"]["body_bytes"] == 1_048_576
    assert told["limits"]["limit"] == 10
    assert 0 < told["thresholds"]["similar"] < told["thresholds"]["match"] < 1
    assert told["min_wait_s"] == 300
    assert told["stale"] is False
    assert told["published_at"].endswith("Z")


PUBLIC = ["/v1/cases/nato-guarantees", "/v1/cases", "/v1/cases?query=nato", "/v1/index"]


@pytest.mark.parametrize("path", PUBLIC)
def test_what_is_public_may_be_kept_and_is_not_sent_twice(reading: Service, path: str) -> None:
    first = get(reading, path)
    assert first.headers["Cache-Control"] == "public, max-age=300"
    assert first.headers["ETag"].startswith(f'"{reading.wait_for(bool).index.digest}')
    again = get(reading, path, **{"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    other = get(reading, path, **{"If-None-Match": '"something else"'})
    assert other.status_code == 200


def test_the_two_forms_of_a_case_are_never_taken_for_one_another(reading: Service) -> None:
    json = get(reading, PUBLIC[0])
    linked = get(reading, PUBLIC[0], Accept=LINKED_DATA)
    assert json.headers["ETag"] != linked.headers["ETag"]
    assert "Accept" in json.headers["Vary"]
    assert "Accept" in linked.headers["Vary"]
    crossed = get(reading, PUBLIC[0], Accept=LINKED_DATA, **{"If-None-Match": json.headers["ETag"]})
    assert crossed.status_code == 200


def test_validators_change_with_what_is_published(service: Service, make_case: MakeCase) -> None:
    service.publish(make_case("one"))
    first = get(service, "/v1/cases").headers["ETag"]
    service.publish(make_case("two", "Aliens have built the bridge at Kerch."))
    answer = get(service, "/v1/cases", **{"If-None-Match": first})
    assert answer.status_code == 200
    assert answer.headers["ETag"] != first


def test_same_content_under_a_new_version_is_told_by_the_index(
    service: Service, make_case: MakeCase
) -> None:
    service.publish(make_case("one"))
    first = get(service, "/v1/index")
    service.publish(make_case("two", "Aliens have built the bridge at Kerch."))
    service.publish(retract={"two": None})
    second = get(service, "/v1/index", **{"If-None-Match": first.headers["ETag"]})
    assert second.status_code == 200
    assert second.json["digest"] == first.json["digest"]
    assert second.json["version"] == first.json["version"] + 2


def test_retracted_case_leaves_readers_with_date_and_note(
    service: Service, make_case: MakeCase
) -> None:
    service.publish(make_case("one"), make_case("two", "Aliens have built the bridge at Kerch."))
    service.publish(retract={"one": "withdrawn"})
    assert get(service, "/v1/cases/one").json["retracted"]["note"] == "withdrawn"
    service.publish(make_case("one"))
    assert get(service, "/v1/cases/one").status_code == 200
