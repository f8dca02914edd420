"""What editors do: publish changesets, look back, revert, export; all with a bearer token."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, Final

from flask import Blueprint, Response, request

from matcher.case import Case
from server.allowance import charge_token
from server.bearer import bad_token, no_token, shown_token
from server.consequences import consequences, drafted
from server.errors import (
    Conflict,
    NeedsConfirmation,
    RevertConflict,
    StoreError,
    Unconfirmed,
    UnknownVersion,
)
from server.exchange import answer, read_body, read_query
from server.faults import Fault, WireError, check, parse, pointer
from server.formats import WRITERS
from server.live import Live
from server.openapi import Token, operation
from server.problems import (
    CONFIRM,
    CONFLICT,
    FORBIDDEN,
    INVALID,
    NOT_FOUND,
    REJECTED,
    STALE_WRITE,
    UNAVAILABLE,
    UNCONFIRMED,
    Problem,
    sentence,
)
from server.store import Difference, Identity, Role, Store
from server.store.step import check_share
from server.wire.base import MAX_CHANGES_BYTES
from server.wire.editors import (
    ChangeRows,
    ChangesAnswer,
    Consequences,
    ExportOptions,
    History,
    HistoryPage,
    PastChangeset,
    PushOptions,
    Retract,
    RevertOptions,
    told,
)

JSON: Final = "application/json"
JSON_LINES: Final = ("application/jsonl", "application/x-ndjson")
RETRY_S: Final = "2"
MOST_FAULTS: Final = 10_000
"""Faults of a changeset after which no further row is looked at."""
MOST_TOLD: Final = 100
"""Of these, the ones that are told."""
MOST_ENTRIES: Final = 1_000
"""Keys or items in one place of a row above which it is not checked: a case allows 100."""
_RANK: Final = {role: rank for rank, role in enumerate((Role.VIEWER, Role.EDITOR, Role.OWNER))}


@dataclass(slots=True)
class Push:
    """The rows of a changeset, sorted into what can be published and what cannot."""

    put: dict[str, Case] = field(default_factory=dict)
    retract: dict[str, str | None] = field(default_factory=dict)
    rejected: list[Fault] = field(default_factory=list)
    places: dict[str, str] = field(default_factory=dict)  # id → pointer of its row

    def take(self, raw: Any, place: str, *, encoded: bool = False) -> None:
        """Sort one row in, checked by itself; ``encoded``: still as bytes of JSON.

        Raises
        ------
        Problem
            400 where there are more faults by now than anyone would mend one by one.
        """
        try:
            row = _row(parse(raw, at=place) if encoded else raw, place)
        except WireError as error:
            self.rejected += error.faults
            if len(self.rejected) > MOST_FAULTS:
                found = f"More than {MOST_FAULTS:,} faults; what follows {place} was not looked at."
                raise Problem(REJECTED, found, errors=self.rejected[:MOST_TOLD]) from error
            return
        case_id = row.retract if isinstance(row, Retract) else row.id
        if case_id in self.places:
            message = f"the case {case_id} is in row {self.places[case_id]} already"
            self.rejected.append(Fault(pointer=place, message=message))
            return
        self.places[case_id] = place
        if isinstance(row, Retract):
            self.retract[case_id] = row.note
        else:
            self.put[case_id] = row

    def reject(self, case_id: str, message: str) -> None:
        """Take a row that looked good out again."""
        self.put.pop(case_id, None)
        self.retract.pop(case_id, None)
        self.rejected.append(Fault(pointer=self.places[case_id], message=message))


def blueprint(store: Store, live: Live) -> Blueprint:
    """The editors' routes. The index is asked only which related cases exist."""
    routes = Blueprint("changes", __name__)

    @routes.post("/v1/changes")
    @operation(
        "Publish a changeset: whole cases, and ids to retract",
        tag="Editors",
        query=PushOptions,
        body={JSON: ChangeRows, **dict.fromkeys(JSON_LINES)},
        answers={JSON: ChangesAnswer},
        problems=(400, 401, 403, 408, 409, 412, 413, 415, 429, 503),
        token=Token.MUST,
    )
    def push() -> Response:
        """One atomic step: wholly published under a new version, or not at all.

        A repeated push changes nothing. If-Match takes the version (ETag) it starts from.
        """
        who = authorize(store, Role.EDITOR)
        options = read_query(PushOptions)
        expected = _expected_version()
        body = read_body(JSON, *JSON_LINES, limit=MAX_CHANGES_BYTES)
        rows = read_push(body, lines=request.mimetype in JSON_LINES)
        reject_unknown(rows, store)
        if rows.rejected and not options.partial and not options.dry_run:
            count = len(rows.rejected)
            found = "1 row was rejected." if count == 1 else f"{count} rows were rejected."
            raise Problem(REJECTED, found, errors=rows.rejected)
        version, difference = store.apply(
            put=list(rows.put.values()),
            retract=rows.retract,
            who=who.name,
            note=options.note,
            expected_version=expected,
            confirm=options.confirm,
            dry_run=options.dry_run,
        )
        warnings = list(_missing_related(rows, live))
        more: dict[str, Any] = {"rejected": tuple(rows.rejected), "warnings": warnings}
        if options.dry_run:
            needed = [] if options.confirm else list(needs_confirmation(difference, store))
            more |= {"warnings": [*warnings, *needed], "needs_confirmation": bool(needed)}
            more["consequences"] = _consequences(rows, difference, live)
        return _changed(version, difference, **more)

    @routes.get("/v1/changes")
    @operation(
        "The history of the changesets, newest first",
        tag="Editors",
        query=HistoryPage,
        answers={JSON: History},
        problems=(400, 401, 403, 429, 503),
        token=Token.MUST,
    )
    def history() -> Response:
        authorize(store, Role.VIEWER)
        asked = read_query(HistoryPage)
        version = store.published().version
        changesets = store.history(limit=asked.page_size, before=asked.before)
        past = tuple(
            PastChangeset(
                version=changeset.version,
                who=changeset.who,
                when=changeset.when,
                note=changeset.note,
                added=changeset.difference.added,
                changed=changeset.difference.changed,
                retracted=changeset.difference.retracted,
            )
            for changeset in changesets
        )
        return answer(History(changes=past), etag=str(version))

    @routes.post("/v1/changes/<int:version>/revert")
    @operation(
        "Take a changeset back by publishing its inverse",
        tag="Editors",
        query=RevertOptions,
        answers={JSON: ChangesAnswer},
        problems=(400, 401, 403, 404, 409, 412, 429, 503),
        token=Token.MUST,
    )
    def revert(version: int) -> Response:
        """Answers 409 with the ids of the cases that have changed since. Takes no body."""
        who = authorize(store, Role.EDITOR)
        options = read_query(RevertOptions)
        published, difference = store.revert(
            version,
            who=who.name,
            note=options.note,
            expected_version=_expected_version(),
            confirm=options.confirm,
            dry_run=options.dry_run,
        )
        if not options.dry_run:
            return _changed(published, difference)
        needed = [] if options.confirm else list(needs_confirmation(difference, store))
        return _changed(published, difference, warnings=needed, needs_confirmation=bool(needed))

    @routes.get("/v1/export")
    @operation(
        "All published cases, as they were pushed",
        tag="Editors",
        query=ExportOptions,
        answers={writer.MEDIA_TYPE: None for writer in WRITERS.values()},
        problems=(400, 401, 403, 429, 503),
        token=Token.MUST,
    )
    def export() -> Response:
        """A file that can be pushed again, which then changes nothing."""
        authorize(store, Role.VIEWER)
        writer = WRITERS[read_query(ExportOptions).format]
        published, cases = store.cases()
        response = Response(writer.write(cases), mimetype=writer.MEDIA_TYPE)
        response.headers["Cache-Control"] = "no-store"
        response.headers["Content-Disposition"] = f'attachment; filename="cases.{writer.SUFFIX}"'
        response.set_etag(str(published.version))
        return response

    routes.register_error_handler(StoreError, from_store)
    return routes


