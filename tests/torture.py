"""The long tests: whether they are asked for at full size, and the table of what they found.

``make torture`` sets CLAIMLIGHT_TORTURE=yes; without it the same tests run small, and tell nothing.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, TypeVar

from rich.console import Console
from rich.table import Table

TORTURE: Final = os.environ.get("CLAIMLIGHT_TORTURE") == "yes"
FIGURES: Final[list[Figure]] = []

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Figure:
    """A line of the table: what was done, what must hold, and what was found."""

    what: str
    bar: str
    found: str


def full(size: int, *, small: int) -> int:
    """How much to do: all of it under torture, little in a daily run."""
    return size if TORTURE else small


def tell(what: str, *, bar: str, found: str) -> None:
    """Put a line into the table that ends a run of ``make torture``."""
    if TORTURE:
        FIGURES.append(Figure(what, bar, found))
        print(f"\n{what}: {found} (must hold: {bar})", file=sys.stderr)


def progress(steps: Iterable[T], *, of: int, what: str) -> Iterator[T]:
    """The steps, saying now and then under torture how far they are."""
    for number, step in enumerate(steps):
        if TORTURE and number % max(1, of // 20) == 0:
            print(f"\r{what}: {number:,} of {of:,} ", end="", file=sys.stderr, flush=True)
        yield step


def show() -> None:
    """Print the table."""
    table = Table("what was done", "what must hold", "what was found", title="Torture")
    for figure in FIGURES:
        table.add_row(figure.what, figure.bar, figure.found)
    Console().print(table)
