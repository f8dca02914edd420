"""What holds for every answer: security headers, no cookie, and who may ask from where."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from server.app import SECURITY_HEADERS, create_app
from server.settings import from_environment
from tests.server.conftest import Service
from tests.server.test_problems import addresses

FIREFOX = "moz-extension://0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
STRANGER = "https://example.org"


def test_every_answer_has_the_security_headers_and_none_sets_a_cookie(reading: Service) -> None:
    for path in [*addresses(reading), "/static/claimlight.css", "/static/absent.css"]:
        for method in ("GET", "POST", "OPTIONS", "DELETE"):
            answer = reading.client.open(path, method=method, buffered=True)
            assert "Set-Cookie" not in answer.headers, (method, path)
            for name, value in SECURITY_HEADERS.items():
                assert answer.headers.getlist(name) == [value], (method, path)


def test_policy_allows_no_inline_script_no_frame_and_no_other_host() -> None:
    policy = SECURITY_HEADERS["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert "http" not in policy
    assert "frame-ancestors 'none'" in policy


@pytest.mark.parametrize(
    "path", ["/v1/cases", "/v1/cases/nato-guarantees", "/v1/cases/absent", "/v1/index"]
)
def test_anyone_may_read_what_is_public(reading: Service, path: str) -> None:
    for headers in ({}, {"Origin": STRANGER}):
        answer = reading.client.get(path, headers=headers)
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in answer.headers
        assert "ETag" in answer.headers["Access-Control-Expose-Headers"]


def preflight(client: FlaskClient, path: str, origin: str, method: str = "POST") -> dict[str, str]:
    answer = client.options(
        path,
        headers={
            "Origin": origin,
            "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": "content-type",
        },
    )
    return dict(answer.headers)


def test_the_extension_may_send_sentences(reading: Service) -> None:
    told = preflight(reading.client, "/v1/match", FIREFOX)
    assert told["Access-Control-Allow-Origin"] == FIREFOX
    assert told["Access-Control-Allow-Methods"] == "POST"
    assert told["Access-Control-Allow-Headers"] == "content-type"
    answer = reading.client.post("/v1/match", json={"text": "x"}, headers={"Origin": FIREFOX})
    assert answer.headers["Access-Control-Allow-Origin"] == FIREFOX
    assert "Retry-After" in answer.headers["Access-Control-Expose-Headers"]
    assert "Origin" in answer.headers["Vary"]


@pytest.mark.parametrize(
    "origin",
    [
        STRANGER,
        "null",
        "http://localhost:3000",
        FIREFOX + ".example.org",
        "https://example.org/" + FIREFOX,
        FIREFOX[:-1],
        "moz-extension://" + "x" * 36,
    ],
)
def test_no_other_origin_may_send_sentences(reading: Service, origin: str) -> None:
    told = preflight(reading.client, "/v1/match", origin)
    assert "Access-Control-Allow-Origin" not in told
    answer = reading.client.post("/v1/match", json={"text": "x"}, headers={"Origin": origin})
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_who_names_no_origin_is_not_told_the_extensions(reading: Service) -> None:
    answer = reading.client.post("/v1/match", json={"text": "x"})
    assert answer.status_code == 200
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_refusal_can_be_read_by_the_extension_too(reading: Service) -> None:
    answer = reading.client.post("/v1/match", json={}, headers={"Origin": FIREFOX})
    assert answer.status_code == 400
    assert answer.headers["Access-Control-Allow-Origin"] == FIREFOX


def test_operator_names_further_origins(reading: Service, data_dir: Path) -> None:
    settings = from_environment(
        {"CLAIMLIGHT_DATA_DIR": str(data_dir), "CLAIMLIGHT_CORS_ORIGINS": STRANGER}
    )
    client = create_app(settings, store=reading.store, live=reading.live).test_client()
    assert preflight(client, "/v1/match", STRANGER)["Access-Control-Allow-Origin"] == STRANGER
    assert "Access-Control-Allow-Origin" not in preflight(client, "/v1/match", FIREFOX)


@pytest.mark.parametrize(
    "path", ["/v1/changes", "/v1/changes/1/revert", "/v1/export", "/healthz", "/readyz", "/"]
)
@pytest.mark.parametrize("origin", [FIREFOX, STRANGER])
def test_nothing_but_readers_routes_answers_other_origins(
    reading: Service, path: str, origin: str
) -> None:
    assert "Access-Control-Allow-Origin" not in preflight(reading.client, path, origin)
    answer = reading.client.get(path, headers={"Origin": origin})
    assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize("name", ["If-Modified-Since", "If-Unmodified-Since", "If-Range"])
@pytest.mark.parametrize("path", ["/v1/index", "/static/claimlight.css", "/docs"])
def test_date_that_is_none_is_ignored(reading: Service, name: str, path: str) -> None:
    for year in ("20300000000000", "9" * 400, "-1"):
        headers = {name: f"Tue, 01 Jan {year} 00:00:00 GMT", "Range": "bytes=0-"}
        answer = reading.client.get(path, headers=headers, buffered=True)
        assert answer.status_code in {200, 206}, year
