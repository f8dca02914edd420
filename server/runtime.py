"""A running service: the private Redis, the starter cases, gunicorn's workers, their ends.

The master process holds the data folder and the private Redis; it answers nothing itself.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import socket
import stat
import struct
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter

from matcher.case import Case
from matcher.semantic import Semantic
from matcher.vectors import KnownVectors
from server import logs, metrics
from server.allowance import Allowances
from server.app import create_app
from server.compiler import CompilerProcess
from server.embedded import Embedded
from server.errors import Conflict, SettingsError, StoreError
from server.folder import DataFolder
from server.formats import FormatError, Rejected, read
from server.live import Live
from server.logs import ServiceLog
from server.preload import preload
from server.settings import Settings
from server.snapshots import Current, Snapshots
from server.store import Role, Store
from server.worker import Worker

THREADS: Final = 32
"""Requests that a worker takes at a time: those that ``gate`` lets in or has waiting, and room for
probes, and for bodies that come slowly."""
SILENT_S: Final = 5
"""How long a client may be silent within a request: as gunicorn has it before one."""
FIRST_INDEX_S: Final = 5.0
"""How long a new worker waits for its index before it takes requests; then it answers 503."""
GRACEFUL_S: Final = 10
BACKLOG: Final = 2048
OWNER: Final = "local owner"
STARTER: Final = "starter cases"
_CASE_FILES: Final = {".jsonl", ".json", ".csv"}

log = logging.getLogger("gunicorn.error")

Tell = Callable[[str], None]
"""Shows the operator a sentence."""


def serve(settings: Settings, *, ready: Callable[[str, Current], None], tell: Tell) -> None:
    """Run the service until it is told to stop; ends with SystemExit as gunicorn does.

    Parameters
    ----------
    settings
        what the operator has decided.
    ready
        called once, in the first worker that has an index, with the service's address.
    tell
        shows what the operator should know of.

    Raises
    ------
    ServiceError
        where it cannot start: the port or the data folder is taken, there is no Redis.
    """
    master = os.getpid()
    # All of it is taken before anything is written: the port first, since it fails most often.
    with (
        bind(settings.host, settings.port) as listener,
        _bind_metrics(settings) as measured,
        DataFolder(settings.data_dir) as folder,
    ):
        embedded = None if settings.redis_url else Embedded(folder.redis)
        try:
            if embedded is not None:
                embedded.start()
            url = settings.redis_url or Embedded(folder.redis).url
            _prepare(settings, url, folder, own=embedded is not None, tell=tell)
            address = address_of(listener)
            folder.announce(address)
            Service(
                settings,
                semantic=preload(settings.encoder, tell=tell),
                listener=listener,
                measured=measured,
                folder=folder,
                embedded=embedded,
                redis_url=url,
                ready=lambda current: ready(address, current),
            ).run()
        finally:
            # A forked worker leaves through here too: nothing of this is its own.
            if embedded is not None and os.getpid() == master:
                embedded.stop()


@contextlib.contextmanager
def bind(host: str, port: int, *, flag: str = "--port") -> Iterator[socket.socket]:
    """Take the address to listen on.

    Raises
    ------
    SettingsError
        naming the address and what stands in the way.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # A client that is silent for so long, within a request, has gone; accepted sockets inherit
        # it. What drips its request in is for the proxy in front to wait for.
        silent = struct.pack("ll", SILENT_S, 0)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, silent)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, silent)
        listener.bind(address)
        listener.listen(BACKLOG)  # only now nobody else can have it
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        problem = f"cannot listen on {host} port {port}: {reason}; {_way_out(error, flag)}"
        raise SettingsError([problem]) from error
    with listener:
        yield listener


def _way_out(error: OSError, flag: str) -> str:
    another = f"choose another with {flag}" + (" (0 takes a free one)" if flag == "--port" else "")
    if error.errno == errno.EADDRINUSE:
        return f"stop what listens there, or {another}"
    if error.errno == errno.EACCES:
        return f"the system keeps the ports below 1024 for root: {another}"
    return f"choose an address of this machine with {'--host' if flag == '--port' else flag}"


@contextlib.contextmanager
def _bind_metrics(settings: Settings) -> Iterator[socket.socket | None]:
    """Take the address that tells metrics, where there is to be one."""
    if settings.metrics is None:
        yield None
        return
    with bind(*settings.metrics, flag="--metrics") as listener:
        metrics.answer_nobody()
        yield listener


def address_of(listener: socket.socket) -> str:
    """Return where a person on this machine reaches a listening socket."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _prepare(settings: Settings, url: str, folder: DataFolder, *, own: bool, tell: Tell) -> None:
    """See to the starter cases and the owner's token, as far as Redis is there."""
    store = Store(url)
    try:
        if own:
            keep_owner_token(store, folder.token)
        if settings.starter_cases is not None and store.published().version == 0:
            load_starter_cases(store, settings.starter_cases, tell)
    except StoreError as error:
        tell(f"{error}; until then the last snapshot is served, if there is one")
    finally:
        store.close()


def load_starter_cases(store: Store, path: Path, tell: Tell) -> None:
    """Publish the cases of a file or folder, unless somebody else has published by now."""
    files = [path]
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if file.suffix in _CASE_FILES)
    cases: dict[str, Case] = {}
    for file in files:
        try:
            for row in read(file):
                if isinstance(row, Rejected):
                    tell(f"{file} line {row.line} is left out: {row.message}")
                else:
                    cases.setdefault(row.id, row)
        except FormatError as error:
            tell(f"{file} is left out: {error}")
    if cases:
        with contextlib.suppress(Conflict):
            store.apply(put=list(cases.values()), who=STARTER, expected_version=0)