def authorize(store: Store, least: Role) -> Identity:
    """Who sends the request at hand.

    Raises
    ------
    Problem
        401 without a valid token, 403 where its role may do less than ``least``, 429 where more
        was sent with it than is allowed a minute.
    """
    shown = shown_token()
    if shown is None:
        raise no_token("no token")
    identity = store.tokens.verify(shown)
    if identity is None:
        raise bad_token()
    if _RANK[identity.role] < _RANK[least]:
        raise Problem(FORBIDDEN, f"The token is a {identity.role}'s; this needs at least {least}.")
    charge_token(identity.name, limit=MAX_CHANGES_BYTES)
    return identity


def read_push(body: bytes, *, lines: bool) -> Push:
    """The rows of a changeset, each checked by itself.

    Raises
    ------
    WireError
        where the body as a whole cannot be read.
    """
    push = Push()
    for number, raw in enumerate(_lines(body) if lines else _array(body)):
        push.take(raw, pointer(number), encoded=lines)
    return push


def _lines(body: bytes) -> Iterator[bytes]:
    """The lines one by one: a body of 64 MiB is not held twice."""
    some = False
    for line in BytesIO(body.removeprefix(b"\xef\xbb\xbf")):
        if line.strip():
            some = True
            yield line
    if not some:
        raise WireError(Fault(pointer="", message="the body is empty; a case a line is expected"))


