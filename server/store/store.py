"""Cases in Redis: read in one consistent piece, changed in one atomic step.

A changeset is taken with ``WATCH``/``MULTI`` (no scripts): wholly there under a new version,
or not at all. It keeps what each touched case was before and after, so that its inverse can
be made.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from redis.client import Pipeline

from matcher.case import Case
from server import metrics
from server.address import sentinels
from server.errors import (
    Conflict,
    RevertConflict,
    StoreError,
    Unavailable,
    UnknownVersion,
    Unreadable,
)
from server.store import rows
from server.store.connection import (
    ANSWER_TIMEOUT_S,
    Listener,
    connect,
    guarded,
    transaction,
)
from server.store.replicas import Replicas
from server.store.reports import Reports
from server.store.step import (
    CASES,
    CHANGESET,
    CHANNEL,
    HEAD,
    LOG,
    RETRACTIONS,
    Signature,
    Step,
    check_share,
    compare,
    execute,
    queue,
    touched_ids,
)
from server.store.tokens import Tokens
from server.store.usage import Usage
from server.store.values import Changeset, Contents, Difference, Published, Retraction, Update

MAX_ATTEMPTS: Final = 20
MAX_UPDATE_VERSIONS: Final = 200


class Store:
    """The cases in one Redis; safe to share between threads.

    Nothing is connected before it is used. Each call ends within seconds whatever Redis does.

    Parameters
    ----------
    url
        ``redis://``, ``rediss://``, ``unix://`` or ``redis+sentinel://``; see ``server.address``.
    answer_timeout_s
        how long to wait for one answer.
    """

    def __init__(self, url: str, *, answer_timeout_s: float = ANSWER_TIMEOUT_S) -> None:
        self._redis = connect(url, answer_timeout_s=answer_timeout_s)
        self._replicas = Replicas(self._redis, needed=sentinels(url) is not None)
        self.tokens = Tokens(self._redis, self._replicas)
        self.reports = Reports(self._redis)
        self.usage = Usage(self._redis)

    def close(self) -> None:
        """Let go of all connections that are not in use.

        Those that are, go with whoever uses them: redis-py fails in ways of its own where a
        connection is closed under a thread that reads from it.
        """
        with guarded():
            self._redis.connection_pool.disconnect(inuse_connections=False)

    # Reading

    def published(self) -> Published:
        """Return the published state; version 0 where nothing is published yet.

        Raises
        ------
        Unavailable
            where Redis is away.
        Unreadable
            where the state is not ours.
        """
        with guarded():
            return rows.read_published(self._redis.get(HEAD))

    def cases(self) -> tuple[Published, list[Case]]:
        """Return the published state and its cases, sorted by id, without unreadable rows."""
        contents = self.contents()
        return contents.published, contents.cases

    def contents(self) -> Contents:
        """Return what ``cases`` does, and which rows could not be read."""
        with guarded(), transaction(self._redis) as pipe:
            pipe.get(HEAD)
            pipe.hgetall(CASES)
            head, stored = pipe.execute()
        cases, unreadable = rows.read_cases(sorted(stored.items()))
        return Contents(rows.read_published(head), cases, unreadable)

    def update(self, since: Published) -> Update | None:
        """Return what has changed since then; its cost does not depend on all the rest.

        None where the log does not lead from there to here (another database, a restore, or
        too many changesets): read ``contents`` then.
        """
        with guarded():
            now = rows.read_published(self._redis.get(HEAD))
            if since.version < 1 or not 0 <= now.version - since.version <= MAX_UPDATE_VERSIONS:
                return None
            versions = range(since.version, now.version + 1)
            entries = self._redis.hmget(LOG, [str(version) for version in versions])
            try:
                log = [rows.read_log(*entry) for entry in zip(versions, entries, strict=True)]
            except Unreadable:
                return None
            if log[0][1] != since.mark or log[-1][1] != now.mark:
                return None
            touched = sorted(
                {
                    case_id
                    for changeset, _ in log[1:]
                    for case_id in touched_ids(changeset.difference)
                }
            )
            if not touched:
                return Update(now, [], (), ())
            with transaction(self._redis) as pipe:
                pipe.get(HEAD)
                pipe.hmget(CASES, touched)
                head, stored = pipe.execute()
        if rows.read_published(head).mark != now.mark:
            return None  # published once more in between
        pairs = list(zip(touched, stored, strict=True))
        put, unreadable = rows.read_cases((case_id, row) for case_id, row in pairs if row)
        return Update(now, put, tuple(case_id for case_id, row in pairs if not row), unreadable)

    def retraction(self, case_id: str) -> Retraction | None:
        """Return when and why a case was retracted; None where it is published or never was."""
        with guarded():
            row = self._redis.hget(RETRACTIONS, case_id)
        return None if row is None else rows.read_retraction(case_id, row)

    def history(self, *, limit: int = 50, before: int | None = None) -> list[Changeset]:
        """Return changesets, newest first, without the cases themselves.

        Parameters
        ----------
        limit
            how many versions to look back at most.
        before
            only versions below this one.
        """
        with guarded():
            newest = rows.read_published(self._redis.get(HEAD)).version
            last = newest if before is None else min(newest, before - 1)
            versions = list(range(last, max(last - limit, 0), -1))
            if not versions:
                return []
            entries = self._redis.hmget(LOG, [str(version) for version in versions])
        changesets = []
        for version, entry in zip(versions, entries, strict=True):
            with contextlib.suppress(Unreadable):  # a bad row does not hide the others
                changesets.append(rows.read_log(version, entry)[0])
        return changesets

    def changeset(self, version: int) -> Changeset:
        """Return one changeset, with each touched case before and after.

        Raises
        ------
        UnknownVersion
            where there is none.
        """
        with guarded():
            entry = self._redis.hget(LOG, str(version))
            body = self._redis.get(f"{CHANGESET}{version}")
        if entry is None or body is None:
            raise UnknownVersion(version)
        pairs = rows.read_pairs(version, body)
        return replace(
            rows.read_log(version, entry)[0],
            before={case_id: rows.read_case(pair[0]) for case_id, pair in pairs.items()},
            after={case_id: rows.read_case(pair[1]) for case_id, pair in pairs.items()},
        )

    def listen(self) -> Listener:
        """Return an ear on the channel of announcements; close it when done."""
        return Listener(self._redis, CHANNEL)

    # Writing

    def apply(
        self,
        *,
        put: Sequence[Case] = (),
        retract: Mapping[str, str | None] | None = None,
        who: str,
        note: str | None = None,
        expected_version: int | None = None,
        confirm: bool = False,
        dry_run: bool = False,
    ) -> tuple[int, Difference]:
        """Publish a changeset as one atomic step.

        Parameters
        ----------
        put
            cases, each replacing the one of its id whole.
        retract
            id → note of the cases to take back.
        who
            the editor, as shown in the history.
        note
            why, as shown in the history.
        expected_version
            the version the editor started from; None: any.
        confirm
            go ahead although more than a tenth of the existing cases changes or goes.
        dry_run
            only tell the difference.

        Returns
        -------
        The version now published and the difference. An empty difference makes no version, so
        that a push can be repeated without harm.

        Raises
        ------
        Conflict, NeedsConfirmation
            nothing was changed.
        Unavailable
            nothing was changed: Redis is away.
        Unconfirmed
            it may have been changed: push again.
        ValueError
            where an id is given twice.
        """
        notes = dict(retract or {})
        after: dict[str, bytes | None] = dict.fromkeys(notes)
        for case in put:
            if case.id in after:
                raise ValueError(f"the case {case.id!r} is given twice in one changeset")
            after[case.id] = rows.write_case(case)
        step = Step(after, notes)
        signature = Signature(who, note, expected_version, confirm, dry_run)
        return self._publish(lambda _: step, signature)

    def revert(
        self,
        version: int,
        *,
        who: str,
        note: str | None = None,
        expected_version: int | None = None,
        confirm: bool = False,
        dry_run: bool = False,
    ) -> tuple[int, Difference]:
        """Publish the inverse of a changeset as a new one.

        Parameters, returns and raises as ``apply``, and

        Raises
        ------
        UnknownVersion
            where there is no such changeset.
        RevertConflict
            naming the cases that have changed since; nothing was changed.
        """
        note = note if note is not None else f"reverts version {version}"

        def inverse(pipe: Pipeline) -> Step:
            body = pipe.get(f"{CHANGESET}{version}")
            if body is None:
                raise UnknownVersion(version)
            pairs = rows.read_pairs(version, body)
            now = pipe.hmget(CASES, list(pairs))
            moved = [
                case_id
                for (case_id, (_, after)), row in zip(pairs.items(), now, strict=True)
                if not rows.same_case(row, after)
            ]
            if moved:
                raise RevertConflict(version, sorted(moved))
            return Step(
                after={case_id: before for case_id, (before, _) in pairs.items()},
                notes=dict.fromkeys(pairs, note),
            )

        return self._publish(inverse, Signature(who, note, expected_version, confirm, dry_run))

    def _publish(
        self, changes: Callable[[Pipeline], Step], signature: Signature
    ) -> tuple[int, Difference]:
        outcome = "failed"
        try:
            version, difference = self._attempt(changes, signature)
            outcome = "published" if difference else "unchanged"
        except StoreError as error:
            outcome = type(error).__name__.lower()
            raise
        finally:
            if not signature.dry_run:
                metrics.PUBLICATIONS.labels(outcome).inc()
        return version, difference

    def _attempt(
        self, changes: Callable[[Pipeline], Step], signature: Signature
    ) -> tuple[int, Difference]:
        for _ in range(MAX_ATTEMPTS):
            with guarded(), transaction(self._redis) as pipe:
                # Every step writes the head, so that watching it covers all the rest.
                pipe.watch(HEAD)  # type: ignore[no-untyped-call]
                head = rows.read_published(pipe.get(HEAD))
                expected = signature.expected_version
                if expected is not None and expected != head.version:
                    raise Conflict(expected, head.version)
                step = changes(pipe)
                difference, before = compare(pipe, step)
                if signature.dry_run:
                    return head.version, difference
                if not difference:
                    # What an earlier push left unconfirmed is not acknowledged by repeating it.
                    if head.version:
                        self._confirm(head)
                    return head.version, difference
                if not signature.confirm:
                    check_share(difference, head.cases)
                published = queue(pipe, head, step, difference, before, signature)
                if not execute(pipe):
                    continue  # somebody else was faster; with an expected version: Conflict
            self._confirm(published)
            return published.version, difference
        raise Unavailable("too many editors publish at this moment; nothing was changed, try again")

    def _confirm(self, published: Published) -> None:
        """Wait until a replica has it, where there are replicas."""
        version, mark = published.version, published.mark
        self._replicas.confirm(
            lambda pipe: pipe.hget(LOG, str(version)),
            lambda entry: rows.read_log(version, entry)[1] == mark,
        )
