"""What the store answers with."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from matcher.case import Case


@dataclass(frozen=True, slots=True)
class Published:
    """The published state of the cases.

    Attributes
    ----------
    version
        counts the changesets; 0: nothing has been published yet.
    published_at
        in UTC; None for version 0.
    cases
        how many there are.
    mark
        drawn at random for each publication: after a restore the same version number can
        come back with other cases, the same mark cannot. Empty for version 0.
    """

    version: int
    published_at: dt.datetime | None
    cases: int
    mark: str


NOTHING: Final = Published(0, None, 0, "")


@dataclass(frozen=True, slots=True)
class Difference:
    """What a changeset does to the cases, as ids in the order given.

    ``unknown`` are ids to be retracted that never were published.
    """

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    retracted: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether there is anything to publish."""
        return bool(self.added or self.changed or self.retracted)


@dataclass(frozen=True, slots=True)
class Changeset:
    """One atomic push by an editor.

    ``before`` and ``after`` hold each touched case, None where it was not there; they are
    empty in a list of changesets.
    """

    version: int
    who: str
    when: dt.datetime
    note: str | None
    difference: Difference
    before: Mapping[str, Case | None] = field(default_factory=dict)
    after: Mapping[str, Case | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Retraction:
    """That a case was taken back, when (UTC) and why."""

    case_id: str
    when: dt.datetime
    note: str | None


class Contents(NamedTuple):
    """Everything published, in one consistent piece, sorted by id.

    ``unreadable`` are the ids of rows that hold no valid case; they are left out.
    """

    published: Published
    cases: list[Case]
    unreadable: tuple[str, ...]


class Update(NamedTuple):
    """What has changed since another publication; ``gone`` and ``unreadable`` are ids."""

    published: Published
    put: list[Case]
    gone: tuple[str, ...]
    unreadable: tuple[str, ...]
