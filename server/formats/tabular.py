"""Rows of a table as text, whatever program wrote it: commas, semicolons or tabs."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from itertools import chain
from typing import Final, TextIO

from server.formats.jsonl import lines
from server.formats.types import MAX_ROW_CHARS, Rejected

# The module's own limit of 131,072 would refuse a case with many related links.
csv.field_size_limit(MAX_ROW_CHARS)

_HINT: Final = "sep="
"""How Excel says in a first line of its own what separates the cells."""

TableRow = tuple[int, "dict[str, str] | Rejected"]


def header(head: str) -> list[str]:
    """The column names of a table that begins like this."""
    first, *more = head.lstrip("\ufeff \r\n").split("\n", 2)
    if first.lower().startswith(_HINT) and more:
        first = more[0]
    return _names(next(csv.reader([first], delimiter=separator(first)), []))


def separator(first: str) -> str:
    """What separates the cells, told from the first line."""
    return max(",;\t", key=first.count)


def rows(stream: TextIO) -> Iterator[TableRow]:
    """The rows by column name, each with the line where it begins; empty rows are left out."""
    source = lines(stream)
    first, skipped = next(source, ""), 0
    if first.lstrip("\ufeff").lower().startswith(_HINT):
        first, skipped = next(source, ""), 1
    reader = csv.reader(chain([first], source), delimiter=separator(first))
    columns = _names(next(reader, []))
    while True:
        line = reader.line_num + skipped + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            yield line, Rejected(line, None, f"not a row of CSV ({error}); a quote left open?")
            continue
        if cells is None:
            return
        while len(cells) > len(columns) and not cells[-1].strip():
            cells.pop()  # spreadsheets write the empty columns on the right as well
        if len(cells) == len(columns):
            if any(cell.strip() for cell in cells):
                yield line, dict(zip(columns, cells, strict=True))
        elif any(cell.strip() for cell in cells):
            found = f"{len(cells)} cells; the header names {len(columns)}"
            yield line, Rejected(line, None, found)


def _names(cells: list[str]) -> list[str]:
    names = [cell.strip("\ufeff \r\n") for cell in cells]
    while names and not names[-1]:
        names.pop()
    return names
