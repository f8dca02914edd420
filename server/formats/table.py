r"""Cases as a table that editors keep in a spreadsheet: a case a row, its fields in columns.

===================================  =====================================================
column                               what it holds
===================================  =====================================================
id                                   may be empty: then it is made from claim and url
claim, language                      the first wording; an empty language is detected
claim_2, language_2, claim_3, …      further wordings
verdict                              false, misleading, unproven or mixed; where it is
                                     empty, what the rating means by the table of ratings
rating                               the publisher's own words
summary, summary_language            what a reader is shown, at most 600 characters
url                                  where the disproof is
publisher, publisher_url
published                            2022-01-25, 25.01.2022, or as spreadsheets of other
                                     countries write it, where a date shows which comes
                                     first, the day or the month
keywords, countries, outlets         several, with ``;`` between them
related                              ids, or ``Title <https://address>``, with ``;`` between
===================================  =====================================================

Within a list, ``\;`` is a semicolon and ``\\`` a backslash. What a spreadsheet would run as a
formula is written with an apostrophe before it, which is taken off when it is read.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import islice
from typing import Any, Final, TextIO

from matcher.case import Case, RelatedLink
from matcher.detect import detect_tag
from server.faults import WireError, check
from server.formats import ratings, tabular
from server.formats.types import FormatError, Rejected, Row
from server.formats.wording import made_id

MEDIA_TYPE: Final = "text/csv"
SUFFIX: Final = "csv"
_AFTER_CLAIMS: Final = (
    "verdict", "rating", "summary", "summary_language", "url", "publisher", "publisher_url",
    "published", "keywords", "countries", "outlets", "related",
)  # fmt: skip
_LISTS: Final = ("keywords", "countries", "outlets")
_NEEDED: Final = ("claim", "url", "publisher", "published")
_WORDING: Final = re.compile(r"(?:claim|language)(?:_([1-9]\d?))?$")
_YEAR_FIRST: Final = re.compile(r"(\d{4})[/.-](\d{1,2})[/.-](\d{1,2})")
_DOTTED: Final = re.compile(r"(\d{1,2})\. ?(\d{1,2})\. ?(\d{4})")
_SLASHED: Final = re.compile(r"(\d{1,2})[/-](\d{1,2})[/-](\d{4})")
_MOST_DATES: Final = 1_000
# Excel, LibreOffice and Google Sheets run what begins so; Excel for Asia the wide forms too. Where
# semicolons separate cells, as in most of Europe, a cell of ours ends at each of its own, and a
# row at each of its line breaks. Source: OWASP, "CSV Injection".
_FORMULA: Final = re.compile(r"(^|[;\t\r\n][\s\"]*)('*)(?=[=+\-@\t\r＝＋－＠])")
_ESCAPED: Final = re.compile(_FORMULA.pattern.replace("('*)", "'('*)"))


class DateOrder(StrEnum):
    """What stands first in a date such as 3/10/2022."""

    DAY = "day"
    MONTH = "month"

    @property
    def words(self) -> str:
        """As a person would write it down."""
        return "day/month/year" if self is DateOrder.DAY else "month/day/year"


def recognises(head: str) -> bool:
    """Whether the first line names the columns that no case can do without."""
    return set(_NEEDED) <= set(_columns(tabular.header(head)))


def resembles(head: str) -> bool:
    """Whether the first line names some of our columns: a table whose header is to be mended."""
    known = {*_NEEDED, *_AFTER_CLAIMS, "id", "language"}
    return len(known & set(_columns(tabular.header(head)))) > 1


def date_order(head: str) -> DateOrder | None:
    """Which comes first in the dates that spreadsheets write with slashes or dashes.

    None where there are none, or where none of those at the beginning of the file tells.
    """
    found: set[DateOrder] = set()
    for _, row in islice(tabular.rows(io.StringIO(head, newline="")), _MOST_DATES):
        if isinstance(row, Rejected):
            continue
        cells = dict(zip(_columns(list(row)), row.values(), strict=True))
        date = _SLASHED.fullmatch(cells.get("published", "").strip())
        if date and max(int(date[1]), int(date[2])) > 12:
            found.add(DateOrder.DAY if int(date[1]) > 12 else DateOrder.MONTH)
    return found.pop() if len(found) == 1 else None


def read(stream: TextIO, *, head: str, default_verdict: str | None) -> Iterator[Row]:
    """The cases of the rows.

    Raises
    ------
    FormatError
        where a column is missing or there twice, or has a name that none of ours has.
    """
    names = _columns(tabular.header(head))
    missing = [name for name in _NEEDED if name not in names]
    unknown = [n for n in names if n not in ("id", *_AFTER_CLAIMS) and not _WORDING.match(n)]
    twice = sorted({name for name in names if names.count(name) > 1})
    if missing or unknown or twice:
        told = [f"no column {name}" for name in missing]
        told += [f"the column {name[:40]!r} more than once" for name in twice]
        told += [f"an unknown column {name[:40]!r}" for name in unknown]
        raise FormatError(f"the header has {', '.join(told)}; see docs/editors.md")
    order = date_order(head)
    for line, row in tabular.rows(stream):
        if isinstance(row, Rejected):
            yield line, row
        else:
            cells = {name: _unescaped(cell) for name, cell in zip(names, row.values(), strict=True)}
            yield line, _case(line, cells, default_verdict, order)


def write(cases: Sequence[Case]) -> Iterator[str]:
    """The table with its header, in UTF-8 with the mark by which Excel knows it."""
    wordings = max((len(case.claims) for case in cases), default=1)
    columns = ["id", "claim", "language"]
    for number in range(2, wordings + 1):
        columns += [f"claim_{number}", f"language_{number}"]
    yield "\ufeff" + _line([*columns, *_AFTER_CLAIMS])
    for case in cases:
        cells = [case.id]
        for claim in case.claims:
            cells += [claim.text, claim.language]
        cells += [""] * (len(columns) - len(cells))
        cells += [
            case.verdict,
            case.rating or "",
            case.summary or "",
            case.summary_language or "",
            case.url,
            case.publisher.name,
            case.publisher.url or "",
            case.published.isoformat(),
            *(_joined(getattr(case, name)) for name in _LISTS),
            _joined(_pin(pin) for pin in case.related),
        ]
        yield _line(cells)


def _line(cells: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line, quoting=csv.QUOTE_ALL).writerow(_FORMULA.sub(r"\1'\2", c) for c in cells)
    return line.getvalue()


def _unescaped(cell: str) -> str:
    return _ESCAPED.sub(r"\1\2", cell)


def _columns(names: Iterable[str]) -> list[str]:
    return [re.sub(r"[\s-]+", "_", name.strip().lower()) for name in names]


def _case(
    line: int, cells: Mapping[str, str], default_verdict: str | None, order: DateOrder | None
) -> Case | Rejected:
    def cell(name: str) -> str:
        return cells.get(name, "").strip()

    url, text = cell("url"), cell("claim")
    case_id = cell("id") or made_id(text[:100], of=f"{url}\n{text}", otherwise="case")
    verdict, problem = _verdict(cell("verdict"), cell("rating"), default_verdict)
    if problem:
        return Rejected(line, case_id, problem)
    publisher = {"name": cell("publisher")}
    if cell("publisher_url"):
        publisher["url"] = cell("publisher_url")
    published = _date(cell("published"), order)
    if published is None:
        message = f"/published: {cell('published')!r} does not tell day and month apart, nor does"
        return Rejected(line, case_id, f"{message} any other date here; write 2022-01-25")
    summary = cell("summary")
    told: dict[str, Any] = {
        "id": case_id,
        "claims": list(_claims(cells)),
        "verdict": verdict,
        "rating": cell("rating") or None,
        "summary": summary or None,
        "summary_language": cell("summary_language") or (detect_tag(summary) if summary else None),
        "url": url,
        "publisher": publisher,
        "published": published,
        **{name: _split(cell(name)) for name in _LISTS},
        "related": [_pinned(pin) for pin in _split(cell("related"))],
    }
    try:
        return check(Case, told)
    except WireError as error:
        return Rejected(line, case_id, error.summary)


def _claims(cells: Mapping[str, str]) -> Iterator[dict[str, str]]:
    for name, text in cells.items():
        if name.startswith("claim") and text.strip():
            language = cells.get(name.replace("claim", "language", 1), "").strip()
            yield {"text": text, "language": language or detect_tag(text)}


def _verdict(verdict: str, rating: str, default: str | None) -> tuple[str | None, str | None]:
    if verdict:
        return verdict.lower(), None
    found = ratings.verdict_of(rating) if rating else None
    if found == ratings.NO_VERDICT:
        return None, f"the rating {rating[:80]!r} says that this is no debunked claim"
    if found is None and default is None:
        told = f", and the rating {rating[:80]!r} is not in the table of ratings" if rating else ""
        return None, f"no verdict{told}; name a default verdict for such rows"
    return found or default, None


def _date(text: str, order: DateOrder | None) -> str | None:
    """As ISO 8601 where it is a date at all; None where only the order is missing."""
    if found := _YEAR_FIRST.fullmatch(text):
        return f"{found[1]}-{found[2]:0>2}-{found[3]:0>2}"
    if found := _DOTTED.fullmatch(text):  # day first, wherever dates have dots
        order = DateOrder.DAY
    elif not (found := _SLASHED.fullmatch(text)):
        return text
    if order is None:
        return None
    day, month = (found[1], found[2]) if order is DateOrder.DAY else (found[2], found[1])
    return f"{found[3]}-{month:0>2}-{day:0>2}"


def _joined(values: Iterable[str]) -> str:
    return "; ".join(re.sub(r"[\\;]", r"\\\g<0>", value) for value in values)


def _split(cell: str) -> list[str]:
    parts = re.findall(r"(?:\\.|[^;\\]|\\$)+", cell, re.DOTALL)
    values = (re.sub(r"\\([\\;])", r"\1", part.strip()) for part in parts)
    return [value for value in values if value]


def _pin(pin: str | RelatedLink) -> str:
    return f"{pin.title} <{pin.url}>" if isinstance(pin, RelatedLink) else pin


def _pinned(text: str) -> str | dict[str, str]:
    found = re.fullmatch(r"(.*\S)\s*<([^<>]*)>", text, re.DOTALL)
    return {"title": found[1], "url": found[2]} if found else text
