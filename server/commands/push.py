"""``claimlight push``: files of cases, checked here, published as one changeset."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import click

from matcher.case import Verdict
from server.client import Client
from server.commands.consequences import preview, read_sentences, show_consequences
from server.commands.outcome import (
    SHOWN_REJECTED,
    differs,
    dry_exit,
    joined,
    listed,
    show_difference,
    wait_until_visible,
)
from server.commands.rows import Part, RejectedRow, Rows
from server.commands.terminal import (
    EXIT_CODES,
    Exit,
    client_of,
    client_options,
    complain,
    leave,
    print_json,
    progress,
    read_settings,
    speaks,
)
from server.errors import ServiceError
from server.formats import AUTO, FORMATS
from server.wire.base import MAX_CHANGES_BYTES

JSON_LINES: Final = "application/jsonl"
PART_BYTES: Final = 16 * 1024 * 1024
"""Of each changeset, where one does not hold it all."""


@click.command(epilog=EXIT_CODES, short_help="Publish cases from files.")
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@click.option(
    "--format",
    "format_",
    type=click.Choice([AUTO, *sorted(FORMATS)]),
    default=AUTO,
    show_default=True,
    help="What the files are.",
)
@click.option(
    "--default-verdict",
    type=click.Choice([verdict.value for verdict in Verdict]),
    help="For rows that state no verdict; without it they are rejected.",
)
@click.option(
    "--dry-run",
    is_flag=True,
    help="Show what would change, what to look at and which hints come and go; change nothing. "
    "Ends as the push itself would.",
)
@click.option(
    "--sentences",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="With --dry-run: try these, one a line, instead of the service's own.",
)
@click.option("--partial", is_flag=True, help="Publish the good rows although others are rejected.")
@click.option("--confirm", is_flag=True, help="Change or retract more than 10 % of the cases.")
@click.option("--note", help="Why; kept in the history.")
@click.option(
    "--rejected",
    "rejected_file",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Write all rejected rows to this file, as JSON Lines.",
)
@client_options
@speaks
def push(
    files: tuple[str, ...],
    *,
    format_: str,
    default_verdict: str | None,
    dry_run: bool,
    sentences: Path | None,
    partial: bool,
    confirm: bool,
    note: str | None,
    rejected_file: Path | None,
    server: str | None,
    data_dir: str | None,
    as_json: bool,
) -> None:
    """Publish the cases of FILE… as one changeset; - reads from standard input.

    All of it is published, or nothing. A case replaces the published one of the same id; to push
    the same file twice changes nothing. Returns when readers are answered from the new version.

    Files of any size are read in constant memory. More than 64 MiB of cases are published as
    several changesets, each of them whole.
    """
    if sentences is not None and not dry_run:
        raise click.UsageError("--sentences goes with --dry-run: nothing else tries sentences")
    rows = click.get_current_context().with_resource(Rows())
    rows.read(files, format_, default_verdict)
    if rejected_file is not None:
        rejected_file.write_text("".join(json.dumps(_told(row)) + "\n" for row in rows.rejected))
    if not rows or (rows.rejected and not partial and not dry_run):
        _show_unsent(rows, as_json=as_json)
        leave(Exit.REJECTED if rows.rejected else Exit.OK)
    client = client_of(read_settings(server=server, data_dir=data_dir))
    if sentences is not None:
        answer = preview(client, rows.cases(), read_sentences(sentences))
    else:
        answer = _send(client, rows, dry_run=dry_run, partial=partial, confirm=confirm, note=note)
    seen = True
    if not dry_run and differs(answer):
        seen = wait_until_visible(client, answer["version"])
    if as_json:
        rejected = [_told(row) for row in rows.rejected]
        print_json({**answer, "rejected": [*rejected, *answer["rejected"]], "visible": seen})
    else:
        show_difference(answer, dry_run=dry_run, rejected=len(rows.rejected))
        _show_rejected(rows.rejected)
        if answer.get("consequences"):
            show_consequences(answer["consequences"])
        if not seen:
            complain(
                f"version {answer['version']} is published, but not yet in use everywhere; "
                "`claimlight doctor` tells why",
                style="yellow",
            )
    if dry_run:
        leave(dry_exit(answer, rejected=len(rows.rejected), partial=partial))


def _send(client: Client, rows: Rows, **options: Any) -> dict[str, Any]:
    """Publish the rows, or try to; return the answer, and the ``versions`` that were made.

    What is more than one changeset may hold goes in several, each of them whole, and then smaller
    ones: a worker takes about fifteen times the memory of what it is sent.
    """
    parts = list(rows.parts(MAX_CHANGES_BYTES))
    if len(parts) > 1:
        parts = list(rows.parts(min(PART_BYTES, MAX_CHANGES_BYTES)))
    answer: dict[str, Any] = {}
    versions: list[int] = []
    for number, part in enumerate(parts, start=1):
        if len(parts) > 1:
            note = f"{options['note'] or ''} (part {number} of {len(parts)})".strip()
            query = {**options, "note": note}
        else:
            query = options
        try:
            told = _send_part(client, part, query)
        except ServiceError:
            if versions:
                complain(
                    f"claimlight: part {number} of {len(parts)} failed; published so far is "
                    f"version {listed(versions)}; push the same again for the rest"
                )
            raise
        if not options["dry_run"] and differs(told):
            versions.append(told["version"])
        answer = joined(answer, told, first=part.first) if answer else told
    return {**answer, "versions": versions}


def _send_part(client: Client, part: Part, query: dict[str, Any]) -> dict[str, Any]:
    with progress() as bars:
        task = bars.add_task(f"sending {part.cases:,} cases", total=len(part.body))

        def sent(done: int, total: int) -> None:
            bars.update(task, completed=done)
            if done == total:
                doing = "trying them" if query["dry_run"] else "publishing"
                bars.update(task, description=doing, total=None)

        answer: dict[str, Any] = client.post(
            "/v1/changes", part.body, query=query, media_type=JSON_LINES, progress=sent
        )
    return answer


def _show_unsent(rows: Rows, *, as_json: bool) -> None:
    good = len(rows)
    if as_json:
        told = [_told(row) for row in rows.rejected]
        print_json({"version": None, "good": good, "rejected": told})
        return
    _show_rejected(rows.rejected)
    if not rows.rejected:
        complain("there is no case in what was given", style="yellow")
    else:
        way_out = f", or publish the other {good:,} with --partial" if good else ""
        complain(
            f"nothing was published: {len(rows.rejected):,} of {rows.count:,} rows are rejected; "
            f"mend them{way_out}"
        )
        if any("default verdict" in row.message for row in rows.rejected):
            complain("--default-verdict names one for rows that state none", style="yellow")


def _show_rejected(rejected: Sequence[RejectedRow]) -> None:
    for row in rejected[:SHOWN_REJECTED]:
        name = f" ({row.id})" if row.id else ""
        line = f" line {row.line}" if row.line else ""
        complain(f"{row.file}{line}{name}: {row.message}", style="yellow")
    more = len(rejected) - SHOWN_REJECTED
    if more > 0:
        complain(f"and {more:,} more (--json or --rejected FILE shows all)", style="yellow")


def _told(row: RejectedRow) -> dict[str, Any]:
    return {"file": row.file, "line": row.line, "id": row.id, "message": row.message}
