"""Readers' reports: the one place where a piece of a page may be kept, and not for long.

A report is kept for 30 days at most, and of all of them the newest 10,000; Redis itself
forgets the rest (``MAXLEN``, ``MINID``, ``EXPIRE``).
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import Any, Final

import redis
from pydantic import Field

from server.store.connection import guarded
from server.store.rows import StoredRow, Whole

KEPT_DAYS: Final = 30
MOST_REPORTS: Final = 10_000

_REPORTS: Final = "claimlight:reports"


@dataclass(frozen=True, slots=True)
class Report:
    """What a reader reported, and against which version. ``when`` in UTC."""

    id: str
    when: dt.datetime
    case_id: str
    kind: str
    sentence: str | None
    version: int


class _Row(StoredRow):
    case_id: str
    kind: str = Field(pattern="^(wrong_match|wrong_case|other)$")
    sentence: str | None
    version: Whole


class Reports:
    """The reports of one store; ``Store.reports``."""

    def __init__(self, client: redis.Redis) -> None:
        self._redis = client

    def add(self, *, case_id: str, kind: str, sentence: str | None, version: int) -> str:
        """Keep a report and return its id; the oldest goes where there are too many."""
        row = {"case_id": case_id, "kind": kind, "sentence": sentence, "version": version}
        with guarded(), self._redis.pipeline() as pipe:
            pipe.xadd(_REPORTS, {"report": json.dumps(row)}, maxlen=MOST_REPORTS, approximate=False)
            pipe.xtrim(_REPORTS, minid=_oldest_id(), approximate=False)
            # Where nobody reports any more, all of it goes with the last one's time.
            pipe.expire(_REPORTS, dt.timedelta(days=KEPT_DAYS))
            added, *_ = pipe.execute()
        return _text(added)

    def list(self, *, limit: int, before: str | None = None) -> list[Report]:
        """Return reports, newest first, only those older than ``before``; none past its time."""
        newest = f"({before}" if before else "+"
        if before and not before.strip("0-"):  # nothing is older, and Redis refuses to look
            return []
        with guarded():
            rows: Any = self._redis.xrevrange(_REPORTS, newest, _oldest_id(), count=limit)
        found = (_report(_text(name), fields) for name, fields in rows)
        return [report for report in found if report is not None]

    def remove(self, report_id: str) -> bool:
        """Forget a report; False where there is none of that id."""
        with guarded():
            return bool(self._redis.xdel(_REPORTS, report_id))


def _oldest_id() -> str:
    oldest = dt.datetime.now(dt.UTC) - dt.timedelta(days=KEPT_DAYS)
    return str(int(oldest.timestamp() * 1000))


def _report(report_id: str, fields: dict[bytes, bytes]) -> Report | None:
    try:
        told = _Row.model_validate_json(next(iter(fields.values()), b""))
        when = dt.datetime.fromtimestamp(int(report_id.split("-")[0]) / 1000, dt.UTC)
    except (ValueError, OverflowError):  # of pydantic, or a time beyond all calendars
        return None
    return Report(report_id, when, told.case_id, told.kind, told.sentence, told.version)


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value
