"""Rows of a table as text, whatever program wrote it: commas, semicolons or tabs."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from itertools import chain
from typing import Final, TextIO

from server.formats.jsonl import lines
from server.formats.types import MAX_ROW_CHARS, Rejected

# The module's own limit of 131,072 would refuse a case with many related links.
csv.field_size_limit(MAX_ROW_CHARS)

_HINT: Final = "sep="
"""How Excel says in a first line of its own what separates the cells."""

_NOT_UTF_8: Final = re.compile("[\udc80-\udcff]")
"""As which Python keeps a byte of a text that is none (PEP 383)."""

TableRow = tuple[int, "dict[str, str] | Rejected"]


def header(head: str) -> list[str]:
    """The column names of a table that begins like this."""
    return _Table(io.StringIO(head, newline="")).columns


def separator(first: str) -> str:
    """What separates the cells, told from the first line."""
    return max(",;\t", key=first.count)


def rows(stream: TextIO) -> Iterator[TableRow]:
    """The rows by column name, each with the line where it begins; empty rows are left out."""
    table = _Table(stream)
    columns = table.columns
    while True:
        line = table.line
        try:
            cells = next(table.reader, None)
        except csv.Error as error:
            yield line, Rejected(line, None, f"not a row of CSV ({error}); a quote left open?")
            continue
        if cells is None:
            return
        if wrong := _NOT_UTF_8.search("".join(cells)):
            byte = ord(wrong.group()) - 0xDC00
            message = f"byte 0x{byte:02X} is not UTF-8; save the table as “CSV UTF-8”"
            yield line, Rejected(line, None, message)
            continue
        while len(cells) > len(columns) and not cells[-1].strip():
            cells.pop()  # spreadsheets write the empty columns on the right as well
        if len(cells) == len(columns):
            if any(cell.strip() for cell in cells):
                yield line, dict(zip(columns, cells, strict=True))
        elif any(cell.strip() for cell in cells):
            found = f"{len(cells)} cells; the header names {len(columns)}"
            yield line, Rejected(line, None, found)


class _Table:
    """A table behind its header: what stands before it is skipped, and counted."""

    def __init__(self, stream: TextIO) -> None:
        source = lines(stream)
        first, self._skipped = next(source, ""), 0
        while first and not first.strip("\ufeff \r\n"):
            first, self._skipped = next(source, ""), self._skipped + 1
        if first.lstrip("\ufeff").lower().startswith(_HINT):
            first, self._skipped = next(source, ""), self._skipped + 1
        self.reader = csv.reader(chain([first], source), delimiter=separator(first))
        try:
            self.columns = _names(next(self.reader, []))
        except csv.Error:
            self.columns = []

    @property
    def line(self) -> int:
        """Where the next row begins, counted from 1."""
        return self.reader.line_num + self._skipped + 1


def _names(cells: list[str]) -> list[str]:
    names = [cell.strip("\ufeff \r\n") for cell in cells]
    while names and not names[-1]:
        names.pop()
    return names
