"""JSON Lines in, and what is told about lines that cannot be taken."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from matcher.case import Case
from server.formats import FormatError, Rejected, read
from server.formats.types import MAX_ROW_CHARS

CASE: dict[str, Any] = {
    "id": "moon-cheese",
    "claims": [{"text": "The Moon is made of cheese", "language": "en"}],
    "verdict": "false",
    "url": "https://example.org/moon",
    "publisher": {"name": "Example"},
    "published": "2020-02-29",
}


def read_lines(*lines: str | bytes, **options: Any) -> list[Case | Rejected]:
    data = b"\n".join(line.encode() if isinstance(line, str) else line for line in lines)
    return list(read(io.BytesIO(data), **options))


def case(**change: Any) -> str:
    return json.dumps(CASE | change)


def test_each_line_is_a_case() -> None:
    first, second = read_lines(case(), case(id="second"))
    assert first == Case.model_validate(CASE)
    assert isinstance(second, Case)


def test_what_the_service_writes_is_read_back_the_same() -> None:
    whole = Case.model_validate(CASE | {"related": ["x", {"title": "t", "url": "https://a.b/c"}]})
    assert read_lines(whole.model_dump_json(exclude_none=True)) == [whole]


def test_empty_lines_are_no_rows_but_count_as_lines() -> None:
    first, second = read_lines("", case(), "", "{", format="jsonl")
    assert isinstance(first, Case)
    assert isinstance(second, Rejected)
    assert second.line == 4


def test_bad_line_is_rejected_with_id_and_place_and_the_others_are_read() -> None:
    first, second = read_lines(case(url="ftp://x"), case(id="second"))
    assert isinstance(first, Rejected)
    assert (first.line, first.id) == (1, "moon-cheese")
    assert first.message.startswith("/url: a link must start with https://")
    assert isinstance(second, Case)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("[1, 2]", "a row must be a JSON object"),
        ('{"claims": ', "not JSON"),
        (b'{"claims": "\xff"}', "not UTF-8: byte 0xFF"),
        ('{"claims": "\\ud800"}', "half a character"),
        ('{"claims": ' + "[" * 5_000, "recursion limit"),
        ("x" * (MAX_ROW_CHARS + 1), "more than 1,000,000 characters"),
    ],
)
def test_line_that_is_no_object_is_rejected_with_the_reason(line: str | bytes, reason: str) -> None:
    first, second = read_lines(line, case(), format="jsonl")
    assert isinstance(first, Rejected)
    assert reason in first.message
    assert isinstance(second, Case)


def test_default_verdict_fills_in_only_where_there_is_none() -> None:
    bare = {key: value for key, value in CASE.items() if key != "verdict"}
    first, second = read_lines(
        json.dumps(bare), case(id="own", verdict="mixed"), default_verdict="misleading"
    )
    assert isinstance(first, Case)
    assert isinstance(second, Case)
    assert (first.verdict, second.verdict) == ("misleading", "mixed")


def test_unknown_verdict_format_or_file_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="one of false, misleading, unproven, mixed"):
        read_lines(case(), default_verdict="wrong")
    with pytest.raises(FormatError, match="one of euvsdisinfo, csv, jsonl, claimreview"):
        read_lines(case(), format="xml")
    with pytest.raises(FormatError, match="cannot be opened"):
        list(read(tmp_path / "absent.jsonl"))
    with pytest.raises(FormatError, match="no format known here"):
        read_lines("date,headline", "2020-02-29,Moon")


def test_file_given_by_its_path_is_read_like_a_stream(tmp_path: Path) -> None:
    path = tmp_path / "cases.jsonl"
    path.write_text(case() + "\n", encoding="utf-8")
    assert list(read(path)) == [Case.model_validate(CASE)]


def test_rejected_row_can_be_shown_whatever_its_id_is_made_of() -> None:
    text = b'{"id": "a\\u001b[31m\\u0007", "claims": []}\n{"id": "\xff\xc3", "claims": []}\n'
    for row in read(io.BytesIO(text), format="jsonl"):
        assert isinstance(row, Rejected)
        assert f"{row.id} {row.message}".isprintable()
        assert row.message.encode()
