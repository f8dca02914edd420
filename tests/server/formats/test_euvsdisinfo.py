"""EUvsDisinfo's dumps: above all that a falsehood is never shown as its own debunk."""

from __future__ import annotations

import doctest
import io
import json
import re
from collections import Counter
from typing import Any

import pytest

from matcher.case import ID_PATTERN, MAX_LABEL_CHARS, MAX_SUMMARY_CHARS, Case
from matcher.training.corpora import DATASETS
from server.formats import Rejected, euvsdisinfo, read
from server.formats.euvsdisinfo import case_id
from server.formats.wording import cut
from tests.server.formats.cases import DUMP_ROW

DUMP = DATASETS / "euvsdisinfo" / "cases.jsonl"
SCRAPE = DATASETS / "raw" / "euvsdisinfo_posts.csv"
DUMP_2017 = DATASETS / "raw" / "euvsdisinfo_2017.csv"

needs_datasets = pytest.mark.skipif(
    not DUMP.exists(), reason=f"the shared datasets are not at {DATASETS}"
)


def rows(*changes: dict[str, Any], verdict: str | None = "false") -> list[Case | Rejected]:
    lines = "\n".join(json.dumps(DUMP_ROW | change) for change in changes)
    return list(read(io.BytesIO(lines.encode()), default_verdict=verdict))


def one(**change: Any) -> Case:
    (row,) = rows(change)
    assert isinstance(row, Case), row
    return row


def rejected(**change: Any) -> Rejected:
    (row,) = rows(change)
    assert isinstance(row, Rejected), row
    return row


def test_disproof_becomes_the_summary_and_the_disinformation_a_wording() -> None:
    case = one()
    assert [claim.text for claim in case.claims] == [DUMP_ROW["title"], DUMP_ROW["summary"]]
    assert case.summary == DUMP_ROW["disproof"]


def test_without_a_disproof_there_is_no_summary_rather_than_the_disinformation() -> None:
    assert one(disproof=None).summary is None


def test_summary_that_repeats_the_title_is_not_a_second_wording() -> None:
    assert len(one(summary="The Moon is a storehouse for cheese.").claims) == 1


def test_wordings_are_english_whatever_language_the_outlet_has() -> None:
    assert {claim.language for claim in one().claims} == {"en"}


def test_long_disproof_ends_with_a_whole_sentence() -> None:
    sentence = "This has been refuted by a great many people over a great many years. "
    summary = one(disproof=sentence * 20).summary
    assert summary is not None
    assert len(summary) <= MAX_SUMMARY_CHARS
    assert summary.endswith("years.")
    assert len(summary) + len(sentence) > MAX_SUMMARY_CHARS


def test_disproof_of_one_endless_sentence_ends_with_a_whole_word() -> None:
    summary = cut("wording " * 200, MAX_SUMMARY_CHARS)
    assert len(summary) <= MAX_SUMMARY_CHARS
    assert summary.endswith("wording…")


def test_publisher_date_and_labels_are_kept() -> None:
    case = one()
    assert case.publisher.name == "EUvsDisinfo"
    assert case.published.isoformat() == "2020-02-29"
    assert (case.countries, case.keywords, case.outlets) == (
        ("Georgia",),
        ("cheese",),
        ("Moon Today",),
    )


def test_over_long_empty_and_repeated_labels_do_not_cost_the_row() -> None:
    case = one(outlets=["x" * 500, "", "A", "A", *(f"outlet {n}" for n in range(200))])
    assert len(case.outlets[0]) == MAX_LABEL_CHARS
    assert case.outlets[1:3] == ("A", "outlet 0")
    assert len(case.outlets) == 100


def test_title_that_the_site_has_cut_is_kept_as_it_is() -> None:
    assert one(title="The Moon was reported to be…").claim == "The Moon was reported to be…"


def test_row_without_a_link_is_rejected_with_line_id_and_reason() -> None:
    first, second = rows({}, {"id": "kalkun-7", "url": None})
    assert isinstance(first, Case)
    assert second == Rejected(2, "kalkun-7", "no url: there is no disproof to lead a reader to")


