"""Dry runs that show consequences, files read as cases: nothing of it changes anything."""

from __future__ import annotations

import json
from typing import Any

import pytest

from matcher.case import Case, Claim
from server.formats import WRITERS
from server.store import Role
from tests.server.conftest import MakeCase, Service

CLAIM = "The secret laboratory in Tbilisi breeds mosquitoes that spread malaria."
HONEST = "Parliament passed the budget for the coming year on Thursday evening."


def preview(service: Service, *rows: Any, sentences: list[Any] | None = None) -> Any:
    body: dict[str, Any] = {
        "changes": [row.model_dump(mode="json") if isinstance(row, Case) else row for row in rows]
    }
    if sentences is not None:
        body["sentences"] = sentences
    headers = service.bearer(Role.VIEWER)
    answer = service.client.post("/v1/changes/preview", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.get_json()


def remarks(told: Any, kind: str) -> list[str]:
    return [each["message"] for each in told["consequences"]["remarks"] if each["kind"] == kind]


def test_change_is_told_field_by_field(service: Service, make_case: MakeCase) -> None:
    service.publish(make_case("one"))
    case = make_case("one").model_copy(update={"summary": "Another.", "rating": "False"})
    told = preview(service, case, make_case("two", CLAIM), {"retract": "one-more"})
    changed, added = told["consequences"]["cases"][::-1]
    assert changed == {
        "id": "one",
        "kind": "changed",
        "fields": [
            {"field": "rating", "before": None, "after": "False"},
            {"field": "summary", "before": "There was no such promise.", "after": "Another."},
        ],
    }
    assert (added["id"], added["kind"]) == ("two", "added")
    assert (
        told["rejected"]
        == [{"pointer": "/changes/2", "message": "there is no case one-more to retract"}]
        or told["rejected"]
    )
    assert service.store.published().version == 1


def test_retracted_case_shows_all_that_would_go(service: Service, make_case: MakeCase) -> None:
    service.publish(make_case("one"))
    (gone,) = preview(service, {"retract": "one"})["consequences"]["cases"]
    assert gone["kind"] == "retracted"
    fields = {change["field"]: change for change in gone["fields"]}
    assert fields["url"] == {
        "field": "url",
        "before": "https://example.org/one",
        "after": None,
    }


def test_dry_run_of_a_push_tells_the_same(service: Service, make_case: MakeCase) -> None:
    service.publish(make_case("one"))
    row = make_case("two", CLAIM).model_dump(mode="json")
    pushed = service.client.post(
        "/v1/changes?dry_run=true", json=[row], headers=service.bearer(Role.EDITOR)
    ).get_json()
    assert pushed["consequences"] == preview(service, row)["consequences"]
    real = service.client.post("/v1/changes", json=[row], headers=service.bearer(Role.EDITOR))
    assert "consequences" not in real.get_json()


def test_new_case_shows_on_which_sentences_it_would_fire(
    service: Service, make_case: MakeCase
) -> None:
    service.publish(make_case("one"))
    sentences = [
        {"text": CLAIM.replace("breeds", "raises"), "language": "en"},
        {"text": HONEST, "language": "en", "label": "ordinary"},
        {"text": make_case("one").claim, "language": "en"},
    ]
    told = preview(service, make_case("two", CLAIM), sentences=sentences)
    replay = told["consequences"]["replay"]
    assert (replay["sentences"], replay["hints_before"], replay["hints_after"]) == (3, 1, 2)
    (hint,) = replay["changes"]
    assert (hint["case_id"], hint["before"], hint["unwanted"]) == ("two", None, False)
    assert hint["sentence"]["text"] == sentences[0]["text"]
    assert [match["case_id"] for match in told["tried"]][:1] == ["two"]


def test_case_that_fires_on_an_ordinary_sentence_is_named_first(
    service: Service, make_case: MakeCase
) -> None:
    service.publish(make_case("one"))
    sentences = [
        {"text": CLAIM, "language": "en"},
        {"text": HONEST, "language": "en", "label": "ordinary"},
    ]
    told = preview(
        service, make_case("two", HONEST), make_case("three", CLAIM), sentences=sentences
    )
    replay = told["consequences"]["replay"]
    assert replay["unwanted_count"] == 1
    assert replay["changes"][0]["unwanted"]
    assert replay["changes"][0]["sentence"]["label"] == "ordinary"


def test_hint_that_vanishes_with_its_case_is_told(service: Service, make_case: MakeCase) -> None:
    service.publish(make_case("one"), make_case("two", CLAIM))
    told = preview(service, {"retract": "two"}, sentences=[{"text": CLAIM, "language": "en"}])
    (hint,) = told["consequences"]["replay"]["changes"]
    assert (hint["before"], hint["after"]) == ("match", None)


def test_own_labelled_sentences_are_replayed_where_none_are_given(
    service: Service, make_case: MakeCase
) -> None:
    replay = preview(service, make_case("one"))["consequences"]["replay"]
    assert replay["sentences"] > 300
    assert replay["hints_after"] > 0


def test_card_is_shown_as_a_reader_would_see_it(service: Service, make_case: MakeCase) -> None:
    service.publish(make_case("one"))
    case = make_case("two", CLAIM).model_copy(update={"related": ("one",)})
    card = preview(service, case)["cards"]["two"]
    assert card["claim"] == CLAIM
    assert card["related"][0]["id"] == "one"


def test_nearly_equal_wording_of_another_case_is_remarked(
    service: Service, make_case: MakeCase
) -> None:
    service.publish(make_case("one", CLAIM))
    told = preview(service, make_case("two", CLAIM.replace("spread", "spreads")))
    (message,) = remarks(told, "duplicate")
    assert "the same wording as one" in message


def test_two_new_cases_that_say_the_same_are_remarked_too(
    service: Service, make_case: MakeCase
) -> None:
    told = preview(service, make_case("one", CLAIM), make_case("two", CLAIM))
    assert {each["id"] for each in told["consequences"]["remarks"] if each["kind"] == "duplicate"}


def test_id_of_another_case_is_a_clash_but_a_new_wording_is_not(
    service: Service, make_case: MakeCase
) -> None:
    service.publish(make_case("one", CLAIM))
    other = make_case("one").model_copy(update={"url": "https://example.org/elsewhere"})
    assert remarks(preview(service, other), "clash")
    assert not remarks(preview(service, make_case("one", CLAIM + " Really.")), "clash")


@pytest.mark.parametrize(
    ("change", "kind", "message"),
    [
        ({"related": ("missing",)}, "related", "the related case missing does not exist"),
        ({"related": ("two",)}, "related", "related to itself"),
        ({"url": "https://example.org/"}, "link", "home page"),
        ({"url": "https://intranet/x"}, "link", "only this network knows"),
        ({"summary": None, "summary_language": None}, "summary", "no summary"),
        ({"summary": "x " * 250}, "summary", "beyond 450"),
        ({"summary": CLAIM}, "summary", "repeats the claim"),
        ({"claims": (Claim(text="The US is bad.", language="en"),)}, "general", "telling word"),
        (
            {"claims": (Claim(text="Vakcíny prý obsahují čipy, říkají lidé.", language="en"),)},
            "language",
            "declared as en, but reads as cs",
        ),
        ({"rating": "Somewhat cheesy"}, "rating", "not in the table"),
        ({"rating": "Misleading"}, "rating", "means misleading, the verdict says false"),
    ],
)
def test_what_an_editor_would_want_to_know_is_remarked(
    service: Service, make_case: MakeCase, change: dict[str, Any], kind: str, message: str
) -> None:
    case = make_case("two", CLAIM).model_copy(update=change)
    assert any(message in told for told in remarks(preview(service, case), kind))


def test_good_case_gets_no_remark_but_that_its_publisher_has_no_link(
    service: Service, make_case: MakeCase
) -> None:
    told = preview(service, make_case("two", CLAIM))
    assert [each["kind"] for each in told["consequences"]["remarks"]] == ["link"]


@pytest.mark.parametrize("format_", list(WRITERS))
def test_file_of_any_format_is_read_as_cases(
    service: Service, make_case: MakeCase, format_: str
) -> None:
    case = make_case("one", CLAIM)
    answer = service.client.post(
        "/v1/changes/read",
        data="".join(WRITERS[format_].write([case])).encode(),
        content_type="application/octet-stream",
        headers=service.bearer(Role.VIEWER),
    )
    told = answer.get_json()
    assert [Case.model_validate(each) for each in told["cases"]] == [case]
    assert told["rejected"] == []


def test_row_of_a_file_that_is_no_case_is_told_by_its_line(
    service: Service, make_case: MakeCase
) -> None:
    lines = [make_case("one").model_dump_json(), json.dumps({"id": "two", "claims": []})]
    answer = service.client.post(
        "/v1/changes/read?format=jsonl",
        data="\n".join(lines),
        content_type="application/octet-stream",
        headers=service.bearer(Role.VIEWER),
    )
    assert [row["line"] for row in answer.get_json()["rejected"]] == [2]


def test_file_of_no_known_format_is_refused_and_says_which_there_are(service: Service) -> None:
    answer = service.client.post(
        "/v1/changes/read",
        data=b"no table, no JSON",
        content_type="application/octet-stream",
        headers=service.bearer(Role.VIEWER),
    )
    assert answer.status_code == 400
    assert "ClaimReview" in answer.get_json()["detail"]


def test_file_whose_encoding_had_to_be_guessed_says_as_what_it_was_read(service: Service) -> None:
    rows = "claim,url,publisher,published,verdict\nEl gobierno prohibirá los coches en España."
    answer = service.client.post(
        "/v1/changes/read",
        data=f"{rows},https://example.org/a,Verificación,25/01/2022,false\n".encode("cp1252"),
        content_type="application/octet-stream",
        headers=service.bearer(Role.VIEWER),
    )
    told = answer.get_json()
    assert told["cases"][0]["publisher"]["name"] == "Verificación"
    assert ["cp1252" in told["notices"][0], "day/month/year" in told["notices"][1]] == [True, True]


@pytest.mark.parametrize("path", ["/v1/changes/preview", "/v1/changes/read"])
def test_nobody_without_a_token_has_the_service_work_for_them(service: Service, path: str) -> None:
    assert service.client.post(path, json={}).status_code == 401


@pytest.mark.parametrize("format_", list(WRITERS))
def test_export_comes_in_every_format(service: Service, make_case: MakeCase, format_: str) -> None:
    service.publish(make_case("one"), make_case("two", CLAIM))
    answer = service.client.get(f"/v1/export?format={format_}", headers=service.bearer(Role.VIEWER))
    assert answer.mimetype == WRITERS[format_].MEDIA_TYPE
    assert "attachment" in answer.headers["Content-Disposition"]
    again = service.client.post(
        "/v1/changes/read",
        data=answer.data,
        content_type="application/octet-stream",
        headers=service.bearer(Role.VIEWER),
    )
    cases = [Case.model_validate(each) for each in again.get_json()["cases"]]
    assert cases == service.store.cases()[1]