def _array(body: bytes) -> list[Any]:
    value = parse(body)
    rows = value if isinstance(value, list) else [value]
    if not rows:
        raise WireError(Fault(pointer="", message="the list is empty; at least one row is needed"))
    return rows


def _row(value: Any, place: str) -> Case | Retract:
    if not isinstance(value, dict):
        raise WireError(Fault(pointer=place, message="a case, or an id to retract, is an object"))
    if _is_wide(value):
        message = f"holds more than {MOST_ENTRIES:,} keys or items in one place"
        raise WireError(Fault(pointer=place, message=message))
    if "retract" in value:
        return check(Retract, value, at=place)
    return check(Case, value, at=place)


def _is_wide(value: dict[str, Any] | list[Any]) -> bool:
    """Whether it holds so many entries in one place that to tell what is wrong would cost much."""
    inner = value.values() if isinstance(value, dict) else value
    return len(value) > MOST_ENTRIES or any(
        _is_wide(each) for each in inner if isinstance(each, dict | list)
    )


def reject_unknown(rows: Push, store: Store) -> None:
    """Rows that retract what never was: a slip in the id that the editor wants to know of."""
    if rows.retract:
        _, difference = store.apply(retract=rows.retract, who="", dry_run=True)
        for case_id in difference.unknown:
            rows.reject(case_id, f"there is no case {case_id} to retract")


def _missing_related(rows: Push, live: Live) -> Iterator[str]:
    current = live.current
    if current is None:
        return
    for case in rows.put.values():
        for pin in case.related:
            if isinstance(pin, str) and pin not in rows.put and pin not in current.index:
                yield f"{case.id}: the related case {pin} does not exist"


def _consequences(rows: Push, difference: Difference, live: Live) -> Consequences | None:
    current = live.current
    if current is None:
        return None
    draft = drafted(current.index, rows.put, rows.retract)
    return told(consequences(current.index, draft, difference, rows.put))


def needs_confirmation(difference: Difference, store: Store) -> Iterator[str]:
    """One sentence where a push of this would have to be confirmed."""
    try:
        check_share(difference, store.published().cases)
    except NeedsConfirmation as needed:
        yield str(needed)


def _expected_version() -> int | None:
    """The version in ``If-Match``; None where there is none, or any will do (``*``)."""
    header = request.headers.get("If-Match", "*").strip()
    if header == "*":
        return None
    found = re.fullmatch(r'"?(\d{1,15})"?', header)
    if not found:
        raise Problem(
            INVALID, 'If-Match takes the version in quotes, such as "17", as ETag gave it.'
        )
    return int(found[1])


def _changed(version: int, difference: Difference, **more: Any) -> Response:
    changed = ChangesAnswer(
        version=version,
        added=difference.added,
        changed=difference.changed,
        retracted=difference.retracted,
        unchanged=difference.unchanged,
        **more,
    )
    return answer(changed, etag=str(version))


def from_store(error: StoreError) -> Response:
    """What the store refuses, as the problem it is for an editor."""
    detail = sentence(str(error))
    match error:
        case Conflict():
            return Problem(STALE_WRITE, detail).response()
        case NeedsConfirmation():
            return Problem(CONFIRM, detail).response()
        case RevertConflict():
            return Problem(CONFLICT, detail, ids=error.ids).response()
        case UnknownVersion():
            return Problem(NOT_FOUND, detail).response()
        case Unconfirmed():
            return Problem(UNCONFIRMED, detail, headers={"Retry-After": RETRY_S}).response()
        case _:
            return Problem(UNAVAILABLE, detail, headers={"Retry-After": RETRY_S}).response()
