"""``claimlight push``: files of cases, checked here, published as one changeset."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final

import click

from matcher.case import Case, Verdict
from server.client import Client
from server.commands.consequences import preview, read_sentences, show_consequences
from server.commands.terminal import (
    EXIT_CODES,
    Exit,
    client_of,
    client_options,
    complain,
    console,
    leave,
    print_json,
    progress,
    read_settings,
    some,
    speaks,
    table,
)
from server.errors import ServiceError
from server.formats import AUTO, FORMATS, FormatError, Rejected, read

JSON_LINES: Final = "application/jsonl"
VISIBLE_TIMEOUT_S: Final = 30.0
_SHOWN_REJECTED: Final = 20


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row that is not sent, and why."""

    file: str
    line: int
    id: str | None
    message: str


@dataclass(slots=True)
class Rows:
    """What the files hold, in their order."""

    cases: dict[str, Case] = field(default_factory=dict)
    rejected: list[RejectedRow] = field(default_factory=list)
    count: int = 0


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
    help="Show what would change, what to look at and which hints come and go; change nothing.",
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
    """
    if sentences is not None and not dry_run:
        raise click.UsageError("--sentences goes with --dry-run: nothing else tries sentences")
    rows = read_files(files, format_, default_verdict)
    if rejected_file is not None:
        rejected_file.write_text("".join(json.dumps(_told(row)) + "\n" for row in rows.rejected))
    if not rows.cases or (rows.rejected and not partial and not dry_run):
        _show_unsent(rows, as_json=as_json)
        leave(Exit.REJECTED if rows.rejected else Exit.OK)
    client = client_of(read_settings(server=server, data_dir=data_dir))
    cases = list(rows.cases.values())
    if sentences is not None:
        answer = preview(client, cases, read_sentences(sentences))
    else:
        options = {"dry_run": dry_run, "partial": partial, "confirm": confirm, "note": note}
        answer = _send(client, cases, options)
    seen = True
    if not dry_run and (answer["added"] or answer["changed"] or answer["retracted"]):
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


def read_files(files: Sequence[str], format_: str, default_verdict: str | None) -> Rows:
    """Return the cases of all files and the rows that cannot be taken.

    Raises
    ------
    ServiceError
        naming the file that cannot be read at all.
    """
    rows = Rows()
    with progress() as bars:
        for name in files:
            label = "standard input" if name == "-" else name
            try:
                if name == "-":
                    _read_one(rows, label, sys.stdin.buffer, format_, default_verdict)
                else:
                    with bars.open(name, "rb", description=f"reading {Path(name).name}") as stream:
                        _read_one(rows, label, stream, format_, default_verdict)
            except OSError as error:
                raise ServiceError(f"{name} cannot be read: {error.strerror}") from error
            except FormatError as error:
                raise ServiceError(f"{label}: {error}") from error
    return rows


def _read_one(
    rows: Rows, label: str, source: BinaryIO, format_: str, default_verdict: str | None
) -> None:
    for row in read(source, format=format_, default_verdict=default_verdict):
        rows.count += 1
        if isinstance(row, Rejected):
            rows.rejected.append(RejectedRow(label, row.line, row.id, row.message))
        elif row.id in rows.cases:
            message = "an earlier file has a case of this id"
            rows.rejected.append(RejectedRow(label, 0, row.id, message))
        else:
            rows.cases[row.id] = row


def _send(client: Client, cases: Sequence[Case], options: dict[str, Any]) -> Any:
    body = b"".join(case.model_dump_json(exclude_none=True).encode() + b"\n" for case in cases)
    with progress() as bars:
        task = bars.add_task(f"sending {len(cases):,} cases", total=len(body))

        def sent(done: int, total: int) -> None:
            bars.update(task, completed=done)
            if done == total:
                bars.update(task, description="publishing", total=None)

        return client.post("/v1/changes", body, query=options, media_type=JSON_LINES, progress=sent)


def wait_until_visible(client: Client, version: int) -> bool:
    """Wait until readers are answered from a version; False where that takes too long."""
    deadline = time.monotonic() + VISIBLE_TIMEOUT_S
    with progress() as bars:
        bars.add_task(f"waiting for version {version}", total=None)
        while time.monotonic() < deadline:
            try:
                if client.get("/v1/index")["version"] >= version:
                    return True
            except ServiceError:
                pass  # it is published; that it cannot be seen just now is no failure of the push
            time.sleep(0.1)
    return False


def show_difference(answer: dict[str, Any], *, dry_run: bool = False, rejected: int = 0) -> None:
    """Print what a changeset did, or would do."""
    kinds = ("added", "changed", "retracted", "unchanged")
    if dry_run:
        heading = f"Dry run, nothing was changed. Published is version {answer['version']}."
    elif any(answer[kind] for kind in kinds[:3]):
        heading = f"Published as version {answer['version']}."
    else:
        heading = f"Nothing to change. Published is version {answer['version']}."
    made = table("", "cases", "")
    made.columns[1].justify = "right"
    for kind in kinds:
        named = some(answer[kind], 3) if kind != "unchanged" else ""
        made.add_row(kind, f"{len(answer[kind]):,}", named)
    refused = rejected + len(answer["rejected"])
    if refused:
        made.add_row("rejected", f"{refused:,}", "")
    console.print(heading, style="bold")
    console.print(made)
    for fault in answer["rejected"][:_SHOWN_REJECTED]:
        complain(f"rejected by the service, row {fault['pointer']}: {fault['message']}")
    for warning in answer["warnings"][:_SHOWN_REJECTED]:
        complain(warning, style="yellow")
    more = len(answer["warnings"]) - _SHOWN_REJECTED
    if more > 0:
        complain(f"and {more:,} more warnings (--json shows all)", style="yellow")


def _show_unsent(rows: Rows, *, as_json: bool) -> None:
    good = len(rows.cases)
    if as_json:
        told = [_told(row) for row in rows.rejected]
        print_json({"version": None, "good": good, "rejected": told})
        return
    _show_rejected(rows.rejected)
    if not rows.rejected:
        complain("there is no case in what was given", style="yellow")
    else:
        complain(
            f"nothing was published: {len(rows.rejected):,} of {rows.count:,} rows are rejected; "
            f"mend them, or publish the other {good:,} with --partial"
        )


def _show_rejected(rejected: Sequence[RejectedRow]) -> None:
    for row in rejected[:_SHOWN_REJECTED]:
        name = f" ({row.id})" if row.id else ""
        line = f" line {row.line}" if row.line else ""
        complain(f"{row.file}{line}{name}: {row.message}", style="yellow")
    more = len(rejected) - _SHOWN_REJECTED
    if more > 0:
        complain(f"and {more:,} more (--json or --rejected FILE shows all)", style="yellow")


def _told(row: RejectedRow) -> dict[str, Any]:
    return {"file": row.file, "line": row.line, "id": row.id, "message": row.message}
