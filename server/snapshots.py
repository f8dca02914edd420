"""The snapshots that the processes of a machine share: a folder each, written once.

The compiler writes them, and why one could not be made; the workers read.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from pydantic import AwareDatetime, BaseModel

from matcher.errors import SnapshotError
from matcher.index import Index
from matcher.semantic import Semantic
from server.store import Published, Update

KEPT: Final = 2
_PUBLISHED: Final = "published.json"
_FAILED: Final = "failed.json"
_MAKING: Final = "making.json"
_CUT_OFF: Final = (
    "its compiler was ended at work, as the kernel does where memory is short; it is tried again"
)
_UNFIT: Final = (SnapshotError, OSError, ValueError, LookupError, TypeError)


class _Told(BaseModel):
    """The publication that a snapshot is of."""

    version: int
    mark: str
    published_at: AwareDatetime | None
    unreadable: tuple[str, ...]


class _Failure(BaseModel):
    """Why there is no snapshot of a publication."""

    mark: str
    reason: str


@dataclass(frozen=True, slots=True)
class Current:
    """An index and the publication it was built from.

    ``stale`` while nobody knows whether something newer has been published; ``unreadable`` are
    ids of cases in Redis that had to be left out. ``base`` is the mark of the snapshot beside
    which later changes stand; None where all of it is compiled.
    """

    index: Index
    version: int
    mark: str
    published_at: dt.datetime | None
    stale: bool
    unreadable: tuple[str, ...] = ()
    base: str | None = None

    @property
    def published(self) -> Published:
        """The publication, as the store tells of it."""
        return Published(self.version, self.published_at, len(self.index), self.mark)

    def followed_by(self, update: Update, index: Index) -> Current:
        """The next one, whose index holds what has changed since."""
        mended = {*update.gone, *(case.id for case in update.put)}
        return Current(
            index=index,
            version=update.published.version,
            mark=update.published.mark,
            published_at=update.published.published_at,
            stale=False,
            unreadable=tuple(sorted({*self.unreadable} - mended | {*update.unreadable})),
            base=None if index.whole else self.base or self.mark,
        )


class Snapshots:
    """The folder of snapshots; it must exist.

    Those of another release's engine are passed over.
    """

    def __init__(self, folder: Path, *, semantic: Semantic | None = None) -> None:
        self.folder = folder
        self._semantic = semantic

    def has(self, published: Published) -> bool:
        """Whether there is one of this publication, readable or not."""
        return self._path(published.version, published.mark).is_dir()

    def load(self, published: Published) -> Current | None:
        """Map the snapshot of a publication; None where it is not there.

        Raises
        ------
        SnapshotError
            naming it, where it is damaged; it is out of the way then.
        """
        path = self._path(published.version, published.mark)
        if not path.is_dir():
            return None
        try:
            return self._read(path, stale=False)
        except _UNFIT as error:
            shutil.rmtree(path, ignore_errors=True)
            raise SnapshotError(f"the snapshot {path.name} is unreadable: {error}") from error

    def newest(self, *, other_than: str | None = None) -> Current | None:
        """Map the newest readable snapshot, marked stale; None where it has that mark."""
        for path in self._newest_first():
            if path.name.endswith(f"-{_engine()}"):
                if path.name.split("-")[1] == other_than:
                    return None
                with contextlib.suppress(*_UNFIT):
                    return self._read(path, stale=True)
        return None

    def save(self, current: Current) -> Current:
        """Write a snapshot, drop old ones, and return the same index, mapped.

        Raises
        ------
        SnapshotError
            where the disk refuses.
        """
        path = self._path(current.version, current.mark)
        draft = self.folder / f".draft-{os.getpid()}"
        told = _Told(
            version=current.version,
            mark=current.mark,
            published_at=current.published_at,
            unreadable=current.unreadable,
        )
        try:
            shutil.rmtree(draft, ignore_errors=True)
            current.index.save(draft / "index")
            (draft / _PUBLISHED).write_text(told.model_dump_json())
            draft.rename(path)
            for old in self._newest_first()[KEPT:]:
                shutil.rmtree(old, ignore_errors=True)  # who has it mapped keeps it
            for left in self.folder.glob(".draft-*"):
                shutil.rmtree(left, ignore_errors=True)
            return self._read(path, stale=False)
        except OSError as error:
            raise SnapshotError(f"the snapshot {path.name} cannot be kept: {error}") from error

    def tell_failure(self, published: Published, reason: str | None) -> None:
        """Let the workers know why there is no index of a publication; None: there is one."""
        with contextlib.suppress(OSError):
            if reason is None:
                (self.folder / _FAILED).unlink(missing_ok=True)
            else:
                self._note(_FAILED, published, reason)

    @contextlib.contextmanager
    def making(self, published: Published) -> Iterator[None]:
        """Note what is made while the block lasts; who is killed within it leaves the note."""
        with contextlib.suppress(OSError):
            self._note(_MAKING, published, _CUT_OFF)
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                (self.folder / _MAKING).unlink(missing_ok=True)

    def tell_cut_off(self) -> None:
        """Let the workers know of what a compiler that has ended was making, if it was."""
        with contextlib.suppress(OSError):
            (self.folder / _MAKING).rename(self.folder / _FAILED)

    def failure(self, published: Published) -> str | None:
        """Why there is no index of a publication, where that has been told."""
        with contextlib.suppress(OSError, ValueError):
            told = _Failure.model_validate_json((self.folder / _FAILED).read_bytes())
            return told.reason if told.mark == published.mark else None
        return None

    def _note(self, name: str, published: Published, reason: str) -> None:
        draft = self.folder / f"{name}-{os.getpid()}"
        told = _Failure(mark=published.mark, reason=reason)
        draft.write_text(told.model_dump_json())
        draft.rename(self.folder / name)

    def _path(self, version: int, mark: str) -> Path:
        return self.folder / f"{version:08d}-{mark or 'empty'}-{_engine()}"

    def _newest_first(self) -> list[Path]:
        return [path for _, _, path in sorted(self._dated(), reverse=True)]

    def _dated(self) -> Iterator[tuple[int, str, Path]]:
        for path in self.folder.glob("[0-9]*-*"):
            with contextlib.suppress(OSError):
                yield path.stat().st_mtime_ns, path.name, path

    def _read(self, path: Path, *, stale: bool) -> Current:
        told = _Told.model_validate_json((path / _PUBLISHED).read_bytes())
        return Current(
            index=Index.load(path / "index", semantic=self._semantic),
            version=told.version,
            mark=told.mark,
            published_at=told.published_at,
            stale=stale,
            unreadable=told.unreadable,
        )


@cache
def _engine() -> str:
    """A fingerprint of this release's engine: another one must not read its snapshots."""
    return Index.build(()).digest[:8]
