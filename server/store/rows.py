"""Between the bytes in Redis and our types: the one place that knows how a row is written.

Reading raises ``Unreadable`` for what is not ours, except for cases: a bad one is left out
and told, so that it does not take the others down.
"""

from __future__ import annotations

import datetime as dt
import json
import zlib
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final, TypeAlias

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from matcher.case import Case
from server.errors import Unreadable
from server.store.values import NOTHING, Changeset, Difference, Published, Retraction

Row: TypeAlias = bytes | str
Pairs: TypeAlias = dict[str, tuple[bytes | None, bytes | None]]
Whole: TypeAlias = Annotated[int, Field(ge=0, lt=2**53)]


class StoredRow(BaseModel):
    """What a row of JSON holds; what is of another type is not ours."""

    model_config = ConfigDict(strict=True, frozen=True)


class _Head(StoredRow):
    version: Whole
    published_at: AwareDatetime
    cases: Whole
    mark: str


class _Log(StoredRow):
    mark: str
    who: str
    when: AwareDatetime
    note: str | None
    added: tuple[str, ...]
    changed: tuple[str, ...]
    retracted: tuple[str, ...]


class _Retraction(StoredRow):
    when: AwareDatetime
    note: str | None


_PAIRS: Final = TypeAdapter(
    dict[str, tuple[str | None, str | None]], config=ConfigDict(strict=True)
)


def read_published(row: Row | None) -> Published:
    """Return the published state; version 0 for no row."""
    if row is None:
        return NOTHING
    try:
        told = _Head.model_validate_json(row)
    except ValidationError as error:
        raise Unreadable("the published state in Redis is unreadable") from error
    return Published(told.version, told.published_at, told.cases, told.mark)


def write_published(published: Published) -> bytes:
    """Return the row of a published state."""
    if published.published_at is None:
        raise ValueError("version 0 is never written")
    when = published.published_at.isoformat()
    return compact(
        {
            "version": published.version,
            "published_at": when,
            "cases": published.cases,
            "mark": published.mark,
        }
    )


def read_log(version: int, row: Row | None) -> tuple[Changeset, str]:
    """Return a changeset without its cases, and its mark."""
    try:
        told = _Log.model_validate_json(row or b"")
    except ValidationError as error:
        raise Unreadable(f"the log of version {version} in Redis is unreadable") from error
    difference = Difference(told.added, told.changed, told.retracted)
    return Changeset(version, told.who, told.when, told.note, difference), told.mark


def write_log(changeset: Changeset, mark: str) -> bytes:
    """Return the row of a changeset, without its cases."""
    return compact(
        {
            "mark": mark,
            "who": changeset.who,
            "when": changeset.when.isoformat(),
            "note": changeset.note,
            "added": changeset.difference.added,
            "changed": changeset.difference.changed,
            "retracted": changeset.difference.retracted,
        }
    )


def read_pairs(version: int, row: Row) -> Pairs:
    """Return the rows of the cases that a changeset touched, before and after it."""
    try:
        unpacked = zlib.decompress(row if isinstance(row, bytes) else row.encode())
        told = _PAIRS.validate_json(unpacked)
    except (ValidationError, zlib.error) as error:
        raise Unreadable(f"the changeset of version {version} in Redis is unreadable") from error
    return {
        case_id: (before.encode() if before else None, after.encode() if after else None)
        for case_id, (before, after) in told.items()
    }


def write_pairs(pairs: Mapping[str, tuple[Row | None, Row | None]]) -> bytes:
    """Return the row for what ``read_pairs`` returns."""
    # A row that is not text was not written by us; it is kept as well as it can be.
    told = {
        case_id: [row.decode(errors="replace") if isinstance(row, bytes) else row for row in pair]
        for case_id, pair in pairs.items()
    }
    return zlib.compress(compact(told), 1)


def read_retraction(case_id: str, row: Row) -> Retraction:
    """Return when and why a case was retracted."""
    try:
        told = _Retraction.model_validate_json(row)
    except ValidationError as error:
        raise Unreadable(f"the retraction of {case_id!r} in Redis is unreadable") from error
    return Retraction(case_id, told.when, told.note)


def write_retraction(when: dt.datetime, note: str | None) -> bytes:
    """Return the row of a retraction."""
    return compact({"when": when.isoformat(), "note": note})


def read_case(row: Row | None) -> Case | None:
    """Return the case; None for no row and for one that holds no valid case."""
    if row is None:
        return None
    try:
        return Case.model_validate_json(row)
    except ValidationError:
        return None


def read_cases(rows: Iterable[tuple[Row, Row]]) -> tuple[list[Case], tuple[str, ...]]:
    """Return the valid cases in the order given, and the ids of the other rows."""
    cases, unreadable = [], []
    for key, row in rows:
        case_id = key.decode(errors="replace") if isinstance(key, bytes) else key
        case = read_case(row)
        if case is None or case.id != case_id:
            unreadable.append(case_id)
        else:
            cases.append(case)
    return cases, tuple(unreadable)


def write_case(case: Case) -> bytes:
    """Return the row of a case."""
    return case.model_dump_json(exclude_none=True).encode()


def same_case(one: Row | None, other: Row | None) -> bool:
    """Whether two rows are the same case, however an older release wrote it."""
    if one == other or one is None or other is None:
        return one == other
    case = read_case(one)
    return case is not None and case == read_case(other)


def compact(value: Any) -> bytes:
    """Return JSON without spaces, in UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
