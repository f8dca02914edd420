"""Requests drawn from the OpenAPI document, right and wrong ones: every answer is as documented.

A few hundred by default, many more with CLAIMLIGHT_TORTURE=yes (`make torture`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import load_all_checks
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from matcher.case import Case
from server.embedded import Embedded
from server.formats import read
from server.store import Role
from tests.server.conftest import CONTRACT, Service, run_service
from tests.torture import TORTURE, full, tell

pytestmark = pytest.mark.torture

Attack = schemathesis.Case[Any]
EXAMPLES: Final = full(300, small=20)
OPERATIONS: Final = 18
"""In the document; so that none is left out."""
UNSAID: Final = (
    "is not allowed", "is not a known language", "ids must differ", "the limit is",
    "next_page_token", "of no format known", "summary_language is required", "rows were rejected",
    "must start with https", "empty; a case a line", "the header has",
    "a valid integer; found", "there is no case", "is in row", "not a web address",
    "a link must not", "once normalised",
)  # fmt: skip
"""Rules that JSON Schema has no words for: by them alone a request that fits the document may
be refused. (To JSON Schema 5.0 is an integer.)"""
LENIENT: Final = {"POST /v1/changes", "POST /v1/changes/preview", "POST /v1/changes/read"}
"""Bad rows do not make these requests bad; and of a file the document says nothing."""


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("attacked")
    with Embedded(folder) as embedded, run_service(embedded.url, folder) as running:
        running.publish(*(row for row in read(CONTRACT / "cases.jsonl") if isinstance(row, Case)))
        yield running


@pytest.fixture(scope="module")
def document(attacked: Service) -> Any:
    return schemathesis.openapi.from_wsgi("/openapi.json", attacked.app)


def refused_by_a_documented_rule(_: Any, response: Any, case: Attack) -> None:
    """In place of schemathesis' own, which does not know of rules beyond the schema."""
    if (
        case.meta
        and case.meta.generation.mode is GenerationMode.POSITIVE
        and response.status_code == 400
    ):
        assert any(rule in response.text for rule in UNSAID), response.text


def wrong_is_refused(context: Any, response: Any, case: Attack) -> None:
    """As schemathesis sees it, but for 5.0, which is a whole number once it stands in a query."""
    whole = re.search(r"=-?[0-9]+\.0(?:&|$)", response.request.url)
    if not whole and response.status_code != 413:
        negative_data_rejection(context, response, case)


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize("number", range(OPERATIONS))
def test_every_answer_is_as_documented(
    attacked: Service, document: Any, mode: GenerationMode, number: int
) -> None:
    operation = list(document.get_all_operations())[number].ok()
    bearer = attacked.bearer(Role.EDITOR)
    load_all_checks()
    checks: list[Any] = [refused_by_a_documented_rule]
    if operation.label not in LENIENT:
        checks.append(wrong_is_refused)

    @settings(
        max_examples=EXAMPLES,
        derandomize=not TORTURE,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(mode))
    def attack(case: Attack) -> None:
        case.call_and_validate(
            headers=bearer,
            excluded_checks=[positive_data_acceptance, negative_data_rejection],
            additional_checks=checks,
        )

    assert len(list(document.get_all_operations())) == OPERATIONS
    try:
        attack()
    except Unsatisfiable:
        assert mode is GenerationMode.NEGATIVE  # an operation without parameters cannot be wrong
    if (number, mode) == (OPERATIONS - 1, GenerationMode.NEGATIVE):
        tell(
            f"requests drawn from the OpenAPI document, {EXAMPLES} right and {EXAMPLES} wrong ones "
            f"for each of {OPERATIONS} operations",
            bar="every answer as documented, no 5xx",
            found="all as documented",
        )