def test_row_is_rejected_where_nobody_names_a_verdict() -> None:
    (row,) = rows({}, verdict=None)
    assert isinstance(row, Rejected)
    assert "name a default verdict" in row.message


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"date": "29 February"}, "/published"),
        ({"title": ""}, "/claims/0/text"),
        ({"title": "a\x00b"}, "/claims/0/text"),
        ({"url": "http://euvsdisinfo.eu/report/x/"}, "/url"),
        ({"disproof": "turned \u202e round"}, "/summary"),
    ],
)
def test_row_that_breaks_a_rule_is_rejected_naming_the_place(
    change: dict[str, Any], place: str
) -> None:
    assert place in rejected(**change).message


def test_second_row_of_the_same_report_is_rejected_and_the_first_kept() -> None:
    first, second = rows({}, {"title": "Another title"})
    assert isinstance(first, Case)
    assert isinstance(second, Rejected)
    assert (second.line, second.message) == (2, "the same case as in line 1")


def test_ids_of_reports_are_the_last_part_of_their_address() -> None:
    assert case_id("https://euvsdisinfo.eu/report/a-moon-of-cheese/") == "a-moon-of-cheese"


def test_examples_in_the_docstrings_hold() -> None:
    tried = doctest.testmod(euvsdisinfo)
    assert (tried.failed, tried.attempted) == (0, 2)


@pytest.mark.parametrize(
    "url",
    [
        "https://euvsdisinfo.eu/report/" + "a-moon-of-cheese-" * 12,
        "https://euvsdisinfo.eu/report/%d1%83-moon/",
        "https://euvsdisinfo.eu/report/__trashed-279/",
        "https://euvsdisinfo.eu/report/%d0%b2/",
        "https://euvsdisinfo.eu/",
        "https://example.org/report/a-moon-of-cheese/",
    ],
)
def test_other_addresses_get_an_id_that_no_other_address_has(url: str) -> None:
    assert re.fullmatch(ID_PATTERN, case_id(url))
    assert case_id(url) == case_id(url)
    assert case_id(url) != case_id(url + "x")
    assert case_id(url) != "a-moon-of-cheese"


