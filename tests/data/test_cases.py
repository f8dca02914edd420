"""The starter cases are what a newcomer's first reader sees: whole, distinct and honest."""

import datetime as dt
import json
from collections import Counter
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from matcher.case import Case, RelatedLink
from matcher.language import primary

ROOT = Path(__file__).parents[2]
CASES = ROOT / "data" / "cases"
DATASET = ROOT.parent / "shared" / "datasets" / "euvsdisinfo" / "cases.jsonl"
# Published after the public dumps end (2021): the seed and the three cases it names.
AFTER_THE_DUMPS = {
    "kazakhstan-protests-us-colour-revolution",
    "kazakhstan-protests-undermine-cis",
    "kazakhstan-new-western-colour-revolution",
    "belarus-sanctions-new-wave-of-protests",
}
SEED = "kazakhstan-protests-us-colour-revolution"
OTHER_LANGUAGES = {"ar", "de", "es", "fr", "he", "ja", "pl", "ru", "tr", "uk", "zh"}


def rows() -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{path.name}:{number}", json.loads(line))
        for path in sorted(CASES.glob("*.jsonl"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
    ]


ROWS = rows()
STARTER = [Case.model_validate(row) for _, row in ROWS]


def folded(text: str) -> str:
    return " ".join(text.casefold().split())


@pytest.mark.parametrize(("place", "row"), ROWS, ids=[place for place, _ in ROWS])
def test_case_satisfies_the_published_schema(place: str, row: dict[str, Any]) -> None:
    schema = json.loads((ROOT / "data" / "schema" / "case.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator(
        schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    ).validate(row)


def test_there_are_enough_cases_each_in_two_wordings() -> None:
    assert len(STARTER) >= 80
    assert [case.id for case in STARTER if len(case.claims) < 2] == []


def test_eleven_languages_besides_english_can_be_tried() -> None:
    spoken = {case.id: {primary(claim.language) for claim in case.claims} for case in STARTER}
    assert sum(bool(languages & OTHER_LANGUAGES) for languages in spoken.values()) >= 25
    assert set().union(*spoken.values()) == OTHER_LANGUAGES | {"en"}


def test_ids_links_and_wordings_belong_to_one_case_each() -> None:
    ids = Counter(case.id for case in STARTER)
    links = Counter(case.url for case in STARTER)
    wordings = Counter(folded(claim.text) for case in STARTER for claim in case.claims)
    repeated = {key: n for counts in (ids, links, wordings) for key, n in counts.items() if n > 1}
    assert repeated == {}


def test_related_cases_exist_and_are_other_cases() -> None:
    ids = {case.id for case in STARTER}
    wrong = [
        (case.id, other)
        for case in STARTER
        for other in case.related
        if not isinstance(other, RelatedLink) and (other not in ids or other == case.id)
    ]
    assert wrong == []
    assert [case.id for case in STARTER if not 1 <= len(case.related) <= 4] == []


def test_summary_is_a_debunk_and_never_the_claim_itself() -> None:
    repeating = [
        case.id
        for case in STARTER
        for claim in case.claims
        if case.summary is None or folded(claim.text).rstrip(".") in folded(case.summary)
    ]
    assert repeating == []


def test_dates_lie_between_the_first_and_the_last_year_of_the_sources() -> None:
    first, last = dt.date(2015, 1, 1), dt.date(2022, 12, 31)
    assert [case.id for case in STARTER if not first <= case.published <= last] == []


def test_seed_case_pins_its_three_related_cases() -> None:
    seed = next(case for case in STARTER if case.id == SEED)
    assert set(seed.related) == AFTER_THE_DUMPS - {SEED}


@pytest.mark.datasets
def test_links_and_dates_are_those_of_real_reports() -> None:
    if not DATASET.exists():
        pytest.skip(f"the EUvsDisinfo dump is not beside the checkout: {DATASET}")
    with DATASET.open(encoding="utf-8") as lines:
        known = {(row["url"], row["date"]) for row in map(json.loads, lines) if row["url"]}
    unknown = {case.id for case in STARTER if (case.url, case.published.isoformat()) not in known}
    assert unknown == AFTER_THE_DUMPS
