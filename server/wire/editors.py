"""What editors send and are told: changesets, the history, exports."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, RootModel

from matcher.case import Case, CaseId
from server.faults import Fault
from server.wire.base import MAX_NOTE_CHARS, MAX_PAGE_SIZE, Answer, Request, no_controls

Note = Annotated[str, Field(max_length=MAX_NOTE_CHARS), AfterValidator(no_controls)]


class Retract(Request):
    """A row of a changeset that takes a case back."""

    retract: CaseId
    note: Note | None = Field(None, description="shown with the 410")


class ChangeRows(RootModel[list[Case | Retract] | Case | Retract]):
    """A changeset as JSON: rows, or a single one."""


class PushOptions(Request):
    """How a changeset is to be taken."""

    dry_run: bool = Field(False, description="say what would change, change nothing")
    partial: bool = Field(False, description="publish the good rows though others are rejected")
    confirm: bool = Field(False, description="change or retract more than 10 % of the cases")
    note: Note | None = Field(None, description="kept in the history")


class RevertOptions(Request):
    """How a changeset is to be taken back."""

    dry_run: bool = False
    confirm: bool = False
    note: Note | None = None


class HistoryPage(Request):
    """Which part of the history to list."""

    page_size: int = Field(20, ge=1, le=MAX_PAGE_SIZE)
    before: int | None = Field(None, ge=1, description="only changesets before this version")


class ExportOptions(Request):
    """How the cases are to be written."""

    format: Literal["jsonl"] = "jsonl"


class ChangesAnswer(Answer):
    """What a changeset did, or in a dry run would do: ids of cases, by what happens to them."""

    version: int
    added: tuple[str, ...]
    changed: tuple[str, ...]
    retracted: tuple[str, ...]
    unchanged: tuple[str, ...]
    rejected: tuple[Fault, ...] = ()
    warnings: tuple[str, ...] = ()


class PastChangeset(Answer):
    """A changeset of the history."""

    version: int
    who: str
    when: dt.datetime
    note: str | None
    added: tuple[str, ...]
    changed: tuple[str, ...]
    retracted: tuple[str, ...]


class History(Answer):
    """Changesets, newest first."""

    changes: tuple[PastChangeset, ...]
