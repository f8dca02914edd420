"""What was published: history, taking back, and export."""

from __future__ import annotations

from server.store import Role
from tests.server.conftest import MakeCase, Push, Service

JSON_LINES = "application/jsonl"


def test_history_tells_who_when_why_and_what(
    push: Push, service: Service, make_case: MakeCase
) -> None:
    push(make_case("one"), query="?note=Über+the+bridge")
    push({"retract": "one"}, query="?confirm=true")
    answer = service.client.get("/v1/changes", headers=service.bearer(Role.VIEWER))
    newest, oldest = answer.get_json()["changes"]
    assert (newest["version"], newest["retracted"], newest["note"]) == (2, ["one"], None)
    assert (oldest["version"], oldest["added"], oldest["note"]) == (1, ["one"], "Über the bridge")
    assert oldest["who"].startswith("editor")
    assert oldest["when"].endswith("Z")
    assert answer.headers["ETag"] == '"2"'
    older = service.client.get("/v1/changes?before=2", headers=service.bearer(Role.VIEWER))
    assert [past["version"] for past in older.get_json()["changes"]] == [1]


def test_changeset_can_be_taken_back(push: Push, service: Service, make_case: MakeCase) -> None:
    push(make_case("one"))
    push(make_case("one", "A slip of the pen."), make_case("two"), query="?confirm=true")
    bearer = service.bearer(Role.EDITOR)
    answer = service.client.post("/v1/changes/2/revert?confirm=true", headers=bearer)
    told = answer.get_json()
    assert (told["version"], told["changed"], told["retracted"]) == (3, ["one"], ["two"])
    assert service.store.cases()[1] == [make_case("one")]


def test_trying_to_take_back_says_whether_it_would_have_to_be_confirmed(
    push: Push, service: Service, make_case: MakeCase
) -> None:
    push(*(make_case(f"case-{number}") for number in range(20)))
    push(make_case("one"))
    bearer = service.bearer(Role.EDITOR)
    for version, needed in ((2, False), (1, True)):
        path = f"/v1/changes/{version}/revert?dry_run=true"
        told = service.client.post(path, headers=bearer).get_json()
        assert (told["needs_confirmation"], bool(told["warnings"])) == (needed, needed)
    assert service.store.published().version == 2


def test_changeset_whose_cases_have_changed_since_is_not_taken_back(
    push: Push, service: Service, make_case: MakeCase
) -> None:
    push(make_case("one"))
    push(make_case("one", "Changed since."), query="?confirm=true")
    bearer = service.bearer(Role.EDITOR)
    answer = service.client.post("/v1/changes/1/revert", headers=bearer)
    assert answer.status_code == 409
    assert answer.get_json()["ids"] == ["one"]
    unknown = service.client.post("/v1/changes/99/revert", headers=bearer)
    assert unknown.status_code == 404
    assert "no changeset with version 99" in unknown.get_json()["detail"]


def test_export_pushed_again_changes_nothing(
    push: Push, service: Service, make_case: MakeCase
) -> None:
    push(make_case("one"), make_case("two"))
    exported = service.client.get("/v1/export", headers=service.bearer(Role.VIEWER))
    assert exported.mimetype == JSON_LINES
    assert exported.headers["ETag"] == '"1"'
    again = service.client.post(
        "/v1/changes",
        data=exported.data,
        content_type=JSON_LINES,
        headers=service.bearer(Role.EDITOR),
    )
    assert again.get_json()["unchanged"] == ["one", "two"]
