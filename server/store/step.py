"""One changeset as a step in Redis: what it would do, and its writes behind ``MULTI``.

Keys, all below ``claimlight:``

=================  ======  ===============================================================
head               string  the published state: version, mark, time, number of cases
cases              hash    id → the case as JSON
log                hash    version → who, when, note and the ids touched
changeset:VERSION  string  each touched case before and after, as compressed JSON
retractions        hash    id → when and why a case was retracted
tokens             hash    name → SHA-256, role, dates
confirmed          string  written to see replicas follow
reports            stream  what readers reported, for 30 days
usage:…            string  what one client used in a minute, under a digest; usage:salt
published          channel each version is announced here
=================  ======  ===============================================================
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import redis
from redis.client import Pipeline

from server.errors import NeedsConfirmation
from server.store import rows
from server.store.connection import lost, unconfirmed
from server.store.rows import Row
from server.store.values import Changeset, Difference, Published

CONFIRM_SHARE: Final = 0.10

HEAD: Final = "claimlight:head"
CASES: Final = "claimlight:cases"
LOG: Final = "claimlight:log"
CHANGESET: Final = "claimlight:changeset:"
RETRACTIONS: Final = "claimlight:retractions"
CONFIRMED: Final = "claimlight:confirmed"
CHANNEL: Final = "claimlight:published"


@dataclass(frozen=True, slots=True)
class Step:
    """What is to be there after a changeset: id → row (None: retracted), id → note."""

    after: Mapping[str, bytes | None]
    notes: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Signature:
    """Who publishes, why, and under which conditions; as the parameters of ``Store.apply``."""

    who: str
    note: str | None
    expected_version: int | None
    confirm: bool
    dry_run: bool


def check_share(difference: Difference, existing: int) -> None:
    """Raise NeedsConfirmation where more than a tenth of the existing cases changes or goes."""
    touched = len(difference.changed) + len(difference.retracted)
    if existing and touched / existing > CONFIRM_SHARE:
        raise NeedsConfirmation(min(1.0, touched / existing), CONFIRM_SHARE)


def touched_ids(difference: Difference) -> Iterator[str]:
    """Yield the ids of the cases that are not what they were."""
    yield from difference.added
    yield from difference.changed
    yield from difference.retracted


def compare(pipe: Pipeline, step: Step) -> tuple[Difference, dict[str, Row | None]]:
    """Return what a step would do, and what its cases are now."""
    ids = list(step.after)
    if not ids:
        return Difference(), {}
    before: dict[str, Row | None] = dict(zip(ids, pipe.hmget(CASES, ids), strict=True))
    absent = [case_id for case_id in ids if before[case_id] is None and step.after[case_id] is None]
    past = pipe.hmget(RETRACTIONS, absent) if absent else []
    known = {case_id for case_id, row in zip(absent, past, strict=True) if row}
    kinds: dict[str, list[str]] = {name: [] for name in Difference.__dataclass_fields__}
    for case_id in ids:
        old, new = before[case_id], step.after[case_id]
        if old is None and new is None:
            kind = "unchanged" if case_id in known else "unknown"
        elif new is None:
            kind = "retracted"
        elif old is None:
            kind = "added"
        else:
            kind = "unchanged" if rows.same_case(old, new) else "changed"
        kinds[kind].append(case_id)
    return Difference(**{kind: tuple(found) for kind, found in kinds.items()}), before


def queue(
    pipe: Pipeline,
    head: Published,
    step: Step,
    difference: Difference,
    before: Mapping[str, Row | None],
    signature: Signature,
) -> Published:
    """Queue the writes of one step behind MULTI."""
    when = dt.datetime.now(dt.UTC)
    count = head.cases + len(difference.added) - len(difference.retracted)
    published = Published(head.version + 1, when, count, secrets.token_hex(8))
    changeset = Changeset(published.version, signature.who, when, signature.note, difference)
    put: Mapping[Any, Any] = {
        case_id: row
        for case_id in (*difference.added, *difference.changed)
        if (row := step.after[case_id]) is not None
    }
    taken: Mapping[Any, Any] = {
        case_id: rows.write_retraction(when, step.notes.get(case_id) or signature.note)
        for case_id in difference.retracted
    }
    pairs = {case_id: (before[case_id], step.after[case_id]) for case_id in touched_ids(difference)}
    pipe.multi()
    if put:
        pipe.hset(CASES, mapping=put)
        pipe.hdel(RETRACTIONS, *put)
    if taken:
        pipe.hdel(CASES, *taken)
        pipe.hset(RETRACTIONS, mapping=taken)
    pipe.set(f"{CHANGESET}{published.version}", rows.write_pairs(pairs))
    pipe.hset(LOG, str(published.version), rows.write_log(changeset, published.mark))
    pipe.set(HEAD, rows.write_published(published))
    pipe.publish(CHANNEL, str(published.version))
    return published


def execute(pipe: Pipeline) -> bool:
    """Take the step; False where somebody else was faster."""
    try:
        pipe.execute()
    except redis.RedisError as error:
        if lost(error):
            raise unconfirmed() from error
        if isinstance(error, redis.WatchError):
            return False
        raise
    return True
