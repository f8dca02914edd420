"""What became of a changeset: joined, waited for until readers see it, told to people."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

from server.client import Client
from server.commands.terminal import Exit, complain, console, progress, some, table
from server.errors import ServiceError
from server.wire.base import MOST_SHOWN

VISIBLE_TIMEOUT_S: Final = 120.0
SHOWN_REJECTED: Final = 20
_KINDS: Final = ("added", "changed", "retracted", "unchanged")


def differs(answer: Mapping[str, Any]) -> bool:
    """Whether there is something else than before, or would be."""
    return any(answer[kind] for kind in _KINDS[:3])


def dry_exit(answer: Mapping[str, Any], *, rejected: int = 0, partial: bool = False) -> Exit:
    """How a dry run ends: as the changeset itself would, so that a CI step can rely on it."""
    if (rejected or answer["rejected"]) and not partial:
        return Exit.REJECTED
    return Exit.REFUSED if answer.get("needs_confirmation") else Exit.OK


def joined(one: dict[str, Any], other: Mapping[str, Any], *, first: int) -> dict[str, Any]:
    """The answer to two parts of a push; ``first`` is the number of the other's first row."""
    rejected = [
        {**fault, "pointer": _moved(fault["pointer"], first)} for fault in other["rejected"]
    ]
    answer = {kind: one[kind] + other[kind] for kind in (*_KINDS, "warnings")}
    answer |= {"version": other["version"], "rejected": one["rejected"] + rejected}
    if "needs_confirmation" in other:
        needed = one["needs_confirmation"] or other["needs_confirmation"]
        answer["needs_confirmation"] = needed
    if one.get("consequences") and other.get("consequences"):
        answer["consequences"] = _joined(one["consequences"], other["consequences"])
    return answer


def _moved(pointer: str, rows: int) -> str:
    row, *place = pointer.split("/")[1:]
    return "/".join(["", str(int(row) + rows), *place])


def _joined(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Consequences of two parts, each tried by itself."""
    told: dict[str, Any] = {
        "cases": (one["cases"] + other["cases"])[:MOST_SHOWN],
        "remarks": (one["remarks"] + other["remarks"])[:MOST_SHOWN],
        **{count: one[count] + other[count] for count in ("case_count", "remark_count")},
    }
    tried, more = one["replay"], other["replay"]
    told["replay"] = tried or more
    if tried and more:
        counts = ("change_count", "unwanted_count")
        told["replay"] = {
            **tried,
            **{count: tried[count] + more[count] for count in counts},
            "hints_after": tried["hints_after"] + more["hints_after"] - more["hints_before"],
            "changes": (tried["changes"] + more["changes"])[:MOST_SHOWN],
        }
    return told


def listed(versions: Sequence[int]) -> str:
    """Versions as a person names them: 7, or 7 to 9."""
    return str(versions[0]) if len(versions) == 1 else f"{versions[0]} to {versions[-1]}"


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
    if dry_run:
        heading = f"Dry run, nothing was changed. Published is version {answer['version']}."
    elif differs(answer):
        heading = f"Published as version {listed(answer.get('versions') or [answer['version']])}."
    else:
        heading = f"Nothing to change. Published is version {answer['version']}."
    made = table("", "cases", "")
    made.columns[1].justify = "right"
    for kind in _KINDS:
        named = some(answer[kind], 3) if kind != "unchanged" else ""
        made.add_row(kind, f"{len(answer[kind]):,}", named)
    refused = rejected + len(answer["rejected"])
    if refused:
        made.add_row("rejected", f"{refused:,}", "")
    console.print(heading, style="bold")
    console.print(made)
    for fault in answer["rejected"][:SHOWN_REJECTED]:
        complain(f"rejected by the service, row {fault['pointer']}: {fault['message']}")
    for warning in answer["warnings"][:SHOWN_REJECTED]:
        complain(warning, style="yellow")
    more = len(answer["warnings"]) - SHOWN_REJECTED
    if more > 0:
        complain(f"and {more:,} more warnings (--json shows all)", style="yellow")
