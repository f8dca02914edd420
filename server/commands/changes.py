"""``claimlight retract``, ``history``, ``revert`` and ``export``."""

from __future__ import annotations

import datetime as dt
import json
import sys
from pathlib import Path
from typing import Any, BinaryIO, Final

import click

from server.client import Client
from server.commands.consequences import show_consequences
from server.commands.outcome import differs, dry_exit, show_difference, wait_until_visible
from server.commands.push import JSON_LINES
from server.commands.terminal import (
    EXIT_CODES,
    client_of,
    client_options,
    console,
    leave,
    print_json,
    progress,
    read_settings,
    speaks,
    table,
)
from server.errors import ServiceError
from server.formats import WRITERS

_PAGE: Final = 100


@click.command(epilog=EXIT_CODES, short_help="Take cases back.")
@click.argument("ids", nargs=-1, required=True, metavar="ID…")
@click.option("--note", required=True, help="Why; shown to whoever asks for the case.")
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
@click.option("--confirm", is_flag=True, help="Retract more than 10 % of the cases.")
@client_options
@speaks
def retract(
    ids: tuple[str, ...],
    *,
    note: str,
    dry_run: bool,
    confirm: bool,
    server: str | None,
    data_dir: str | None,
    as_json: bool,
) -> None:
    """Take the cases ID… back: they are no longer matched, and their address answers 410."""
    client = client_of(read_settings(server=server, data_dir=data_dir))
    rows = [{"retract": case_id, "note": note} for case_id in dict.fromkeys(ids)]
    body = "".join(json.dumps(row) + "\n" for row in rows).encode()
    options = {"note": note, "dry_run": dry_run, "confirm": confirm}
    answer = client.post("/v1/changes", body, media_type=JSON_LINES, query=options)
    _finish(client, answer, dry_run=dry_run, as_json=as_json)


@click.command(epilog=EXIT_CODES, short_help="Show what was published, by whom and why.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=20, show_default=True)
@click.option("--before", type=click.IntRange(1), help="Only changesets before this version.")
@client_options
@speaks
def history(
    *, limit: int, before: int | None, server: str | None, data_dir: str | None, as_json: bool
) -> None:
    """Show the changesets, newest first."""
    client = client_of(read_settings(server=server, data_dir=data_dir))
    changes: list[dict[str, Any]] = []
    while len(changes) < limit:
        size = min(_PAGE, limit - len(changes))
        page = client.get("/v1/changes", {"page_size": size, "before": before})["changes"]
        changes += page
        if not page or page[-1]["version"] == 1:
            break
        before = page[-1]["version"]
    if as_json:
        print_json({"changes": changes})
        return
    made = table("version", "when", "who", "added", "changed", "retracted", "note")
    for column in (0, 3, 4, 5):
        made.columns[column].justify = "right"
    for change in changes:
        when = dt.datetime.fromisoformat(change["when"]).astimezone()
        counts = (f"{len(change[kind]):,}" for kind in ("added", "changed", "retracted"))
        who, note = change["who"], change["note"] or ""
        made.add_row(str(change["version"]), f"{when:%Y-%m-%d %H:%M:%S}", who, *counts, note)
    console.print(made, markup=False)


@click.command(epilog=EXIT_CODES, short_help="Take a changeset back.")
@click.argument("version", type=click.IntRange(1))
@click.option("--note", help="Why; kept in the history.")
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
@click.option("--confirm", is_flag=True, help="Change or retract more than 10 % of the cases.")
@client_options
@speaks
def revert(
    version: int,
    *,
    note: str | None,
    dry_run: bool,
    confirm: bool,
    server: str | None,
    data_dir: str | None,
    as_json: bool,
) -> None:
    """Publish the inverse of the changeset VERSION as a new one.

    Refused where one of its cases has changed since.
    """
    client = client_of(read_settings(server=server, data_dir=data_dir))
    options = {"note": note, "dry_run": dry_run, "confirm": confirm}
    answer = client.post(f"/v1/changes/{version}/revert", query=options)
    _finish(client, answer, dry_run=dry_run, as_json=as_json)


@click.command(epilog=EXIT_CODES, short_help="Write all published cases to a file.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(list(WRITERS)),
    default="jsonl",
    show_default=True,
    help="As what.",
)
@click.option(
    "--output",
    "-o",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Where to; default: standard output.",
)
@client_options
@speaks
def export(
    *,
    format_: str,
    output: Path | None,
    server: str | None,
    data_dir: str | None,
    as_json: bool,  # the export is for programs already
) -> None:
    """Write all published cases; to push the file again changes nothing."""
    del as_json
    client = client_of(read_settings(server=server, data_dir=data_dir))
    if output is None:
        _export(client, format_, sys.stdout.buffer)
        return
    # Under its name it is there whole, or as it was; a pipe or a device is written to as it is.
    plain = output.is_file() or not output.exists()
    part = output.with_name(f"{output.name}.part") if plain else output
    try:
        with part.open("wb") as file:
            _export(client, format_, file)
        if plain:
            part.replace(output)
    except OSError as error:
        raise ServiceError(f"{output} cannot be written: {error.strerror}") from error
    finally:
        if plain:
            part.unlink(missing_ok=True)


def _export(client: Client, format_: str, file: BinaryIO) -> None:
    with progress() as bars:
        task = bars.add_task("exporting", total=None)
        size = 0

        def take(piece: bytes) -> None:
            nonlocal size
            size += file.write(piece)
            bars.update(task, description=f"exporting, {size / 1e6:,.1f} MB so far")

        client.save("/v1/export", {"format": format_}, take)


def _finish(client: Client, answer: dict[str, Any], *, dry_run: bool, as_json: bool) -> None:
    if not dry_run and differs(answer):
        wait_until_visible(client, answer["version"])
    if as_json:
        print_json(answer)
    else:
        show_difference(answer, dry_run=dry_run)
        if answer.get("consequences"):
            show_consequences(answer["consequences"])
    if dry_run:
        leave(dry_exit(answer))
