"""The answers that the extension's tests read too are those that the service gives."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.server.conftest import CONTRACT, Service

# Vectors lie there too; tests/matcher/test_filter.py and test_local.py hold them.
FILES = sorted(set(CONTRACT.glob("*.json")) - {CONTRACT / "filter.json", CONTRACT / "local.json"})
HEADERS = ("Content-Type", "Cache-Control", "Access-Control-Allow-Origin", "WWW-Authenticate")
RECORD = os.environ.get("CLAIMLIGHT_RECORD") == "yes"


def ask(service: Service, request: dict[str, Any]) -> dict[str, Any]:
    body = request.get("body")
    answer = service.client.open(
        request["path"],
        method=request["method"],
        headers=request["headers"],
        data=body if isinstance(body, str | None) else json.dumps(body),
    )
    told = {name: answer.headers[name] for name in HEADERS if name in answer.headers}
    return {"status": answer.status_code, "headers": told, "body": json.loads(answer.data)}


def settled(value: Any, key: str = "") -> Any:
    """The answer without what may differ from one run to another; only its form is kept."""
    if isinstance(value, dict):
        return {name: settled(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [settled(inner, key) for inner in value]
    if key in {"score", "match", "similar"} and isinstance(value, float):
        return 0 <= value <= 1
    if key in {"digest", "published_at", "date"} and isinstance(value, str):
        return len(value)
    if key == "detail" and value.startswith("Retracted on "):
        return value.partition(":")[2]
    return value


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_service_answers_as_recorded(reading: Service, path: Path) -> None:
    recorded = json.loads(path.read_text(encoding="utf-8"))
    answer = ask(reading, recorded["request"])
    if RECORD:
        recorded["response"] = answer
        text = json.dumps(recorded, ensure_ascii=False, indent=2) + "\n"
        path.write_text(text, encoding="utf-8")
    assert settled(answer) == settled(recorded["response"]), "meant? see tests/contract/README.md"


def test_recorded_answers_cover_hints_refusals_and_cases() -> None:
    statuses = {json.loads(path.read_text())["response"]["status"] for path in FILES}
    assert statuses >= {200, 400, 401, 404, 410, 415}
