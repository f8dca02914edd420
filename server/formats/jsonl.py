"""JSON Lines: one whole case a line, as the service itself exports them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, TextIO

from matcher.case import Case
from server.faults import Fault, WireError, check, parse
from server.formats.types import MAX_ROW_CHARS, Rejected, Row

MEDIA_TYPE: Final = "application/jsonl"
SUFFIX: Final = "jsonl"


def recognises(head: str) -> bool:
    """Whether the first line is a JSON object with the claims of a case."""
    first = head.lstrip().split("\n", 1)[0]
    return first.startswith("{") and '"claims"' in first


def read(stream: TextIO, *, head: str, default_verdict: str | None) -> Iterator[Row]:
    """The cases of the lines; an empty line is no row."""
    del head
    for line, value in objects(lines(stream)):
        if isinstance(value, Rejected):
            yield line, value
            continue
        if default_verdict is not None:
            value.setdefault("verdict", default_verdict)
        try:
            yield line, check(Case, value)
        except WireError as error:
            yield line, Rejected(line, _id(value), error.summary)


def write(cases: Sequence[Case]) -> Iterator[str]:
    """One case a line."""
    return (case.model_dump_json(exclude_none=True) + "\n" for case in cases)


def lines(stream: TextIO) -> Iterator[str]:
    """The lines of a stream, each in bounded memory: of one too long only the beginning."""
    while text := stream.readline(MAX_ROW_CHARS + 1):
        yield text
        while text and not text.endswith(("\n", "\r")):
            text = stream.readline(MAX_ROW_CHARS)


def objects(source: Iterable[str]) -> Iterator[tuple[int, dict[str, Any] | Rejected]]:
    """Line number and JSON object of each line that is not empty."""
    for line, text in enumerate(source, start=1):
        if not text.strip():
            continue
        try:
            yield line, _object(text)
        except WireError as error:
            yield line, Rejected(line, None, error.summary)


def _object(text: str) -> dict[str, Any]:
    if len(text) > MAX_ROW_CHARS:
        message = f"the line has more than {MAX_ROW_CHARS:,} characters"
        raise WireError(Fault(pointer="", message=message))
    value = parse(text.encode(errors="surrogateescape"))
    if not isinstance(value, dict):
        raise WireError(Fault(pointer="", message="a row must be a JSON object"))
    return value


def _id(value: dict[str, Any]) -> str | None:
    found = value.get("id")
    return found[:200] if isinstance(found, str) else None
