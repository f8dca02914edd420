"""Editors' files to cases: one module a format, read as a stream, row by row.

A row that cannot be taken never stops the others; it comes back as `Rejected`, with its line.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, Final, cast

from matcher.case import Case, Verdict
from server.formats import claimreview, euvsdisinfo, jsonl, table
from server.formats.encoding import encoding_of
from server.formats.types import Format, FormatError, Rejected, Writer

__all__ = ["AUTO", "FORMATS", "WRITERS", "FormatError", "Rejected", "read"]

AUTO: Final = "auto"
FORMATS: Final[Mapping[str, Format]] = {
    "euvsdisinfo": cast("Format", euvsdisinfo),
    "csv": cast("Format", table),
    "jsonl": cast("Format", jsonl),
    "claimreview": cast("Format", claimreview),
}
"""By name; where the format is to be recognised, the first that does is taken."""
WRITERS: Final[Mapping[str, Writer]] = {
    "jsonl": cast("Writer", jsonl),
    "csv": cast("Writer", table),
    "claimreview": cast("Writer", claimreview),
}
"""What can be written; to read it again gives the same cases."""

_HEAD_BYTES: Final = 65_536
_AS_CSV: Final = "save the sheet as CSV, in Excel as “CSV UTF-8”, and take that"
_NO_TEXT: Final = (
    (b"PK\3\4", f"is a workbook (.xlsx, .ods) or an archive; {_AS_CSV}"),
    (b"\xd0\xcf\x11\xe0", f"is a workbook of an old Excel; {_AS_CSV}"),
    (b"\x1f\x8b", "is compressed with gzip; unpack it first"),
    (b"%PDF", "is a PDF, which holds no cases"),
)
"""What people have at hand and no format here is, by how it begins; and what to do."""
_NOT_SHOWN: Final = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
"""What a terminal would obey, and half characters, which no answer can hold."""


def read(
    source: Path | BinaryIO,
    *,
    format: str = AUTO,  # noqa: A002
    default_verdict: str | None = None,
    notice: Callable[[str], object] = lambda told: told,
) -> Iterator[Case | Rejected]:
    """The cases of a file, in its order.

    Parameters
    ----------
    source
        a path, or a binary stream, which stays open.
    format
        a name in ``FORMATS``, or ``auto``: told from how the file begins.
    default_verdict
        for rows that state none; without it they are rejected.
    notice
        is told, in a sentence without an end, how the file is read where that is not certain:
        its encoding, the order of day and month.

    Yields
    ------
    A case, or what is wrong with a row. Every row yields exactly one of the two; a second row
    with the id of an earlier one is rejected.

    Raises
    ------
    FormatError
        where the file cannot be opened, or is of no known format.
    """
    if default_verdict is not None and default_verdict not in set(Verdict):
        allowed = ", ".join(Verdict)
        raise FormatError(f"the verdict {default_verdict!r} is not known; use one of {allowed}")
    name = str(source) if isinstance(source, Path) else "the input"
    try:
        stream = source.open("rb") if isinstance(source, Path) else source
    except OSError as error:
        raise FormatError(f"{name} cannot be opened: {error.strerror}") from error
    try:
        yield from _rows(stream, name, format, default_verdict, notice)
    finally:
        if isinstance(source, Path):
            stream.close()


def _rows(
    stream: BinaryIO,
    name: str,
    wanted: str,
    default_verdict: str | None,
    notice: Callable[[str], object],
) -> Iterator[Case | Rejected]:
    buffered = io.BufferedReader(cast("io.RawIOBase", stream), _HEAD_BYTES)
    start = buffered.peek(_HEAD_BYTES)
    for beginning, told in _NO_TEXT:
        if start.startswith(beginning):
            raise FormatError(f"{name} {told}")
    encoding, guessed = encoding_of(start)
    if guessed:
        notice(f"not in UTF-8; read as {encoding}, so look at its accented letters")
    head = start.decode(encoding, errors="replace").removeprefix("\ufeff")
    chosen = _choose(wanted, head, name)
    if chosen is table and (order := table.date_order(head)):
        notice(f"dates with slashes or dashes are read as {order.words}")
    # A byte that is not UTF-8 becomes half a character, for which its row alone is rejected.
    errors = "surrogateescape" if encoding.startswith("utf-8") else "replace"
    text = io.TextIOWrapper(buffered, encoding=encoding, errors=errors, newline="")
    first: dict[str, int] = {}
    try:
        for line, row in chosen.read(text, head=head, default_verdict=default_verdict):
            if isinstance(row, Case) and row.id in first:
                yield Rejected(line, row.id, f"the same case as in line {first[row.id]}")
                continue
            if isinstance(row, Case):
                first[row.id] = line
            yield row if isinstance(row, Case) else _presentable(row)
    finally:
        text.detach()
        buffered.detach()


def _presentable(row: Rejected) -> Rejected:
    """A rejected row that can be shown and sent whatever its id was made of."""
    shown = None if row.id is None else _NOT_SHOWN.sub("\ufffd", row.id)
    return Rejected(row.line, shown, _NOT_SHOWN.sub("\ufffd", row.message))


def _choose(wanted: str, head: str, name: str) -> Format:
    if wanted != AUTO:
        if wanted not in FORMATS:
            raise FormatError(
                f"the format {wanted!r} is not known; use one of {', '.join(FORMATS)}"
            )
        return FORMATS[wanted]
    for module in FORMATS.values():
        if module.recognises(head):
            return module
    if table.resembles(head):
        return FORMATS["csv"]  # which says what its header lacks
    raise FormatError(
        f"{name} is of no format known here: neither cases in JSON Lines nor CSV with the columns "
        "of docs/editors.md, nor ClaimReview, nor a dump of EUvsDisinfo"
    )
