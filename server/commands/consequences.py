"""What a dry run tells, for people: fields, remarks, and the hints that come and go."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from server.client import Client
from server.commands.terminal import console, table
from server.errors import ServiceError
from server.wire.base import MOST_SENTENCES

_SHOWN: Final = 10
_CHARS: Final = 100


def preview(client: Client, cases: bytes, sentences: Sequence[Mapping[str, Any]]) -> Any:
    """A dry run that tries sentences of the editor's own against cases in JSON Lines."""
    rows = b",".join(cases.splitlines())
    body = b'{"changes":[%b],"sentences":%b}' % (rows, json.dumps(sentences).encode())
    return client.post("/v1/changes/preview", body)


def read_sentences(path: Path) -> list[dict[str, Any]]:
    """The sentences of a file: one a line as it is, or as in ``data/quality``.

    Raises
    ------
    ServiceError
        naming the line that cannot be read, or how many there are too many.
    """
    found: list[dict[str, Any]] = []
    for number, line in enumerate(path.read_text(encoding="utf-8-sig").splitlines(), start=1):
        if not line.strip():
            continue
        if not line.startswith("{"):
            found.append({"text": line.strip()})
            continue
        try:
            row = json.loads(line)
            found.append({key: row[key] for key in ("text", "language", "label") if key in row})
        except ValueError as error:
            raise ServiceError(f"{path} line {number}: not JSON ({error})") from error
    if len(found) > MOST_SENTENCES:
        raise ServiceError(f"{path} has {len(found):,} sentences; at most {MOST_SENTENCES:,}")
    return found


def show_consequences(told: Mapping[str, Any]) -> None:
    """Print the consequences of a changeset, the first few of each kind."""
    for change in told["cases"][:_SHOWN]:
        if change["kind"] == "changed":
            _show_fields(change)
    if told["remarks"]:
        made = table("remark", "case", "", title=f"\nRemarks: {told['remark_count']:,}")
        for remark in told["remarks"][: 2 * _SHOWN]:
            made.add_row(remark["kind"], remark["id"], remark["message"])
        console.print(made, markup=False)
        _more(told["remark_count"], 2 * _SHOWN)
    if told["replay"]:
        _show_replay(told["replay"])


def _show_fields(change: Mapping[str, Any]) -> None:
    made = table("field", "now", "then", title=f"\n{change['id']}")
    for field in change["fields"]:
        made.add_row(field["field"], _short(field["before"]), _short(field["after"]))
    console.print(made, markup=False)


def _show_replay(replay: Mapping[str, Any]) -> None:
    console.print(
        f"\n{replay['sentences']:,} sentences tried: {replay['hints_before']:,} hints now, "
        f"{replay['hints_after']:,} then, {replay['unwanted_count']:,} of the new ones unwanted.",
        style="yellow" if replay["unwanted_count"] else None,
    )
    if not replay["changes"]:
        return
    made = table("hint", "sentence", "case", "score")
    for change in replay["changes"][:_SHOWN]:
        what = f"{change['before'] or '-'} → {change['after'] or '-'}"
        unwanted = f", unwanted: {change['sentence']['label']}" if change["unwanted"] else ""
        text = _short(change["sentence"]["text"])
        made.add_row(what + unwanted, text, change["case_id"], f"{change['score']:.2f}")
    console.print(made, markup=False)
    _more(replay["change_count"], _SHOWN)


def _more(count: int, shown: int) -> None:
    if count > shown:
        console.print(f"and {count - shown:,} more (--json shows them)", style="dim")


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = "-" if value is None else text
    return text if len(text) <= _CHARS else text[: _CHARS - 1] + "…"
