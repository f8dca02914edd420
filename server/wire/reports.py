"""Readers' reports, as they come and as editors are told of them."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Final

from pydantic import Field

from matcher.case import CaseId
from server.store.reports import KEPT_DAYS, MOST_REPORTS
from server.wire.base import MAX_PAGE_SIZE, Answer, Request
from server.wire.match import SentenceText

REPORT_ID: Final = r"^[0-9]{1,15}-[0-9]{1,9}$"


class ReportKind(StrEnum):
    """What a reader says is wrong."""

    WRONG_MATCH = "wrong_match"
    WRONG_CASE = "wrong_case"
    OTHER = "other"


class ReportRequest(Request):
    """A reader's report. It has no address of a page, and no place for one."""

    case_id: CaseId
    kind: ReportKind = Field(
        description="wrong_match: the sentence does not say it; wrong_case: the case is mistaken"
    )
    sentence: SentenceText | None = Field(
        None, description="only where the reader ticked it; kept for 30 days at most"
    )


class ReportAnswer(Answer):
    """The report is kept; ``id`` is for nothing but the editors' list."""

    id: str
    kept_days: int = KEPT_DAYS


class ReportPage(Request):
    """Which part of the reports to list."""

    page_size: int = Field(50, ge=1, le=MAX_PAGE_SIZE)
    before: str | None = Field(None, pattern=REPORT_ID, description="only reports older than this")


class ReportedCase(Answer):
    """A report. ``sentence`` null: the reader did not tick it."""

    id: str
    when: dt.datetime
    case_id: str
    kind: ReportKind
    sentence: str | None
    version: int = Field(description="what was published then")


class ReportList(Answer):
    """Reports, newest first."""

    reports: tuple[ReportedCase, ...]
    kept_days: int = KEPT_DAYS
    most: int = MOST_REPORTS


class ReportGone(Answer):
    """The report is forgotten."""

    id: str