TABLE = (
    "date,id,title,countries,keywords,languages,outlets\r\n"
    '2020-02-29,https://euvsdisinfo.eu/report/a/,"Cheese,\r\non the Moon",A+B,k,English,O1+O2\r\n'
    "2020-03-01,https://euvsdisinfo.eu/report/b/,The Moon sings,A,k,English,O\r\n"
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_table_is_read_whatever_its_encoding_and_separator(encoding: str, separator: str) -> None:
    table = TABLE.replace("Cheese,", "Cheese ").replace(",", separator)
    first, second = read(io.BytesIO(table.encode(encoding)), default_verdict="false")
    assert isinstance(first, Case)
    assert isinstance(second, Case)
    assert (first.id, first.outlets, second.claim) == ("a", ("O1", "O2"), "The Moon sings")


def test_cells_of_several_lines_are_read_and_lines_counted_as_in_an_editor() -> None:
    table = TABLE.replace("2020-03-01", "yesterday")
    first, second = read(io.BytesIO(table.encode()), default_verdict="false")
    assert isinstance(first, Case)
    assert first.claim == "Cheese, on the Moon"
    assert isinstance(second, Rejected)
    assert second.line == 4


def test_row_with_a_cell_too_few_is_rejected_and_the_next_one_read() -> None:
    table = TABLE.replace("2020-02-29,", "")
    first, second = read(io.BytesIO(table.encode()), default_verdict="false")
    assert isinstance(first, Rejected)
    assert "6 cells; the header names 7" in first.message
    assert isinstance(second, Case)


@needs_datasets
@pytest.mark.datasets
def test_every_row_of_the_real_dump_is_a_case_or_rejected_with_its_reason() -> None:
    found = list(read(DUMP, default_verdict="false"))
    reasons = Counter(row.message for row in found if isinstance(row, Rejected))
    assert len(found) == 12_026
    assert reasons == {"no url: there is no disproof to lead a reader to": 1_120}
    assert all(row.line and row.id for row in found if isinstance(row, Rejected))


@needs_datasets
@pytest.mark.datasets
def test_no_real_case_shows_the_disinformation_as_its_summary() -> None:
    with DUMP.open(encoding="utf-8") as lines:
        raw = {row["url"]: row for row in map(json.loads, lines)}
    shown = 0
    for case in read(DUMP, default_verdict="false"):
        if isinstance(case, Rejected):
            continue
        row = raw[case.url]
        assert case.claim == " ".join(row["title"].split())
        if case.summary is None:
            assert not row["disproof"]
            continue
        shown += 1
        disproof = " ".join(row["disproof"].split())
        assert disproof.startswith(case.summary.rstrip("…"))
        assert case.summary != " ".join((row["summary"] or "").split())
    assert shown == 1_221


@needs_datasets
@pytest.mark.datasets
def test_the_scrape_and_the_dump_name_the_same_report_by_the_same_id() -> None:
    dump = {row.url: row.id for row in read(DUMP, default_verdict="false") if isinstance(row, Case)}
    scrape = [row for row in read(SCRAPE, default_verdict="false") if isinstance(row, Case)]
    assert len(scrape) == 10_892
    assert len({case.id for case in scrape}) == len(scrape)
    assert all(dump[case.url] == case.id for case in scrape)


@needs_datasets
@pytest.mark.datasets
def test_the_dump_of_2017_names_no_reports_so_each_row_is_rejected() -> None:
    found = list(read(DUMP_2017, default_verdict="false"))
    assert len(found) == 1_514
    assert all(isinstance(row, Rejected) and "no url" in row.message for row in found)


STIX: dict[str, Any] = {
    "type": "bundle",
    "objects": [
        {
            "type": "relationship",
            "relationship_type": "indicates",
            "source_ref": "indicator--1",
            "target_ref": "campaign--1",
        },
        {
            "type": "campaign",
            "id": "campaign--1",
            "name": DUMP_ROW["title"],
            "description": DUMP_ROW["summary"],
            "first_seen": "2020-02-29T00:00:00Z",
            "labels": ["cheese"],
        },
        {
            "type": "indicator",
            "id": "indicator--1",
            "pattern": f"[url:value = '{DUMP_ROW['url']}']",
        },
        {"type": "note", "content": DUMP_ROW["disproof"], "object_refs": ["campaign--1"]},
        {"type": "threat-actor", "id": "threat-actor--1", "name": "Moon Today"},
        {"type": "location", "id": "location--1", "name": "Georgia"},
        *(
            {
                "type": "relationship",
                "relationship_type": kind,
                "source_ref": "campaign--1",
                "target_ref": target,
            }
            for kind, target in (("attributed-to", "threat-actor--1"), ("targets", "location--1"))
        ),
        {"type": "campaign", "id": "campaign--2", "name": "Nobody indicates it"},
    ],
}


@pytest.mark.parametrize("indent", [None, 1])
def test_bundle_gives_the_same_case_as_the_other_dumps(indent: int | None) -> None:
    bundle = json.dumps(STIX, indent=indent)
    case, without = read(io.BytesIO(bundle.encode()), default_verdict="false")
    assert case == one()
    assert isinstance(without, Rejected)
    assert (without.id, "no url" in without.message) == ("campaign--2", True)


@needs_datasets
@pytest.mark.datasets
def test_every_campaign_of_the_real_bundle_is_a_case_with_its_disproof() -> None:
    found = list(read(DATASETS / "raw" / "euvsdisinfo_stix.json", default_verdict="false"))
    cases = [row for row in found if isinstance(row, Case)]
    assert len(found) == len(cases) == 148
    assert all(case.summary for case in cases)
    dump = {row.url: row for row in read(DUMP, default_verdict="false") if isinstance(row, Case)}
    same = [case for case in cases if case.url in dump]
    assert len(same) > 100
    assert all(dump[case.url].id == case.id for case in same)


def test_address_that_cannot_be_read_costs_its_row_alone() -> None:
    bad, good = rows({"url": "https://[::1/report"}, {"url": "https://euvsdisinfo.eu/report/b"})
    assert isinstance(bad, Rejected)
    assert "not a web address" in bad.message
    assert isinstance(good, Case)
