"""Public dumps of the EUvsDisinfo case list: JSON Lines, CSV in two shapes, and STIX.

EUvsDisinfo's words differ from ours. Its ``summary`` is the disinformation retold, its
``disproof`` the refutation. So title and summary become wordings of the claim, and only the
disproof may become what a reader is shown as our summary.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, TextIO
from urllib.parse import unquote, urlsplit

from matcher.case import (
    ID_PATTERN,
    MAX_CLAIM_CHARS,
    MAX_LABEL_CHARS,
    MAX_LABELS,
    MAX_SUMMARY_CHARS,
    Case,
)
from server.faults import WireError, check
from server.formats import jsonl, stix, tabular
from server.formats.types import Rejected, Row
from server.formats.wording import cut, made_id

PUBLISHER: Final = {"name": "EUvsDisinfo", "url": "https://euvsdisinfo.eu"}
LANGUAGE: Final = "en"
"""Titles, summaries and disproofs are English; ``languages`` are those of the outlets."""

_REPORTS: Final = "https://euvsdisinfo.eu/report/"
_LISTS: Final = ("countries", "keywords", "outlets")


def recognises(head: str) -> bool:
    """Whether it begins with this dump's keys, as JSON, as the header of a CSV, or is STIX."""
    first = head.lstrip("\ufeff \r\n").split("\n", 1)[0]
    if first.startswith("{"):
        keys = all(f'"{key}"' in first for key in ("title", "outlets", "disproof"))
        return keys or stix.recognises(head)
    columns = set(tabular.header(head))
    return "title" in columns and bool({"outlets", "outlet"} & columns)


def read(stream: TextIO, *, head: str, default_verdict: str | None) -> Iterator[Row]:
    """The cases of a dump.

    A row is rejected where it lacks the link to its disproof, or where no verdict is given:
    EUvsDisinfo itself states none.
    """
    for line, row in _rows(stream, head):
        yield line, row if isinstance(row, Rejected) else _case(line, row, default_verdict)


def case_id(url: str) -> str:
    """An id for the report at an address: always the same, whatever else a dump holds.

    The last part of a report's address is taken as it is where it can be an id. Any other
    address (too long, other characters, another path) gets its readable part and eight
    hexadecimal digits of its SHA-256, so that two reports cannot meet in one id.

    Examples
    --------
    >>> case_id("https://euvsdisinfo.eu/report/german-special-services-helped-navalny/")
    'german-special-services-helped-navalny'
    >>> case_id("https://euvsdisinfo.eu/report/there-is-a-plan-of-%c5%a1koda")
    'there-is-a-plan-of-skoda-359fe1c6'
    """
    name = url.removeprefix(_REPORTS).rstrip("/")
    if url.startswith(_REPORTS) and re.fullmatch(ID_PATTERN, name):
        return name
    try:
        path = urlsplit(url).path
    except ValueError:  # no address at all; the row is rejected for it
        path = ""
    last = unquote(path.rstrip("/").rsplit("/", 1)[-1])
    return made_id(last, of=url, otherwise="report")


def _rows(stream: TextIO, head: str) -> Iterator[tuple[int, Mapping[str, Any] | Rejected]]:
    if not head.lstrip("\ufeff \r\n").startswith("{"):
        yield from tabular.rows(stream)
    elif stix.recognises(head):
        yield from stix.rows(stream)
    else:
        yield from jsonl.objects(jsonl.lines(stream))


def _case(line: int, row: Mapping[str, Any], default_verdict: str | None) -> Case | Rejected:
    name = _text(row, "id")
    url = _text(row, "url") or (name if name.startswith("https://") else "")
    if not url:
        return Rejected(line, name or None, "no url: there is no disproof to lead a reader to")
    if default_verdict is None:
        message = "no verdict: EUvsDisinfo states none; name a default verdict"
        return Rejected(line, name or None, message)
    title, retold = _text(row, "title"), _text(row, "summary")
    wordings = [cut(title, MAX_CLAIM_CHARS)]
    if retold and _words(retold) != _words(title):
        wordings.append(cut(retold, MAX_CLAIM_CHARS))
    disproof = cut(_text(row, "disproof"), MAX_SUMMARY_CHARS)
    try:
        return check(
            Case,
            {
                "id": case_id(url),
                "claims": [{"text": text, "language": LANGUAGE} for text in wordings],
                "verdict": default_verdict,
                **({"summary": disproof, "summary_language": LANGUAGE} if disproof else {}),
                "url": url,
                "publisher": PUBLISHER,
                "published": _text(row, "date"),
                **{name: _labels(row.get(name)) for name in _LISTS},
            },
        )
    except WireError as error:
        return Rejected(line, name or None, error.summary)


def _text(row: Mapping[str, Any], key: str) -> str:
    found = row.get(key)
    return found.strip() if isinstance(found, str) else ""


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def _labels(found: object) -> list[str]:
    """A list of names, none empty, twice or too long; a CSV joins them with plus signs."""
    parts = found.split("+") if isinstance(found, str) else found
    if not isinstance(parts, list):
        return []
    names = dict.fromkeys(part.strip() for part in parts if isinstance(part, str))
    return [cut(name, MAX_LABEL_CHARS) for name in names if name][:MAX_LABELS]
