"""Pushing as an editor: tokens, atomic changesets, and clear refusals."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from server import changes
from server.app import create_app
from server.live import Live
from server.snapshots import Snapshots
from server.store import Role, Store
from server.wire.base import MAX_CHANGES_BYTES
from tests.server.conftest import MakeCase, Push, Service, make_settings

JSON_LINES = "application/jsonl"


def test_pushed_case_is_published_and_the_answer_says_what_changed(
    push: Push, make_case: MakeCase
) -> None:
    answer = push(make_case("one"), make_case("two"))
    assert answer.status_code == 200
    assert answer.json == {
        "version": 1,
        "added": ["one", "two"],
        "changed": [],
        "retracted": [],
        "unchanged": [],
        "rejected": [],
        "warnings": [],
    }
    assert answer.headers["ETag"] == '"1"'


def test_repeated_push_makes_no_version(push: Push, make_case: MakeCase) -> None:
    push(make_case("one"))
    again = push(make_case("one")).json
    assert (again["version"], again["unchanged"]) == (1, ["one"])


def test_retraction_and_change_in_one_step(push: Push, make_case: MakeCase) -> None:
    push(make_case("one"), make_case("two"))
    answer = push(
        make_case("one", "Another wording of it."),
        {"retract": "two", "note": "mistaken"},
        query="?confirm=true",
    ).json
    assert (answer["version"], answer["changed"], answer["retracted"]) == (2, ["one"], ["two"])


@pytest.mark.parametrize("media_type", [JSON_LINES, "application/x-ndjson"])
def test_json_lines_are_taken_as_files_hold_them(
    service: Service, make_case: MakeCase, media_type: str
) -> None:
    lines = "\n\n".join(make_case(name).model_dump_json() for name in ("one", "two"))
    answer = service.client.post(
        "/v1/changes",
        data=f"\ufeff{lines}\r\n",
        content_type=media_type,
        headers=service.bearer(Role.EDITOR),
    )
    assert answer.get_json()["added"] == ["one", "two"]


def test_single_case_needs_no_list(service: Service, make_case: MakeCase) -> None:
    answer = service.client.post(
        "/v1/changes",
        json=make_case("one").model_dump(mode="json"),
        headers=service.bearer(Role.EDITOR),
    )
    assert answer.get_json()["added"] == ["one"]


def test_one_bad_row_rejects_the_changeset_and_names_the_place(
    push: Push, service: Service, make_case: MakeCase
) -> None:
    bad = make_case("two").model_dump(mode="json") | {"url": "http://example.org", "more": 1}
    answer = push(make_case("one"), bad)
    assert answer.status_code == 400
    assert answer.json["type"] == "/docs#rejected-rows"
    assert [fault["pointer"] for fault in answer.json["errors"]] == ["/1/url", "/1/more"]
    assert service.store.published().version == 0


def test_partial_push_publishes_the_good_rows_and_names_the_others(
    push: Push, make_case: MakeCase
) -> None:
    answer = push(make_case("one"), {"id": "two"}, query="?partial=true")
    assert answer.status_code == 200
    assert answer.json["added"] == ["one"]
    assert {fault["pointer"] for fault in answer.json["rejected"]} >= {"/1/claims", "/1/url"}


def test_dry_run_tells_all_and_changes_nothing(
    push: Push, service: Service, make_case: MakeCase
) -> None:
    push(make_case("one"))
    answer = push(make_case("one", "Another."), {"id": "two"}, query="?dry_run=true")
    assert answer.status_code == 200
    assert answer.json["changed"] == ["one"]
    assert answer.json["rejected"]
    assert any("confirm" in warning for warning in answer.json["warnings"])
    assert service.store.published().version == 1


def test_case_given_twice_is_rejected(push: Push, make_case: MakeCase) -> None:
    answer = push(make_case("one"), {"retract": "one"})
    assert answer.json["errors"] == [
        {"pointer": "/1", "message": "the case one is in row /0 already"}
    ]


def test_retracting_what_never_was_is_rejected_but_repeating_a_retraction_is_not(
    push: Push, make_case: MakeCase
) -> None:
    push(make_case("one"))
    assert push({"retract": "onne"}).json["errors"] == [
        {"pointer": "/0", "message": "there is no case onne to retract"}
    ]
    assert push({"retract": "one"}, query="?confirm=true").json["retracted"] == ["one"]
    assert push({"retract": "one"}).json["unchanged"] == ["one"]


def test_related_case_that_does_not_exist_is_a_warning(push: Push, make_case: MakeCase) -> None:
    case = make_case("one").model_copy(update={"related": ("two", "three")})
    answer = push(case, make_case("two")).json
    assert answer["warnings"] == ["one: the related case three does not exist"]


def test_two_editors_at_once_one_wins_the_other_is_told(push: Push, make_case: MakeCase) -> None:
    start = push(make_case("one")).headers["ETag"]
    assert push(make_case("two"), **{"If-Match": start}).status_code == 200
    late = push(make_case("three"), **{"If-Match": start})
    assert late.status_code == 412
    assert "Version 2 is published, not version 1" in late.json["detail"]
    assert push(make_case("three"), **{"If-Match": "*"}).status_code == 200


def test_validator_that_is_no_version_is_refused(push: Push, make_case: MakeCase) -> None:
    answer = push(make_case("one"), **{"If-Match": 'W/"abc"'})
    assert answer.status_code == 400
    assert '"17"' in answer.json["detail"]


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(validator=st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF), max_size=40))
@example(validator='W/"1"')
@example(validator="9" * 16)
@example(validator='"١"'.encode().decode("latin-1"))
def test_any_validator_is_the_version_or_refused(
    push: Push, make_case: MakeCase, validator: str
) -> None:
    status = push(make_case("one"), **{"If-Match": validator}).status_code
    assert status in {200, 400, 412}


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(version=st.integers(0, 10**15 - 1), quoted=st.booleans())
def test_validator_is_read_as_the_version_that_it_names(
    service: Service, version: int, quoted: bool
) -> None:
    told = f'"{version}"' if quoted else str(version)
    with service.app.test_request_context(headers={"If-Match": told}):
        assert changes._expected_version() == version


def test_changing_more_than_a_tenth_needs_to_be_confirmed(push: Push, make_case: MakeCase) -> None:
    push(*(make_case(f"case-{number}") for number in range(5)))
    answer = push({"retract": "case-0"})
    assert answer.status_code == 409
    assert answer.json["type"] == "/docs#needs-confirmation"
    assert "20%" in answer.json["detail"]
    assert push({"retract": "case-0"}, query="?confirm=true").status_code == 200


ROUTES = [
    ("POST", "/v1/changes"),
    ("GET", "/v1/changes"),
    ("POST", "/v1/changes/1/revert"),
    ("GET", "/v1/export"),
]


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize(
    "shown", [None, "Bearer", "Bearer nonsense", "Basic dTpw", "Bearer \xff", "nonsense"]
)
def test_nobody_without_a_valid_token_gets_anywhere(
    service: Service, method: str, path: str, shown: str | None
) -> None:
    headers = {"Authorization": shown} if shown else {}
    answer = service.client.open(path, method=method, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="claimlight"')


def test_token_may_do_what_its_role_says_and_no_more(service: Service) -> None:
    viewer = service.bearer(Role.VIEWER)
    assert service.client.get("/v1/changes", headers=viewer).status_code == 200
    refused = service.client.post("/v1/changes", json=[], headers=viewer)
    assert refused.status_code == 403
    assert "at least editor" in refused.get_json()["detail"]
    owner = service.client.post("/v1/changes", json=[], headers=service.bearer(Role.OWNER))
    assert owner.status_code == 400


def test_revoked_token_is_worthless_at_once(service: Service) -> None:
    plain = service.store.tokens.create("gone", Role.OWNER)
    service.store.tokens.revoke("gone")
    headers = {"Authorization": f"Bearer {plain}"}
    assert service.client.get("/v1/export", headers=headers).status_code == 401


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("", "the body is empty"),
        ("[]", "the list is empty"),
        ("[1]", "is an object"),
        ('{"retract": "UPPER"}', "pattern"),
        ('{"retract": "a", "why": 1}', "unknown key"),
        ("[" * 9_999, "recursion limit"),
    ],
)
def test_bad_changeset_is_told_what_is_wrong(service: Service, body: str, message: str) -> None:
    answer = service.client.post(
        "/v1/changes",
        data=body,
        content_type="application/json",
        headers=service.bearer(Role.EDITOR),
    )
    assert answer.status_code == 400
    assert message in answer.get_json()["errors"][0]["message"]


def test_bad_line_is_named_by_its_row(service: Service, make_case: MakeCase) -> None:
    rows = [make_case("one").model_dump_json(), '{"id": "\\ud800"}', "{"]
    answer = service.client.post(
        "/v1/changes",
        data="\n".join(rows),
        content_type=JSON_LINES,
        headers=service.bearer(Role.EDITOR),
    )
    faults = answer.get_json()["errors"]
    assert [fault["pointer"] for fault in faults] == ["/1/id", "/2"]


def test_rows_are_no_longer_looked_at_where_thousands_are_wrong(push: Push) -> None:
    answer = push(*[{"id": f"case-{number}", "no": 0} for number in range(20_000)])
    assert answer.status_code == 400
    assert answer.json["type"] == "/docs#rejected-rows"
    assert re.match("More than 10,000 faults; what follows /[0-9]{4} was", answer.json["detail"])
    assert len(answer.json["errors"]) == 100


@pytest.mark.parametrize(
    "many",
    [{"related": [0] * 100_000}, {"claims": [{str(n): 0 for n in range(100_000)}]}],
    ids=["items", "keys"],
)
def test_a_row_that_is_far_too_wide_is_told_so_and_not_its_every_fault(
    push: Push, make_case: MakeCase, many: dict[str, Any]
) -> None:
    faults = push(make_case("one").model_dump(mode="json") | many).json["errors"]
    assert faults == [
        {"pointer": "/0", "message": "holds more than 1,000 keys or items in one place"}
    ]


def test_pointer_into_a_related_link_leads_to_the_key(push: Push, make_case: MakeCase) -> None:
    case = make_case("one").model_dump(mode="json")
    answer = push(case | {"related": [{"title": "x", "url": "http://example.org"}]})
    assert [fault["pointer"] for fault in answer.json["errors"]] == ["/0/related/0/url"]


def test_body_over_the_editors_limit_is_refused_before_it_is_read(service: Service) -> None:
    answer = service.client.post(
        "/v1/changes",
        headers=service.bearer(Role.EDITOR),
        content_type=JSON_LINES,
        environ_overrides={"CONTENT_LENGTH": str(MAX_CHANGES_BYTES + 1)},
    )
    assert answer.status_code == 413
    assert "the limit is 67,108,864 bytes" in answer.get_json()["detail"]


def test_changeset_larger_than_a_readers_request_is_taken(push: Push, make_case: MakeCase) -> None:
    cases = [make_case(f"case-{number}", f"{number} " * 300) for number in range(1_500)]
    assert len(push(*cases).json["added"]) == 1_500


def test_writes_get_a_clear_refusal_while_redis_is_away(data_dir: Path) -> None:
    store = Store("unix:///nowhere/redis.sock")
    app = create_app(make_settings(data_dir), store=store, live=Live(store, Snapshots(data_dir)))
    for method, path in ROUTES:
        answer = app.test_client().open(
            path, method=method, headers={"Authorization": "Bearer claimlight_x"}, json=[]
        )
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "2"
        assert answer.get_json()["type"] == "/docs#unavailable"


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    body=st.binary(max_size=100)
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=9),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["id", "claims", "retract", "url", "related"]), inner)
        ),
        max_leaves=9,
    ).map(lambda value: json.dumps(value).encode()),
    media_type=st.sampled_from([JSON_LINES, "application/json"]),
)
def test_no_changeset_is_answered_with_a_fault_of_the_service(
    service: Service, body: bytes, media_type: str
) -> None:
    answer = service.client.post(
        "/v1/changes",
        data=body,
        content_type=media_type,
        headers=service.bearer(Role.EDITOR),
    )
    assert answer.status_code in (200, 400), answer.text
