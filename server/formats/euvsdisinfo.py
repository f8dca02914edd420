"""Public dumps of the EUvsDisinfo case list: JSON Lines, and CSV in the two shapes around.

EUvsDisinfo's words differ from ours. Its ``summary`` is the disinformation retold, its
``disproof`` the refutation. So title and summary become wordings of the claim, and only the
disproof may become what a reader is shown as our summary.
"""

from __future__ import annotations

import csv
import hashlib
import re
import unicodedata
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, TextIO
from urllib.parse import unquote, urlsplit

from matcher.case import (
    ID_PATTERN,
    MAX_CLAIM_CHARS,
    MAX_LABEL_CHARS,
    MAX_LABELS,
    MAX_SUMMARY_CHARS,
    Case,
)
from matcher.text import split_sentences
from server.faults import WireError, check
from server.formats import jsonl
from server.formats.types import Rejected, Row

if TYPE_CHECKING:
    from _csv import Reader as _CsvReader

PUBLISHER: Final = {"name": "EUvsDisinfo", "url": "https://euvsdisinfo.eu"}
LANGUAGE: Final = "en"
"""Titles, summaries and disproofs are English; ``languages`` are those of the outlets."""

_REPORTS: Final = "https://euvsdisinfo.eu/report/"
_ID_CHARS: Final = 128
_DIGEST_CHARS: Final = 8
_LISTS: Final = ("countries", "keywords", "outlets")


def recognises(head: str) -> bool:
    """Whether the first line has this dump's keys, as JSON or as the header of a CSV."""
    first = head.lstrip("\ufeff \r\n").split("\n", 1)[0]
    if first.startswith("{"):
        return all(f'"{key}"' in first for key in ("title", "outlets", "disproof"))
    columns = set(next(csv.reader([first], delimiter=_separator(first)), []))
    return "title" in columns and bool({"outlets", "outlet"} & columns)


def read(stream: TextIO, *, default_verdict: str | None) -> Iterator[Row]:
    """The cases of a dump.

    A row is rejected where it lacks the link to its disproof, or where no verdict is given:
    EUvsDisinfo itself states none.
    """
    for line, row in _rows(stream):
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
    last = unquote(urlsplit(url).path.rstrip("/").rsplit("/", 1)[-1])
    plain = unicodedata.normalize("NFKD", last).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[: _ID_CHARS - _DIGEST_CHARS - 1]
    digest = hashlib.sha256(url.encode(errors="replace")).hexdigest()[:_DIGEST_CHARS]
    return f"{slug.rstrip('-') or 'report'}-{digest}"


def cut(text: str, limit: int) -> str:
    """The text up to the end of the last sentence that fits; of the last word, where none does."""
    text = " ".join(text.split())
    if len(text) <= limit:
        return text
    kept = ""
    for sentence in split_sentences(text):
        longer = f"{kept} {sentence}" if kept else sentence
        if len(longer) > limit:
            break
        kept = longer
    return kept or text[: limit - 1].rsplit(" ", 1)[0].rstrip(" ,;:–-") + "…"


def _rows(stream: TextIO) -> Iterator[tuple[int, dict[str, Any] | Rejected]]:
    lines = jsonl.lines(stream)
    first = next(lines, "")
    if first.lstrip().startswith("{"):
        yield from jsonl.objects(chain([first], lines))
    else:
        yield from _table(csv.reader(chain([first], lines), delimiter=_separator(first)))


def _separator(header: str) -> str:
    return max(",;\t", key=header.count)


def _table(reader: _CsvReader) -> Iterator[tuple[int, dict[str, Any] | Rejected]]:
    columns = [name.strip("\ufeff ") for name in next(reader, [])]
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            yield line, Rejected(line, None, f"not a row of CSV ({error}); a quote left open?")
            continue
        if cells is None:
            return
        if len(cells) == len(columns):
            yield line, dict(zip(columns, cells, strict=True))
        elif cells:
            found = f"{len(cells)} cells; the header names {len(columns)}"
            yield line, Rejected(line, None, found)


def _case(line: int, row: Mapping[str, Any], default_verdict: str | None) -> Case | Rejected:
    name = _text(row, "id")
    url = _text(row, "url") or (name if name.startswith("https://") else "")
    if not url:
        return Rejected(line, name or None, "no url: there is no disproof to lead a reader to")
    if default_verdict is None:
        message = "no verdict: EUvsDisinfo states none; name one with --default-verdict"
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
