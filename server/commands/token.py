"""``claimlight token``: made and listed directly in the store, next to Redis."""

from __future__ import annotations

import contextlib
import datetime as dt
import re
from collections.abc import Callable, Iterator
from typing import Any, Final, TypeVar

import click

from server.commands.terminal import (
    EXIT_CODES,
    Exit,
    complain,
    console,
    leave,
    print_json,
    read_settings,
    speaks,
    table,
)
from server.embedded import Embedded, socket_url
from server.errors import ServiceError
from server.folder import DataFolder
from server.settings import Settings
from server.store import Role, Store

F = TypeVar("F", bound=Callable[..., Any])

_UNITS: Final = {"h": "hours", "d": "days", "w": "weeks"}


@click.group(short_help="Make, list and revoke editors' tokens.")
def token() -> None:
    """Make, list and revoke editors' tokens; on the machine of the service, or of its Redis."""


def _options(function: F) -> F:
    for option in (
        click.option("--redis-url", metavar="URL", help="Redis of the service, if not its own."),
        click.option("--data-dir", metavar="DIR", help="Data folder of the service."),
        click.option("--json", "as_json", is_flag=True, help="Answer in JSON, for programs."),
    ):
        function = option(function)
    return function


@token.command(epilog=EXIT_CODES)
@click.option("--name", required=True, help="Whose it is; shown in the history.")
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    default=Role.EDITOR.value,
    show_default=True,
    help="viewer reads history and exports, editor publishes, owner makes tokens.",
)
@click.option("--expires", default="90d", show_default=True, help="12h, 90d, 4w, a date, or never.")
@_options
@speaks
def create(
    *,
    name: str,
    role: str,
    expires: str,
    redis_url: str | None,
    data_dir: str | None,
    as_json: bool,
) -> None:
    """Make a token and show it, this one time."""
    until = expiry(expires)
    with _store(read_settings(redis_url=redis_url, data_dir=data_dir)) as store:
        try:
            plain = store.tokens.create(name, Role(role), expires=until)
        except ValueError as error:
            raise ServiceError(str(error)) from error
    end = until.isoformat(timespec="seconds") if until else None
    if as_json:
        print_json({"name": name, "role": role, "expires": end, "token": plain})
    else:
        console.print(plain, markup=False, soft_wrap=True)
        complain(
            f"{name} is {role} {'until ' + end if end else 'for ever'}. The token is shown only "
            "now; give it to the command line as CLAIMLIGHT_TOKEN.",
            style="yellow",
        )


@token.command("list", epilog=EXIT_CODES)
@_options
@speaks
def list_(*, redis_url: str | None, data_dir: str | None, as_json: bool) -> None:
    """List the tokens; the secrets are not kept anywhere."""
    with _store(read_settings(redis_url=redis_url, data_dir=data_dir)) as store:
        tokens = store.tokens.list()
    rows = [
        {
            "name": each.name,
            "role": each.role.value,
            "created": each.created.isoformat(timespec="seconds"),
            "expires": each.expires.isoformat(timespec="seconds") if each.expires else None,
            "expired": each.expired,
        }
        for each in tokens
    ]
    if as_json:
        print_json({"tokens": rows})
        return
    made = table("name", "role", "created", "expires")
    for row in rows:
        end = "never" if row["expires"] is None else str(row["expires"])
        made.add_row(str(row["name"]), str(row["role"]), str(row["created"]), end)
    console.print(made, markup=False)


@token.command(epilog=EXIT_CODES)
@click.argument("name")
@_options
@speaks
def revoke(name: str, *, redis_url: str | None, data_dir: str | None, as_json: bool) -> None:
    """Make the token NAME worthless at once."""
    with _store(read_settings(redis_url=redis_url, data_dir=data_dir)) as store:
        gone = store.tokens.revoke(name)
    if as_json:
        print_json({"name": name, "revoked": gone})
    elif not gone:
        complain(f"there is no token named {name!r}")
    if not gone:
        leave(Exit.FAILED)


def expiry(text: str) -> dt.datetime | None:
    """Return the time that an option such as 90d, 2027-01-31 or never means."""
    if text == "never":
        return None
    found = re.fullmatch(r"(\d{1,5})([hdw])", text)
    now = dt.datetime.now(dt.UTC)
    if found:
        return now + dt.timedelta(**{_UNITS[found[2]]: int(found[1])})
    try:
        until = dt.datetime.fromisoformat(text)
    except ValueError as error:
        allowed = "12h, 90d, 4w, 2027-01-31 or never"
        raise click.UsageError(f"--expires {text!r} is not like {allowed}") from error
    return until if until.tzinfo else until.astimezone()


@contextlib.contextmanager
def _store(settings: Settings) -> Iterator[Store]:
    """The store of the service, or of its files where it does not run."""
    folder = DataFolder(settings.data_dir)
    with contextlib.ExitStack() as stack:
        url = settings.redis_url
        if url is None and folder.tenant() is not None:
            url = socket_url(folder.redis)
        elif url is None:
            stack.enter_context(folder)
            url = stack.enter_context(Embedded(folder.redis)).url
        store = Store(url)
        stack.callback(store.close)
        yield store
