"""Everything that can go wrong on the service's side of the border, in one tree.

::

    ServiceError
    ├── SettingsError          a setting has a value that cannot be used
    ├── FolderError            the data folder cannot be used
    │   └── FolderInUse        another service lives in it
    ├── EmbeddedError          the private Redis cannot be found or does not start
    ├── StoreError
    │   ├── Unavailable        Redis is away; nothing has happened
    │   ├── Unconfirmed        the step may or may not have happened; it is safe to push again
    │   ├── Unreadable         what Redis holds under our names is not ours
    │   ├── Conflict           somebody else has published in between
    │   ├── RevertConflict     a case has changed since the changeset that is to be reverted
    │   ├── UnknownVersion     no changeset has this number
    │   └── NeedsConfirmation  more than a tenth of the cases would change or go
    ├── Unreachable            the command line finds no service
    └── Refused                the service answered the command line with a problem
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class ServiceError(Exception):
    """Base of all errors of this package; its text is fit to be shown to a person."""


class SettingsError(ServiceError):
    """Names every bad value at once.

    Parameters
    ----------
    problems
        one sentence each: the name, the value found, the values allowed.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class FolderError(ServiceError):
    """The data folder cannot be made, read or written."""


class FolderInUse(FolderError):
    """Another service holds the data folder."""


class EmbeddedError(ServiceError):
    """The private Redis cannot be found, or does not start."""


class StoreError(ServiceError):
    """The store could not do what was asked."""


class Unavailable(StoreError):
    """Redis is away, or too slow to wait for. Nothing has been changed."""


class Unconfirmed(StoreError):
    """The answer to a step was lost, or no replica acknowledged it in time.

    The step may or may not have happened; to push again is safe, since an empty difference
    makes no version.
    """


class Unreadable(StoreError):
    """A key of ours in Redis holds something that this program did not write."""


class Conflict(StoreError):
    """The published version is not the one that the editor started from."""

    def __init__(self, expected: int, found: int) -> None:
        self.expected, self.found = expected, found
        super().__init__(
            f"version {found} is published, not version {expected}: somebody else has published "
            "in between; look at the difference and push again"
        )


class RevertConflict(StoreError):
    """Cases of the changeset have changed since; ``ids`` names them all, sorted."""

    def __init__(self, version: int, ids: Sequence[str]) -> None:
        self.version, self.ids = version, tuple(ids)
        shown = ", ".join(self.ids[:5]) + (", …" if len(self.ids) > 5 else "")
        count = "1 case has" if len(self.ids) == 1 else f"{len(self.ids):,} cases have"
        super().__init__(f"{count} changed since version {version}: {shown}; nothing was reverted")


class UnknownVersion(StoreError):
    """No changeset has this number."""

    def __init__(self, version: int) -> None:
        self.version = version
        super().__init__(f"there is no changeset with version {version}")


class NeedsConfirmation(StoreError):
    """More existing cases would change or go than may without being asked; ``share`` in (0, 1]."""

    def __init__(self, share: float, limit: float) -> None:
        self.share, self.limit = share, limit
        super().__init__(
            f"{share:.0%} of the existing cases would change or go, more than {limit:.0%}: "
            "look at a dry run, then confirm"
        )


class Unreachable(ServiceError):
    """No service answers there."""


class Refused(ServiceError):
    """The service answered with a problem.

    Attributes
    ----------
    status
        the HTTP status.
    problem
        the answer as it came: ``title``, ``detail``, ``errors`` and so on.
    """

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        self.status = status
        self.problem = dict(problem)
        told = problem.get("detail") or problem.get("title") or f"the service answered {status}"
        super().__init__(str(told))
