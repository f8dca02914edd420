"""Limits in characters a minute: who is held, across workers, and while Redis is away."""

from __future__ import annotations

import dataclasses
import re
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import pytest
import redis
from flask import Flask
from flask.testing import FlaskClient

from server.allowance import LEAST_COST, Allowances, Policy, Tally
from server.app import create_app
from server.clients import client
from server.errors import Unavailable
from server.problems import Problem
from server.settings import Settings, from_environment
from server.store import Role, Store
from tests.server.conftest import MakeCase, Service

QUOTA = 2_000
POLICY = Policy("characters", QUOTA)
CLIENT = "192.0.2.1"


@pytest.fixture(autouse=True)
def _one_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hold the clock in the middle of a minute, so that no window ends during a test."""
    monkeypatch.setattr("time.time", lambda: 1_800_000_030.0)


@pytest.fixture
def settings(data_dir: Path) -> Settings:
    return from_environment(
        {
            "CLAIMLIGHT_DATA_DIR": str(data_dir),
            "CLAIMLIGHT_CHARS_A_MINUTE": str(QUOTA),
            "CLAIMLIGHT_TOKEN_CHARS_A_MINUTE": str(QUOTA),
            "CLAIMLIGHT_TOKEN_MATCH_CHARS_A_MINUTE": str(2 * QUOTA),
            "CLAIMLIGHT_TRUSTED_PROXIES": "10.0.0.0/8",
        }
    )


@pytest.fixture
def limited(reading: Service, settings: Settings) -> FlaskClient:
    return create_app(settings, store=reading.store, live=reading.live).test_client()


def send(client: FlaskClient, length: int, address: str = CLIENT, **headers: str) -> int:
    answer = client.post(
        "/v1/match",
        json={"sentences": [{"id": "s", "text": "x" * length, "language": "en"}]},
        headers=headers,
        environ_overrides={"REMOTE_ADDR": address},
    )
    return answer.status_code


def test_client_may_send_its_characters_and_no_more_and_is_told_when_to_come_back(
    limited: FlaskClient,
) -> None:
    answer = limited.post("/v1/match", json={"text": "x" * 1_500})
    assert answer.status_code == 200
    assert answer.headers["RateLimit-Policy"] == f'"characters";q={QUOTA};w=60'
    assert answer.headers["RateLimit"] == '"characters";r=500;t=30'
    refused = limited.post("/v1/match", json={"text": "x" * 1_500})
    assert refused.status_code == 429
    assert refused.mimetype == "application/problem+json"
    assert 30 < int(refused.headers["Retry-After"]) <= 90
    assert "RateLimit" in refused.headers
    assert limited.post("/v1/match", json={"text": "x" * 200}).status_code == 200


def test_text_that_is_too_long_to_be_a_sentence_counts_as_well(limited: FlaskClient) -> None:
    answer = limited.post("/v1/match", json={"text": "x" * 3_000})
    assert answer.get_json()["skipped"]
    assert answer.headers["RateLimit"].startswith('"characters";r=0;')


def test_text_that_is_more_than_is_left_is_refused_before_it_is_looked_at(
    limited: FlaskClient,
) -> None:
    longer_once_normalised = {"text": "\ufdfa" * 6_000}  # eighteen letters each
    for status in (400, 429):
        assert limited.post("/v1/match", json=longer_once_normalised).status_code == status


@pytest.mark.parametrize("path", ["/v1/match", "/v1/reports"])
def test_a_body_that_is_not_as_documented_counts_by_its_length(
    limited: FlaskClient, path: str
) -> None:
    told = limited.post(path, json={"no": "x" * 1_500})
    assert told.status_code == 400
    length = len(b'{"no": ""}') + 1_500
    assert told.headers["RateLimit"] == f'"characters";r={QUOTA - length};t=30'
    assert limited.post("/v1/match", json={"text": "x" * 1_500}).status_code == 429
    assert limited.post("/v1/match", json={"text": "x" * 300}).status_code == 200


def test_who_sends_nonsense_of_any_length_is_told_to_wait_until_it_is_paid_for(
    limited: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(QUOTA // LEAST_COST):
        nonsense = limited.post("/v1/match", data="x" * 100_000, content_type="application/json")
        if nonsense.status_code == 429:
            break
    assert nonsense.status_code == 429
    wait = float(nonsense.headers["Retry-After"])
    monkeypatch.setattr("time.time", lambda: 1_800_000_030.0 + wait)
    assert limited.get("/v1/index").status_code == 200


def test_text_in_any_script_counts_by_its_characters_however_it_is_encoded(
    limited: FlaskClient,
) -> None:
    answer = limited.post("/v1/match", json={"text": "я" * 1_500})  # nine thousand bytes
    assert answer.status_code == 200
    assert answer.headers["RateLimit"] == '"characters";r=500;t=30'


def test_who_waits_as_long_as_told_is_answered(
    reading: Service, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    allowances = Allowances(settings, reading.store)
    now = 1_800_000_030.0
    for cost in (1_500, 400, 1_999, 100, 1_000, 2_000):
        try:
            allowances.take(POLICY, CLIENT, cost)
        except Problem as refused:
            now += float(refused.headers["Retry-After"])
            monkeypatch.setattr("time.time", lambda now=now: now)
            allowances.take(POLICY, CLIENT, cost)


def test_every_request_to_the_api_costs_something_and_probes_and_pages_do_not(
    limited: FlaskClient,
) -> None:
    for _ in range(QUOTA // LEAST_COST):
        assert limited.get("/v1/index").status_code == 200
    refused = limited.get("/v1/index")
    assert refused.status_code == 429
    for path in ("/healthz", "/readyz", "/", "/docs"):
        assert limited.get(path).status_code == 200
    assert limited.options("/v1/match").status_code == 200


def test_an_answer_that_anyone_may_keep_does_not_tell_what_one_client_has_left(
    limited: FlaskClient,
) -> None:
    assert "RateLimit" not in limited.get("/v1/index").headers


def test_one_client_does_not_hold_up_another(limited: FlaskClient) -> None:
    assert send(limited, 2_000) == 200
    assert send(limited, 2_000) == 429
    assert send(limited, 2_000, "192.0.2.2") == 200


def test_an_ipv6_subscriber_is_one_client_whatever_addresses_it_draws(
    limited: FlaskClient,
) -> None:
    assert send(limited, 2_000, "2001:db8:1:2::1") == 200
    assert send(limited, 2_000, "2001:db8:1:2:ffff::2") == 429
    assert send(limited, 2_000, "2001:db8:1:3::1") == 200
    assert send(limited, 2_000, "::ffff:192.0.2.1") == 200
    assert send(limited, 2_000, "192.0.2.1") == 429


def test_forwarded_client_is_believed_of_a_trusted_proxy_alone(limited: FlaskClient) -> None:
    behind = partial(send, limited, 2_000)
    assert behind("10.0.0.1", **{"X-Forwarded-For": "203.0.113.1"}) == 200
    assert behind("10.0.0.1", **{"X-Forwarded-For": "203.0.113.2"}) == 200
    assert behind("10.0.0.2", **{"X-Forwarded-For": "6.6.6.6, 203.0.113.2"}) == 429
    assert behind("198.51.100.1", **{"X-Forwarded-For": "203.0.113.3"}) == 200
    assert behind("198.51.100.1", **{"X-Forwarded-For": "203.0.113.4"}) == 429


@pytest.mark.parametrize("forwarded", ["", "nonsense", "x" * 5_000, "1.2.3.4:99", "fe80::1%eth0"])
def test_whatever_a_proxy_forwards_names_a_client(reading: Service, forwarded: str) -> None:
    proxies = from_environment({"CLAIMLIGHT_TRUSTED_PROXIES": "10.0.0.0/8"}).trusted_proxies
    with reading.app.test_request_context(
        headers={"X-Forwarded-For": forwarded}, environ_overrides={"REMOTE_ADDR": "10.0.0.1"}
    ):
        assert re.fullmatch(r"unknown|10\.0\.0\.1|fe80::/64", client(proxies))


def test_a_token_has_an_allowance_of_its_own(
    service: Service, settings: Settings, make_case: MakeCase
) -> None:
    app = create_app(settings, store=service.store, live=service.live)
    row = make_case("one").model_dump(mode="json")
    row["summary"] = "x" * 600
    one, other = service.bearer(Role.EDITOR), service.bearer(Role.EDITOR)
    statuses = [push(app, row, one) for _ in range(4)]
    assert statuses[0] == 200
    assert statuses[-1] == 429
    assert push(app, row, other) == 200


@pytest.fixture
def allowances(service: Service, settings: Settings) -> Allowances:
    return Allowances(settings, service.store)


@pytest.fixture
def knowing(service: Service, settings: Settings, allowances: Allowances) -> FlaskClient:
    """Of a worker that learns of tokens when it shares what was used."""
    app = create_app(settings, store=service.store, live=service.live, allowances=allowances)
    return app.test_client()


def test_text_with_a_token_counts_towards_the_token_wherever_it_comes_from(
    service: Service, knowing: FlaskClient, allowances: Allowances
) -> None:
    one, other = service.bearer(Role.VIEWER), service.bearer(Role.VIEWER)
    allowances.share()
    assert send(knowing, 2_000, **one) == 200
    assert send(knowing, 2_000, "192.0.2.2", **one) == 200
    assert send(knowing, 500, "192.0.2.3", **one) == 429
    assert send(knowing, 500, "192.0.2.3", **other) == 200
    assert send(knowing, 1_000) == 200  # the address has only been charged for asking
    told = knowing.post("/v1/match", json={"text": "x" * 500}, headers=other).headers
    assert told["RateLimit-Policy"] == f'"token-match";q={2 * QUOTA};w=60'
    assert told["RateLimit"] == '"token-match";r=3000;t=30'
    told = knowing.post("/v1/match", json="x" * 498, headers=other).headers
    assert told["RateLimit"] == '"token-match";r=2500;t=30'


def test_a_token_that_is_good_for_nothing_is_refused_and_costs_its_client_something(
    service: Service, knowing: FlaskClient, allowances: Allowances
) -> None:
    bearer = service.bearer(Role.VIEWER)
    allowances.share()
    assert send(knowing, 10, **bearer) == 200
    (token,) = service.store.tokens.list()
    service.store.tokens.revoke(token.name)
    allowances.share()
    statuses = [send(knowing, 10, **bearer) for _ in range(QUOTA // LEAST_COST)]
    assert statuses == [401] * (len(statuses) - 1) + [429]
    assert send(knowing, 10, "192.0.2.9", Authorization="Basic eDp5") == 401


def test_tokens_are_known_while_redis_is_away(
    service: Service, knowing: FlaskClient, settings: Settings, allowances: Allowances
) -> None:
    bearer = service.bearer(Role.VIEWER)
    allowances.share()
    away = Store("unix:///nowhere/redis.sock")
    allowances._store = away
    allowances.share()
    assert send(knowing, 2_000, **bearer) == 200
    assert send(knowing, 2_000, **bearer) == 200
    assert send(knowing, 2_000, **bearer) == 429
    late = Allowances(settings, away)
    late.share()  # knows of none yet: the address stands in
    app = create_app(settings, store=service.store, live=service.live, allowances=late)
    assert send(app.test_client(), 2_000, **bearer) == 200
    assert send(app.test_client(), 2_000, **bearer) == 429


def push(app: Flask, row: object, bearer: dict[str, str]) -> int:
    return app.test_client().post("/v1/changes", json=row, headers=bearer).status_code


@pytest.fixture
def workers(store: Store, settings: Settings) -> list[Allowances]:
    return [Allowances(settings, store) for _ in range(3)]


def passes(worker: Allowances, cost: int, who: str = CLIENT) -> bool:
    try:
        worker.take(POLICY, who, cost)
    except Problem:
        return False
    return True


def test_workers_learn_from_each_other_what_was_used(
    workers: list[Allowances], store: Store
) -> None:
    for worker in workers:
        assert passes(worker, 600)
    for _ in range(2):  # who tells first does not know of the others yet
        for worker in workers:
            worker.share()
    for worker in workers:
        assert not passes(worker, 300)
    assert passes(workers[0], 200)
    assert passes(workers[1], 600, "192.0.2.2")


def test_no_address_is_kept_in_redis(workers: list[Allowances], raw_redis: redis.Redis) -> None:
    assert passes(workers[0], 600, "192.0.2.77")
    workers[0].share()
    keys = list(raw_redis.scan_iter("claimlight:usage*"))
    assert len(keys) == 2
    for key in keys:
        assert b"192.0.2" not in key + (raw_redis.dump(key) or b"")
        assert 0 < raw_redis.ttl(key) <= 86_400


def test_limits_hold_while_redis_is_away_and_nothing_used_is_forgotten() -> None:
    first, second = Tally(), Tally()
    shared: dict[str, int] = {}

    def away(_: object) -> dict[str, int]:
        raise Unavailable("Redis is away")

    def add(used: dict[str, int]) -> dict[str, int]:
        for key, amount in used.items():
            shared[key] = shared.get(key, 0) + amount
        return {key: shared[key] for key in used}

    key = "characters/a/2000/1/minute"
    assert first.acquire_sliding_window_entry(key, QUOTA, 60, 1_500)
    with pytest.raises(Unavailable):
        first.share(away)
    assert not first.acquire_sliding_window_entry(key, QUOTA, 60, 600)
    assert second.acquire_sliding_window_entry(key, QUOTA, 60, 100)
    for tally in (first, second, first):
        tally.share(add)  # type: ignore[arg-type]
    assert list(shared.values()) == [1_600]
    for tally in (first, second):
        assert tally.get_sliding_window(key, 60)[2] == 1_600


def test_what_is_told_after_its_minute_has_ended_counts_once() -> None:
    tally, shared = Tally(), {"others": 0}

    def add(used: Mapping[str, int]) -> dict[str, int]:
        for key, amount in used.items():
            shared[key] = shared.get(key, 0) + amount
        return {key: shared[key] for key in used}

    key = f"characters/a/2000/1/minute/{int(time.time() / 60) - 1}"
    for told in (900, 50):  # the second after the minute has ended
        tally.incr(key, 120, told)
        tally.share(add)
    assert shared[key] == tally.get(key) == 950
    shared[key] += 30  # by another worker
    tally.share(add)
    assert tally.get(key) == 980


def test_there_is_no_limit_where_only_this_machine_can_be_a_client(settings: Settings) -> None:
    assert from_environment({}).client_chars_a_minute == 0
    assert from_environment({"CLAIMLIGHT_HOST": "::1"}).client_chars_a_minute == 0
    assert from_environment({"CLAIMLIGHT_HOST": "0.0.0.0"}).client_chars_a_minute == 1_000_000
    proxied = {"CLAIMLIGHT_TRUSTED_PROXIES": "127.0.0.1"}
    assert from_environment(proxied).client_chars_a_minute == 1_000_000
    assert dataclasses.replace(settings, chars_a_minute=0).client_chars_a_minute == 0


def test_the_limit_is_published(limited: FlaskClient, reading: Service) -> None:
    assert limited.get("/v1/index").get_json()["limits"]["chars_a_minute"] == QUOTA
    assert reading.client.get("/v1/index").get_json()["limits"]["chars_a_minute"] is None
