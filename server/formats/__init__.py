"""Editors' files to cases: one module a format, read as a stream, row by row.

A row that cannot be taken never stops the others; it comes back as `Rejected`, with its line.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, Final, cast

from charset_normalizer import from_bytes

from matcher.case import Case, Verdict
from server.formats import claimreview, euvsdisinfo, jsonl, table
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
_OLD_ENCODINGS: Final = ["cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1257"]
"""In which spreadsheets write tables where they do not write Unicode."""
_NOT_SHOWN: Final = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
"""What a terminal would obey, and half characters, which no answer can hold."""
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def read(
    source: Path | BinaryIO,
    *,
    format: str = AUTO,  # noqa: A002
    default_verdict: str | None = None,
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
        yield from _rows(stream, name, format, default_verdict)
    finally:
        if isinstance(source, Path):
            stream.close()


def _rows(
    stream: BinaryIO, name: str, wanted: str, default_verdict: str | None
) -> Iterator[Case | Rejected]:
    buffered = io.BufferedReader(cast("io.RawIOBase", stream), _HEAD_BYTES)
    start = buffered.peek(_HEAD_BYTES)
    encoding = _encoding(start)
    head = start.decode(encoding, errors="replace").removeprefix("\ufeff")
    chosen = _choose(wanted, head, name)
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


def _encoding(start: bytes) -> str:
    """The encoding of a file: by its mark, else UTF-8; of a table in none of these, a guess."""
    for mark, name in _MARKS:
        if start.startswith(mark):
            return name
    if start[1:2] == b"\0" or start[:1] == b"\0":
        return "utf-16-be" if start[:1] == b"\0" else "utf-16-le"
    whole = start.rfind(b"\n") + 1 or len(start)  # the last line may end in half a character
    try:
        start[:whole].decode()
    except UnicodeDecodeError:
        if start.lstrip()[:1] not in b"{[<":
            guess = from_bytes(start[:whole], cp_isolation=_OLD_ENCODINGS).best()
            return guess.encoding if guess else "utf-8"
    return "utf-8"


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
    raise FormatError(
        f"{name} is of no format known here; use --format with one of {', '.join(FORMATS)}"
    )
