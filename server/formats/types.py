"""What reading a file yields, row by row, and what a format is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, TextIO

from matcher.case import Case
from server.errors import ServiceError

MAX_ROW_CHARS: Final = 1_000_000
"""Characters a row: longer than any honest case by far."""


class FormatError(ServiceError):
    """A file that cannot be read at all; the text names the file and why."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that is no case, and why.

    Attributes
    ----------
    line
        where the row begins in its file, counted from 1.
    id
        the row's own id as far as it can be made out.
    """

    line: int
    id: str | None
    message: str


Row = tuple[int, Case | Rejected]
"""The line where a row begins, and what became of it."""


class Format(Protocol):
    """A module that reads one format."""

    def recognises(self, head: str) -> bool:
        """Whether a file that begins like this is of the format."""

    def read(self, stream: TextIO, *, head: str, default_verdict: str | None) -> Iterator[Row]:
        """The rows of the file in their order, read as a stream; it begins with ``head``."""


class Writer(Protocol):
    """A module that writes one format; what it writes, it reads as the same cases."""

    MEDIA_TYPE: str
    SUFFIX: str

    def write(self, cases: Sequence[Case]) -> Iterator[str]:
        """The pieces of the file, in order."""
