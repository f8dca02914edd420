"""The data folder: one service lives in it at a time, and says where it listens.

The lock is the kernel's (``flock``), so that a crash leaves nothing behind that would be in
the way; what is written in the lock file counts only while the lock is held.
"""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from server.errors import FolderError, FolderInUse


@dataclass(frozen=True, slots=True)
class Tenant:
    """Who lives in a data folder.

    Attributes
    ----------
    pid
        of the service's first process.
    address
        such as ``http://127.0.0.1:8321``; None while it starts, or where it does not listen.
    """

    pid: int
    address: str | None


class DataFolder:
    """A data folder by its path; made, with access for its owner alone, when it is locked."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.redis = path / "redis"
        self.snapshots = path / "snapshots"
        self.filters = path / "filters"
        self.vectors = path / "vectors"
        self.token = path / "owner-token"
        self._lock_file = path / "lock"
        self._lock: int | None = None

    def lock(self) -> None:
        """Take the folder for this process.

        Raises
        ------
        FolderInUse
            naming the folder, the process that holds it and its address.
        FolderError
            where the folder cannot be made or written.
        """
        try:
            for folder in (self.path, self.redis, self.snapshots):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(self._lock_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise FolderError(
                f"the data folder {self.path} cannot be used: {error.strerror}; choose another "
                "with CLAIMLIGHT_DATA_DIR"
            ) from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(handle)
            raise FolderInUse(self._in_use()) from error
        self._lock = handle
        self.announce(None)

    def _in_use(self) -> str:
        tenant = self._read()
        who = "another service" if tenant is None else f"process {tenant.pid}"
        where = f" at {tenant.address}" if tenant and tenant.address else ""
        return (
            f"the data folder {self.path} is in use by {who}{where}; stop it, or give this "
            "service a folder of its own with CLAIMLIGHT_DATA_DIR"
        )

    def announce(self, address: str | None) -> None:
        """Write down who lives here; only for the holder of the lock."""
        if self._lock is None:
            raise FolderError(f"the data folder {self.path} is not locked by this process")
        text = json.dumps({"pid": os.getpid(), "address": address}).encode()
        os.ftruncate(self._lock, 0)
        os.pwrite(self._lock, text, 0)

    def tenant(self) -> Tenant | None:
        """Who lives here now; None: nobody."""
        try:
            handle = os.open(self._lock_file, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return None
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return self._read() or Tenant(0, None)
        finally:
            os.close(handle)
        return None

    def _read(self) -> Tenant | None:
        try:
            told = json.loads(self._lock_file.read_bytes())
            return Tenant(int(told["pid"]), told["address"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def leave_to_parent(self) -> None:
        """Forget the lock in a forked child, so that it ends with its parent and not later."""
        self.unlock()

    def unlock(self) -> None:
        """Give the folder back; a second call does nothing."""
        if self._lock is not None:
            # Only closed: LOCK_UN in a forked child would take the lock from its parent.
            os.close(self._lock)
            self._lock = None

    def __enter__(self) -> Self:
        self.lock()
        return self

    def __exit__(self, *_: object) -> None:
        self.unlock()