def keep_owner_token(store: Store, path: Path) -> None:
    """Keep a token for the command line on this machine, readable by its owner alone."""
    with contextlib.suppress(OSError, UnicodeDecodeError):
        private = stat.S_IMODE(path.stat().st_mode) & 0o077 == 0
        identity = store.tokens.verify(path.read_text().strip())
        if private and identity is not None and identity.role is Role.OWNER:
            return
    store.tokens.revoke(OWNER)
    plain = store.tokens.create(OWNER, Role.OWNER)
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(plain + "\n")


class Service(BaseApplication):
    """The service under gunicorn: one master, several workers, each with its own ``Live``."""

    def __init__(
        self,
        settings: Settings,
        *,
        semantic: Semantic | None,
        listener: socket.socket,
        measured: socket.socket | None,
        folder: DataFolder,
        embedded: Embedded | None,
        redis_url: str,
        ready: Callable[[Current], None],
    ) -> None:
        self._settings = settings
        vectors: KnownVectors | None = None
        if semantic is not None:
            vectors = KnownVectors(semantic.encoder, folder.vectors)
            semantic = replace(semantic, encoder=vectors)
        self._semantic = semantic
        self._listener = listener.detach()  # gunicorn closes it, and nobody else may keep it
        self._metrics = measured
        self._folder = folder
        self._embedded = embedded
        self._redis_url = redis_url
        self._ready = ready
        self._live: Live | None = None
        self._master: _Master | None = None
        # One byte for the first worker that is ready: it is the one that says so.
        self._first, write_end = os.pipe()
        os.set_blocking(self._first, False)
        os.write(write_end, b"1")
        os.close(write_end)
        self._compiler = CompilerProcess(
            redis_url,
            snapshots=folder.snapshots,
            filters=folder.filters,
            vectors=vectors,
            leave=self._leave_to_master,
        )
        super().__init__()

    def load_config(self) -> None:
        """Set gunicorn up; none of its own files or variables are read."""
        ServiceLog.form = self._settings.log_format
        proxies = ",".join(str(network) for network in self._settings.trusted_proxies)
        options: dict[str, Any] = {
            "bind": f"fd://{self._listener}",
            "workers": self._settings.workers,
            "worker_class": Worker,
            "threads": THREADS,
            "timeout": 60,
            "graceful_timeout": GRACEFUL_S,
            "keepalive": 15,
            "forwarded_allow_ips": proxies,
            "control_socket_disable": True,
            "loglevel": "warning",
            "logger_class": ServiceLog,
            "when_ready": self._when_ready,
            "post_fork": self._post_fork,
            "child_exit": self._child_exit,
            "worker_exit": self._worker_exit,
        }
        if Path("/dev/shm").is_dir():  # noqa: S108
            options["worker_tmp_dir"] = "/dev/shm"  # noqa: S108
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """Make the application of one worker; called after the fork."""
        logs.set_up(self._settings.log_format, requests=self._settings.access_log)
        store = Store(self._redis_url)
        snapshots = Snapshots(self._folder.snapshots, semantic=self._semantic)
        self._live = Live(store, snapshots, on_first=self._on_first)
        allowances = Allowances(self._settings, store)
        app = create_app(self._settings, store=store, live=self._live, allowances=allowances)
        # Afterwards: routes and snapshots both parse Python literals, and CPython 3.11 does not
        # do that in two threads at once without now and then a SystemError.
        self._live.start()
        allowances.start()
        if self._metrics is not None:
            metrics.expose(self._metrics)
        self._live.wait(FIRST_INDEX_S)  # until then other workers take the requests
        return app

    def run(self) -> None:
        """Run until told to stop; ends with SystemExit, in the workers as well."""
        master = os.getpid()
        self._master = _Master(self)
        try:
            self._master.run()
        finally:
            if os.getpid() == master:
                self._compiler.stop()

    def tend(self) -> None:
        """Look after the private Redis and the compiler; about once a second, in the master."""
        if self._embedded is not None and self._embedded.tend():
            log.warning("the private Redis ended and is restarted")
        if self._compiler.tend():
            log.warning("the compiler ended and is restarted")

    def _on_first(self, current: Current) -> None:
        with contextlib.suppress(BlockingIOError):
            if os.read(self._first, 1):
                self._ready(current)

    def _when_ready(self, _arbiter: object) -> None:
        self._compiler.start()

    def _leave_to_master(self) -> None:
        logs.set_up(self._settings.log_format, requests=self._settings.access_log)
        self._folder.leave_to_parent()
        # While this process had them, a service that ends would be connected to, for nobody.
        if self._master is not None:
            for listener in self._master.LISTENERS:
                listener.close()
        if self._metrics is not None:
            self._metrics.close()

    def _post_fork(self, _arbiter: object, _worker: object) -> None:
        self._folder.leave_to_parent()

    def _child_exit(self, _arbiter: object, worker: Any) -> None:
        metrics.WORKERS_ENDED.inc()
        metrics.forget(worker.pid)

    def _worker_exit(self, _arbiter: object, worker: Any) -> None:
        if self._live is not None and worker.pid == os.getpid():
            self._live.stop()
            logging.shutdown()
            # Not by way of the libraries' own ends: their threads were left behind in the master.
            os._exit(0)


class _Master(Arbiter):
    """gunicorn's master, which looks after the private Redis as it does after its workers."""

    def __init__(self, service: Service) -> None:
        super().__init__(service)
        self._service = service

    def manage_workers(self) -> None:
        super().manage_workers()
        self._service.tend()

    def handle_usr2(self) -> None:
        """Ignore it: a second master could not have the data folder."""
        log.warning("USR2 is ignored: stop the service and start it again")
