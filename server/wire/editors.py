"""What editors send and are told: changesets, the history, exports."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, RootModel

from matcher.case import Case, CaseId, Language
from matcher.types import Band
from server.consequences import Consequences as Found
from server.consequences import HintChange as FoundHint
from server.faults import Fault
from server.lint import Kind
from server.wire.base import (
    MAX_NOTE_CHARS,
    MAX_PAGE_SIZE,
    MOST_SENTENCES,
    MOST_SHOWN,
    Answer,
    Request,
    no_controls,
)
from server.wire.cases import Card
from server.wire.match import FoundMatch, SentenceText

Note = Annotated[str, Field(max_length=MAX_NOTE_CHARS), AfterValidator(no_controls)]


class Retract(Request):
    """A row of a changeset that takes a case back."""

    retract: CaseId
    note: Note | None = Field(None, description="shown with the 410")


class ChangeRows(
    RootModel[Annotated[list[Case | Retract], Field(min_length=1)] | Case | Retract],
):
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

    format: Literal["jsonl", "csv", "claimreview"] = "jsonl"


class ReplaySentence(Request):
    """A sentence to try against the index as it is and as it would be."""

    text: SentenceText
    language: Language | None = None
    label: str | None = Field(
        None, max_length=40, description="ordinary, innocent, opposite, quoted: not to be hinted at"
    )


class PreviewRequest(Request):
    """A changeset that is not to be published yet, and what to try against it."""

    changes: list[Any] = Field(
        min_length=1, description="rows as in a changeset: cases, and ids to retract"
    )
    sentences: list[ReplaySentence] | None = Field(
        None, max_length=MOST_SENTENCES, description="absent: the labelled ones of data/quality"
    )


class ReadOptions(Request):
    """How a file is to be read."""

    format: Literal["auto", "jsonl", "csv", "claimreview", "euvsdisinfo"] = "auto"
    default_verdict: Literal["false", "misleading", "unproven", "mixed"] | None = Field(
        None, description="for rows that state none"
    )


class RejectedLine(Answer):
    """A row of a file that is no case. ``line`` counts from 1."""

    line: int
    id: str | None
    message: str


class FileAnswer(Answer):
    """The cases of a file; nothing of it is published or kept."""

    cases: tuple[Case, ...]
    rejected: tuple[RejectedLine, ...]
    notices: tuple[str, ...] = Field(
        (), description="how the file was read where that is not certain: its encoding, its dates"
    )


class FieldChange(Answer):
    """A field of a case before and after; null: not there."""

    field: str
    before: Any
    after: Any


class CaseChange(Answer):
    """What would happen to a case, field by field."""

    id: str
    kind: Literal["added", "changed", "retracted"]
    fields: tuple[FieldChange, ...]


class Remark(Answer):
    """Something an editor would want to know; none stops a push."""

    kind: Kind
    id: str
    message: str
    other: str | None = Field(description="the id of the case that it has to do with")


class HintChange(Answer):
    """A hint that would appear, change its band or vanish (``after`` null)."""

    sentence: ReplaySentence
    case_id: str
    claim: str
    score: float
    before: Band | None
    after: Band | None
    unwanted: bool = Field(description="the sentence's label says that it should not appear")


class Replay(Answer):
    """Sentences against the index as it is and as it would be; unwanted hints first."""

    sentences: int
    hints_before: int
    hints_after: int
    change_count: int
    unwanted_count: int
    changes: tuple[HintChange, ...]


class Consequences(Answer):
    """What a changeset would do. Lists are cut to 200; the counts are of all."""

    cases: tuple[CaseChange, ...]
    case_count: int
    remarks: tuple[Remark, ...]
    remark_count: int
    replay: Replay | None


class ChangesAnswer(Answer):
    """What a changeset did, or in a dry run would do: ids of cases, by what happens to them."""

    version: int
    added: tuple[str, ...]
    changed: tuple[str, ...]
    retracted: tuple[str, ...]
    unchanged: tuple[str, ...]
    rejected: tuple[Fault, ...] = ()
    warnings: tuple[str, ...] = ()
    needs_confirmation: bool | None = Field(
        None,
        description="only of a dry run: more than 10 % of the cases would change or go",
        exclude_if=lambda told: told is None,
    )
    consequences: Consequences | None = Field(
        None, description="only of a dry run", exclude_if=lambda told: told is None
    )


class PreviewAnswer(ChangesAnswer):
    """A dry run, with the cards that readers would see."""

    cards: dict[str, Card] = Field(description="of the first five cases that would be published")
    tried: tuple[FoundMatch, ...] = Field(
        description="of each given sentence, at most 50, the best case whatever its score"
    )


class PastChangeset(Answer):
    """A changeset of the history."""

    version: int
    who: str
    when: dt.datetime
    note: str | None
    added: tuple[str, ...]
    changed: tuple[str, ...]
    retracted: tuple[str, ...]


def told(found: Found) -> Consequences:
    """Consequences as they are answered."""
    replay = found.replay
    hints = replay.changes if replay else ()
    return Consequences.model_validate(
        {
            "cases": found.cases,
            "case_count": found.case_count,
            "remarks": found.remarks,
            "remark_count": found.remark_count,
            "replay": replay
            and {
                "sentences": replay.sentences,
                "hints_before": replay.hints_before,
                "hints_after": replay.hints_after,
                "change_count": len(hints),
                "unwanted_count": sum(hint.unwanted for hint in hints),
                "changes": [_hint(hint) for hint in hints[:MOST_SHOWN]],
            },
        }
    )


def _hint(change: FoundHint) -> dict[str, Any]:
    return {
        "sentence": asdict(change.sentence),
        "case_id": change.match.case_id,
        "claim": change.match.claim,
        "score": change.match.score,
        "before": change.before,
        "after": change.after,
        "unwanted": change.unwanted,
    }


class History(Answer):
    """Changesets, newest first."""

    changes: tuple[PastChangeset, ...]
