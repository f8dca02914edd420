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
published                            2022-01-25 or 25.01.2022
keywords, countries, outlets         several, with ``;`` between them
related                              ids, or ``Title <https://address>``, with ``;`` between
===================================  =====================================================

Within a list, ``\;`` is a semicolon and ``\\`` a backslash. A cell that a spreadsheet would
run as a formula is written with an apostrophe before it, which is taken off when it is read.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
# Excel, LibreOffice and Google Sheets run what begins so; Excel for Asia the wide forms too.
# Source: OWASP, "CSV Injection".
_FORMULA: Final = re.compile(r"'*[=+\-@\t\r＝＋－＠]")


def recognises(head: str) -> bool:
    """Whether the first line names the columns that no case can do without."""
    return set(_NEEDED) <= set(_columns(tabular.header(head)))


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
    for line, row in tabular.rows(stream):
        if isinstance(row, Rejected):
            yield line, row
        else:
            cells = {name: _unescaped(cell) for name, cell in zip(names, row.values(), strict=True)}
            yield line, _case(line, cells, default_verdict)


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
    csv.writer(line, quoting=csv.QUOTE_ALL).writerow(
        [f"'{c}" if _FORMULA.match(c) else c for c in cells]
    )
    return line.getvalue()


def _unescaped(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def _columns(names: Iterable[str]) -> list[str]:
    return [re.sub(r"[\s-]+", "_", name.strip().lower()) for name in names]


def _case(line: int, cells: Mapping[str, str], default_verdict: str | None) -> Case | Rejected:
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
        "published": _date(cell("published")),
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
        return None, f"no verdict{told}; name one for such rows with --default-verdict"
    return found or default, None


def _date(text: str) -> str:
    """A date with dots is day first everywhere; one with slashes is not, and is rejected."""
    dotted = re.fullmatch(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", text)
    return f"{dotted[3]}-{dotted[2]:0>2}-{dotted[1]:0>2}" if dotted else text


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
