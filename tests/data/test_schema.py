"""The published JSON Schema of a case says what ``matcher.case`` enforces.

Regenerate it with ``python -m tests.data.test_schema > data/schema/case.schema.json``.
"""

import json
import sys
from pathlib import Path
from typing import Any

import jsonschema

from matcher.case import Case

SCHEMA = Path(__file__).parents[2] / "data" / "schema" / "case.schema.json"
REGENERATE = "python -m tests.data.test_schema > data/schema/case.schema.json"


def schema_of_a_case() -> dict[str, Any]:
    """The model's own schema, named and dated as a JSON Schema document."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://claimlight.example/schema/case.schema.json",
        **Case.model_json_schema(),
        "title": "Claimlight case",
    }


def schema_text() -> str:
    return json.dumps(schema_of_a_case(), indent=2, ensure_ascii=False) + "\n"


def test_published_schema_is_the_models_own() -> None:
    assert SCHEMA.read_text(encoding="utf-8") == schema_text(), f"regenerate it: {REGENERATE}"


def test_published_schema_is_valid_json_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(schema_of_a_case())


if __name__ == "__main__":
    sys.stdout.write(schema_text())
