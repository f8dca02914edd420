"""Files of cases as rows to be sent: checked here, kept on disk, so that no file is too large."""

from __future__ import annotations

import sys
import tempfile
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Self

from server.client import Piece
from server.commands.terminal import complain, progress
from server.errors import ServiceError
from server.formats import FormatError, Rejected, read


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row that is not sent, and why."""

    file: str
    line: int
    id: str | None
    message: str


@dataclass(frozen=True, slots=True)
class Part:
    """Cases that are sent as one changeset: as JSON Lines, the first one's number, how many."""

    body: Piece
    first: int
    cases: int


class Rows:
    """What the files hold, in their order.

    Ids and rejected rows are kept in memory; the cases wait as JSON Lines in a temporary file,
    which is gone with the program.
    """

    def __init__(self) -> None:
        self.rejected: list[RejectedRow] = []
        self.count = 0
        self._ids: set[str] = set()
        self._ends = array("Q")
        self._lines: BinaryIO = tempfile.TemporaryFile()  # noqa: SIM115  (closed by ``__exit__``)

    def __len__(self) -> int:
        """How many cases there are."""
        return len(self._ends)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._lines.close()

    def read(self, files: Sequence[str], format_: str, default_verdict: str | None) -> None:
        """Add the rows of files; - is standard input.

        Raises
        ------
        ServiceError
            naming the file that cannot be read at all.
        """
        several = len(files) > 1
        with progress() as bars:
            for name in files:
                label = "standard input" if name == "-" else name
                try:
                    if name == "-":
                        self._take(label, sys.stdin.buffer, format_, default_verdict, several)
                        continue
                    with bars.open(name, "rb", description=f"reading {Path(name).name}") as file:
                        self._take(label, file, format_, default_verdict, several)
                except OSError as error:
                    raise ServiceError(f"{name} cannot be read: {error.strerror}") from error
                except FormatError as error:
                    raise ServiceError(f"{label}: {error}") from error

    def cases(self) -> bytes:
        """All cases, as JSON Lines."""
        self._lines.seek(0)
        return self._lines.read()

    def parts(self, limit: int) -> Iterator[Part]:
        """The cases in as few parts as possible, none of more than ``limit`` bytes."""
        self._lines.flush()
        first = start = end = 0
        for number, next_end in enumerate(self._ends):
            if next_end - start > limit and number > first:
                yield Part(Piece(self._lines, start, end - start), first, number - first)
                first, start = number, end
            end = next_end
        if len(self) > first:
            yield Part(Piece(self._lines, start, end - start), first, len(self) - first)

    def _take(
        self,
        label: str,
        source: BinaryIO,
        format_: str,
        default_verdict: str | None,
        several: bool,
    ) -> None:
        def notice(told: str) -> None:
            complain(f"{label}: {told}", style="yellow")

        size = self._ends[-1] if self._ends else 0
        for row in read(source, format=format_, default_verdict=default_verdict, notice=notice):
            self.count += 1
            if isinstance(row, Rejected):
                self.rejected.append(RejectedRow(label, row.line, row.id, row.message))
            elif row.id in self._ids:
                message = "an earlier file has a case of this id"
                self.rejected.append(RejectedRow(label, 0, row.id, message))
            else:
                line = row.model_dump_json(exclude_none=True).encode() + b"\n"
                self._lines.write(line)
                if several:  # within a file the reader has seen to it
                    self._ids.add(row.id)
                size += len(line)
                self._ends.append(size)
