"""Readers' reports: bounded in size, number, rate and time; read by editors alone."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
import redis

from server.allowance import REPORTS_A_MINUTE
from server.store import Role, Store
from server.store.reports import KEPT_DAYS, MOST_REPORTS
from tests.server.conftest import MakeCase, Service

STREAM = "claimlight:reports"


@pytest.fixture
def published(service: Service, make_case: MakeCase) -> Service:
    service.publish(make_case("one"))
    return service


def report(service: Service, address: str = "192.0.2.1", **change: Any) -> Any:
    row = {"case_id": "one", "kind": "wrong_match"} | change
    return service.client.post("/v1/reports", json=row, environ_overrides={"REMOTE_ADDR": address})


def listed(service: Service, query: str = "") -> Any:
    answer = service.client.get(f"/v1/reports{query}", headers=service.bearer(Role.EDITOR))
    assert answer.status_code == 200
    return answer.get_json()["reports"]


def test_report_reaches_the_editors(published: Service) -> None:
    assert report(published, sentence="It says the contrary.").status_code == 200
    (told,) = listed(published)
    assert (told["case_id"], told["kind"], told["version"]) == ("one", "wrong_match", 1)
    assert told["sentence"] == "It says the contrary."
    assert told["when"].endswith("Z")


def test_sentence_is_kept_only_where_the_reader_sent_it(
    published: Service, raw_redis: redis.Redis
) -> None:
    report(published)
    assert listed(published)[0]["sentence"] is None
    rows: Any = raw_redis.xrange(STREAM)
    ((_, fields),) = rows
    kept = json.loads(next(iter(fields.values())))
    assert set(kept) == {"case_id", "kind", "sentence", "version"}


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"sentence": "x" * 2_001}, 400),
        ({"sentence": ""}, 400),
        ({"kind": "rude"}, 400),
        ({"url": "https://example.org/what-i-read"}, 400),
        ({"case_id": "none-such"}, 404),
        ({"case_id": "<script>"}, 400),
    ],
)
def test_report_that_is_not_as_documented_is_refused(
    published: Service, change: dict[str, Any], status: int
) -> None:
    assert report(published, **change).status_code == status
    assert listed(published) == []


def test_one_address_may_report_only_so_often_and_another_is_not_held_up(
    published: Service,
) -> None:
    answers = [report(published) for _ in range(REPORTS_A_MINUTE + 1)]
    while answers[-1].status_code == 200:  # a new minute began in between
        answers.append(report(published))
    assert [answer.status_code for answer in answers[:REPORTS_A_MINUTE]] == [200] * REPORTS_A_MINUTE
    refused = answers[-1]
    assert refused.status_code == 429
    # Of a minute that has only begun, a little of the next one has to pass as well.
    assert 1 <= int(refused.headers["Retry-After"]) <= 2 * 60
    assert refused.headers["RateLimit"].startswith('"reports";r=0;t=')
    assert report(published, "192.0.2.2").status_code == 200


def test_address_of_a_reader_is_not_kept(published: Service, raw_redis: redis.Redis) -> None:
    report(published, "192.0.2.77")
    keys = list(raw_redis.scan_iter("claimlight:*"))
    assert STREAM.encode() in keys
    for key in keys:
        assert b"192.0.2.77" not in key
        assert b"192.0.2.77" not in (raw_redis.dump(key) or b"")


def test_forwarded_address_is_believed_from_a_trusted_proxy_alone(published: Service) -> None:
    from server.clients import client_address
    from server.settings import from_environment

    proxies = from_environment({"CLAIMLIGHT_TRUSTED_PROXIES": "10.0.0.0/8"}).trusted_proxies
    for forwarded, address, expected in (
        ("203.0.113.9", "10.0.0.1", "203.0.113.9"),
        ("6.6.6.6, 203.0.113.9, 10.0.0.2", "10.0.0.1", "203.0.113.9"),
        ("203.0.113.9", "198.51.100.1", "198.51.100.1"),
        ("", "10.0.0.1", "10.0.0.1"),
    ):
        with published.app.test_request_context(
            headers={"X-Forwarded-For": forwarded}, environ_overrides={"REMOTE_ADDR": address}
        ):
            assert client_address(proxies) == expected


def test_oldest_reports_go_where_there_are_too_many(store: Store, raw_redis: redis.Redis) -> None:
    with raw_redis.pipeline() as pipe:
        for _ in range(MOST_REPORTS + 5):
            pipe.xadd(STREAM, {"report": "{}"})
        pipe.execute()
    store.reports.add(case_id="one", kind="other", sentence=None, version=1)
    assert raw_redis.xlen(STREAM) == MOST_REPORTS


def test_report_is_forgotten_after_its_time(store: Store, raw_redis: redis.Redis) -> None:
    then = dt.datetime.now(dt.UTC) - dt.timedelta(days=KEPT_DAYS, minutes=1)
    old = {"case_id": "one", "kind": "other", "sentence": "old", "version": 1}
    raw_redis.xadd(STREAM, {"report": json.dumps(old)}, id=f"{int(then.timestamp() * 1000)}-0")
    assert store.reports.list(limit=10) == []
    store.reports.add(case_id="one", kind="other", sentence=None, version=1)
    assert raw_redis.xlen(STREAM) == 1
    assert 0 < raw_redis.ttl(STREAM) <= KEPT_DAYS * 86_400


def test_reports_come_in_pages_and_go_when_they_are_dealt_with(published: Service) -> None:
    for number in range(3):
        report(published, sentence=f"Sentence {number}.")
    newest = listed(published, "?page_size=2")
    assert [each["sentence"] for each in newest] == ["Sentence 2.", "Sentence 1."]
    (last,) = listed(published, f"?before={newest[-1]['id']}")
    assert last["sentence"] == "Sentence 0."
    path = f"/v1/reports/{last['id']}"
    bearer = published.bearer(Role.EDITOR)
    assert published.client.delete(path, headers=bearer).status_code == 200
    assert published.client.delete(path, headers=bearer).status_code == 404
    assert len(listed(published)) == 2


def test_reports_are_for_editors_alone(published: Service) -> None:
    assert published.client.get("/v1/reports").status_code == 401
    viewer = published.bearer(Role.VIEWER)
    assert published.client.get("/v1/reports", headers=viewer).status_code == 403
    assert published.client.delete("/v1/reports/1-0", headers=viewer).status_code == 403


@pytest.mark.parametrize("before", ["0-0", "00-0", "0-00", "0-1", "9" * 15 + "-" + "9" * 9])
def test_page_of_reports_before_any_or_after_all_is_answered(service: Service, before: str) -> None:
    answer = service.client.get(f"/v1/reports?before={before}", headers=service.bearer(Role.EDITOR))
    assert (answer.status_code, answer.get_json()["reports"]) == (200, [])


def test_digits_of_other_scripts_are_no_id_of_a_report(service: Service) -> None:
    bearer = service.bearer(Role.EDITOR)
    assert service.client.get("/v1/reports?before=٣-٣", headers=bearer).status_code == 400
    assert service.client.delete("/v1/reports/٣-٣", headers=bearer).status_code == 404
