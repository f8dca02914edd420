"""Editors' files to cases: one module a format, read as a stream, row by row.

A row that cannot be taken never stops the others; it comes back as `Rejected`, with its line.
"""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, Final, cast

from matcher.case import Case, Verdict
from server.formats import euvsdisinfo, jsonl
from server.formats.types import Format, FormatError, Rejected

__all__ = ["AUTO", "FORMATS", "FormatError", "Rejected", "read"]

AUTO: Final = "auto"
FORMATS: Final[Mapping[str, Format]] = {
    "euvsdisinfo": cast("Format", euvsdisinfo),
    "jsonl": cast("Format", jsonl),
}
"""By name; where the format is to be recognised, the first that does is taken."""

_HEAD_BYTES: Final = 65_536
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
    head = buffered.peek(_HEAD_BYTES)
    encoding = next((name for mark, name in _MARKS if head.startswith(mark)), "utf-8")
    chosen = _choose(wanted, head.decode(encoding, errors="replace"), name)
    # A byte that is not UTF-8 becomes half a character, for which its row alone is rejected.
    errors = "surrogateescape" if encoding.startswith("utf-8") else "replace"
    text = io.TextIOWrapper(buffered, encoding=encoding, errors=errors, newline="")
    first: dict[str, int] = {}
    try:
        for line, row in chosen.read(text, default_verdict=default_verdict):
            if isinstance(row, Case) and (earlier := first.setdefault(row.id, line)) != line:
                yield Rejected(line, row.id, f"the same case as in line {earlier}")
            else:
                yield row
    finally:
        text.detach()
        buffered.detach()


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
