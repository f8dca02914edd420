"""What all commands share: options, exit codes, tables for people and JSON for programs."""

from __future__ import annotations

import functools
import json
import os
import sys
from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import Any, Final, NoReturn, TypeVar

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn
from rich.table import Table

from server.client import Client
from server.errors import (
    NeedsConfirmation,
    Refused,
    ServiceError,
    SettingsError,
    Unavailable,
    Unconfirmed,
    Unreachable,
)
from server.folder import DataFolder
from server.settings import Settings, from_environment, unknown_names

F = TypeVar("F", bound=Callable[..., Any])

DEFAULT_SERVER: Final = "http://127.0.0.1:8321"


class Exit(IntEnum):
    """What the exit code of a command says; 2 is click's own, for wrong usage."""

    OK = 0
    FAILED = 1
    USAGE = 2
    REJECTED = 3
    REFUSED = 4
    DENIED = 5
    UNREACHABLE = 6


EXIT_CODES: Final = (
    "\b\nExit codes:\n"
    "  0  done\n"
    "  1  something went wrong; the message says what\n"
    "  2  wrong usage, or a setting that cannot be used\n"
    "  3  rows were rejected, so nothing was published, or would be\n"
    "  4  the service refused: a conflict, or --confirm is needed\n"
    "  5  the token is missing, or its role does not allow this\n"
    "  6  no service answers, or it cannot do this just now: try again\n"
)

console: Final = Console(highlight=False)
complaints: Final = Console(stderr=True, highlight=False)


def read_settings(**flags: str | None) -> Settings:
    """Return the settings of this run; ends the program where one cannot be used."""
    for sentence in unknown_names(os.environ):
        complain(sentence, style="yellow")
    return from_environment(os.environ, **flags)


def client_of(settings: Settings) -> Client:
    """Return the service to speak to: the one named, else the one in the data folder.

    The local owner's token is shown to that one alone.
    """
    folder = DataFolder(settings.data_dir)
    tenant = folder.tenant()
    local = tenant.address if tenant is not None else None
    server = settings.server or local or DEFAULT_SERVER
    token = settings.token
    if token is None and local is not None and server == local:
        try:
            token = folder.token.read_text().strip()
        except OSError:
            token = None
    return Client(server, token)


def complain(text: str, *, style: str = "red") -> None:
    """Write a line to stderr."""
    complaints.print(text, style=style, markup=False, soft_wrap=True)


def leave(code: Exit) -> NoReturn:
    """End the program."""
    raise click.exceptions.Exit(int(code))


def exit_code(error: ServiceError) -> Exit:
    """Return what an error means for whoever called the program."""
    match error:
        case SettingsError():
            return Exit.USAGE
        case Unreachable() | Unavailable() | Unconfirmed() | Refused(status=503 | 429):
            return Exit.UNREACHABLE
        case Refused(status=401 | 403):
            return Exit.DENIED
        case Refused(status=400, problem={"type": str(kind)}) if kind.endswith("rejected-rows"):
            return Exit.REJECTED
        case Refused(status=404 | 409 | 412) | NeedsConfirmation():
            return Exit.REFUSED
        case _:
            return Exit.FAILED


def speaks(function: F) -> F:
    """Turn the errors of a command into a message, or with --json into JSON, and an exit code."""

    @functools.wraps(function)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except ServiceError as error:
            if kwargs.get("as_json"):
                told = error.problem if isinstance(error, Refused) else {"title": str(error)}
                print_json({"error": told})
            else:
                complain(f"claimlight: {error}")
                if isinstance(error, Refused):
                    for fault in error.problem.get("errors", ())[:20]:
                        complain(f"  {fault.get('pointer', '')}: {fault.get('message', '')}")
            leave(exit_code(error))

    return wrapped  # type: ignore[return-value]


def client_options(function: F) -> F:
    """Add the options of every command that speaks to a service."""
    for option in (
        click.option("--server", metavar="URL", help="The service; default: the local one."),
        click.option("--data-dir", metavar="DIR", help="Data folder of the local service."),
        click.option("--json", "as_json", is_flag=True, help="Answer in JSON, for programs."),
    ):
        function = option(function)
    return function


def print_json(value: object) -> None:
    """Write JSON to stdout."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def table(*columns: str, title: str | None = None) -> Table:
    """Return an empty table in the style of all others."""
    made = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for column in columns:
        made.add_column(column, overflow="fold")
    return made


def progress() -> Progress:
    """Return progress bars on stderr; nothing is drawn where that is no terminal."""
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        console=complaints,
        transient=True,
        disable=not complaints.is_terminal,
    )


def some(ids: Sequence[str], limit: int = 5) -> str:
    """Return the first few of them, and how many more there are."""
    shown = ", ".join(ids[:limit])
    return f"{shown} and {len(ids) - limit:,} more" if len(ids) > limit else shown
