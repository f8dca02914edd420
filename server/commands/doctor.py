"""``claimlight doctor``: what is wrong, and what to do about it."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import shutil
import socket
import uuid
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

import click
from rich.markup import escape

from server.address import shown
from server.client import Client
from server.commands.terminal import (
    EXIT_CODES,
    Exit,
    client_of,
    client_options,
    console,
    leave,
    print_json,
    read_settings,
    speaks,
    table,
)
from server.embedded import find_program, socket_url
from server.errors import Refused, ServiceError
from server.folder import DataFolder
from server.settings import Settings
from server.store import Store

_LEAST_FREE_BYTES: Final = 200 * 1024 * 1024


class State(StrEnum):
    """How a check went; only ``fail`` makes the exit code 1."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was looked at, how it is, and what to do where it is not well."""

    what: str
    state: State
    found: str
    do: str = ""


@click.command(epilog=EXIT_CODES, short_help="Say what is wrong and what to do.")
@click.option("--redis-url", metavar="URL", help="Redis of the service, if not its own.")
@client_options
@speaks
def doctor(
    *, redis_url: str | None, server: str | None, data_dir: str | None, as_json: bool
) -> None:
    """Check data folder, Redis, address, index, token and browsers; exit code 1 if one fails.

    Give it the same settings as the service.
    """
    settings = read_settings(server=server, data_dir=data_dir, redis_url=redis_url)
    findings = list(examine(settings))
    if as_json:
        print_json({"findings": [asdict(finding) for finding in findings]})
    else:
        _show(findings)
    if any(finding.state is State.FAIL for finding in findings):
        leave(Exit.FAILED)


def examine(settings: Settings) -> Iterator[Finding]:
    """Yield one finding after the other; never raises."""
    client = client_of(settings)
    checks: tuple[tuple[str, Callable[[], Iterator[Finding]]], ...] = (
        ("data folder", lambda: _data_folder(settings)),
        ("redis", lambda: _redis(settings)),
        ("address", lambda: _address(settings, client)),
        ("index", lambda: _index(client)),
        ("token", lambda: _token(client)),
        ("browsers", lambda: _browsers(settings, client)),
    )
    for what, check in checks:
        try:
            for finding in check():
                yield finding
                if what == "address" and finding.state is State.FAIL:
                    return  # all the rest would only say the same
        except (ServiceError, OSError, ValueError, KeyError, TypeError) as error:
            yield Finding(what, State.FAIL, f"{type(error).__name__}: {error}"[:300])


def _data_folder(settings: Settings) -> Iterator[Finding]:
    what, path = "data folder", settings.data_dir
    tenant = DataFolder(path).tenant()
    nearest = next(parent for parent in (path, *path.parents) if parent.exists())
    if not os.access(nearest, os.W_OK):
        yield Finding(
            what,
            State.FAIL,
            f"{nearest} cannot be written by this user",
            "change its owner, or choose another with CLAIMLIGHT_DATA_DIR",
        )
        return
    free = shutil.disk_usage(nearest).free
    if free < _LEAST_FREE_BYTES:
        yield Finding(
            what,
            State.WARN,
            f"{path}: only {free // 2**20} MiB are free",
            "make room: Redis stops where it cannot write",
        )
        return
    if path.exists() and path.stat().st_mode & 0o077:
        yield Finding(what, State.WARN, f"{path} can be read by other users", f"chmod 700 {path}")
        return
    who = "nobody uses it now" if tenant is None else f"in use by process {tenant.pid}"
    yield Finding(what, State.OK, f"{path}, {who}")


def _redis(settings: Settings) -> Iterator[Finding]:
    what = "redis"
    folder = DataFolder(settings.data_dir)
    if settings.redis_url is None:
        try:
            program = find_program()
        except ServiceError as error:
            yield Finding(what, State.FAIL, str(error))
            return
        if folder.tenant() is None:
            yield Finding(what, State.OK, f"private, starts with the service: {program}")
            return
        url, name = socket_url(folder.redis), f"private, {program}"
    else:
        url, name = settings.redis_url, shown(settings.redis_url)
    store = Store(url)
    try:
        published = store.published()
        unreadable = store.contents().unreadable
    except ServiceError as error:
        yield Finding(
            what,
            State.FAIL,
            f"{name}: {error}",
            "start it, or correct CLAIMLIGHT_REDIS_URL"
            if settings.redis_url
            else f"it comes back by itself; if not, look into {folder.redis / 'redis.log'}",
        )
        return
    finally:
        with contextlib.suppress(ServiceError):
            store.close()
    if unreadable:
        yield Finding(
            what,
            State.WARN,
            f"{name}: {len(unreadable)} case(s) are unreadable: {', '.join(unreadable[:3])}",
            "push these cases again",
        )
    else:
        state = f"version {published.version}, {published.cases:,} cases"
        yield Finding(what, State.OK, f"{name}: {state}")


def _address(settings: Settings, client: Client) -> Iterator[Finding]:
    what = "address"
    try:
        status, headers, _ = client.exchange("GET", "/healthz")
    except ServiceError as error:
        busy = _occupied(settings.host, settings.port)
        do = "start it with `claimlight serve`"
        if busy:
            do = f"something else listens on port {settings.port}: stop it, or choose --port"
        found, _, _ = str(error).partition("; ")  # the advice is its own
        yield Finding(what, State.FAIL, found, do)
        return
    if status != 200 or "json" not in headers.get("Content-Type", ""):
        yield Finding(
            what,
            State.FAIL,
            f"what answers at {client.server} is not Claimlight (status {status})",
            "choose another port with --port, or name the service with CLAIMLIGHT_SERVER",
        )
        return
    parts = urlsplit(client.server)
    if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
        yield Finding(
            what,
            State.WARN,
            f"{client.server} answers, without encryption",
            "put TLS in front of it: browsers send text to it, and editors their tokens",
        )
        return
    yield Finding(what, State.OK, f"{client.server} answers")


def _index(client: Client) -> Iterator[Finding]:
    what = "index"
    try:
        ready = client.get("/readyz")
    except Refused as error:
        yield Finding(what, State.FAIL, str(error), "wait a moment; then see its log")
        return
    index = client.get("/v1/index")
    counts = f"version {index['version']}, {index['cases']:,} cases, {index['claims']:,} wordings"
    languages = ", ".join(f"{name} {count:,}" for name, count in index["languages"].items())
    if ready["problems"] or index["stale"]:
        problems = "; ".join(ready["problems"]) or "Redis is away"
        yield Finding(what, State.WARN, f"{counts}, stale: {problems}", "see the line on redis")
    elif not index["cases"]:
        yield Finding(what, State.WARN, "it holds no case", "push some: `claimlight push FILE`")
    else:
        yield Finding(what, State.OK, f"{counts} ({languages})")
    encoder = index["encoder"]
    if encoder:
        yield Finding("encoder", State.OK, encoder)
    else:
        yield Finding(
            "encoder",
            State.WARN,
            "none: words alone decide, which finds less and marks more wrongly",
            "set CLAIMLIGHT_ENCODER to 'shipped', and look for its files in the service's log",
        )


def _token(client: Client) -> Iterator[Finding]:
    what = "token"
    if client.token is None:
        yield Finding(
            what,
            State.WARN,
            "none: this command line can read, but not publish",
            "`claimlight token create` beside the service, then set CLAIMLIGHT_TOKEN",
        )
        return
    try:
        client.get("/v1/changes", {"page_size": 1})
    except Refused as error:
        yield Finding(what, State.FAIL, str(error), "make another with `claimlight token create`")
        return
    yield Finding(what, State.OK, "the service knows it")


def _browsers(settings: Settings, client: Client) -> Iterator[Finding]:
    """Ask as the extension's background would: with its origin, and a JSON body to come."""
    chrome = [origin for origin in settings.cors_origins if origin.startswith("chrome-ext")]
    origins = {"Firefox": f"moz-extension://{uuid.uuid4()}", "Chrome": next(iter(chrome), "")}
    for browser, origin in sorted(origins.items()):
        if not origin:
            continue
        allowed = _preflight(client, origin)
        if allowed == origin:
            yield Finding(browser.lower(), State.OK, "the extension may send sentences")
        else:
            yield Finding(
                browser.lower(),
                State.FAIL,
                f"the service does not let the extension in ({origin})",
                "add its origin to CLAIMLIGHT_CORS_ORIGINS and start the service again",
            )
    if not chrome:
        yield Finding(
            "chrome",
            State.WARN,
            "no Chrome extension is named in CLAIMLIGHT_CORS_ORIGINS",
            "add chrome-extension://ID as chrome://extensions shows it",
        )


def _preflight(client: Client, origin: str) -> str | None:
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }
    status, answered, _ = client.exchange("OPTIONS", "/v1/match", headers=headers)
    found = {name.lower(): value for name, value in answered.items()}
    return found.get("access-control-allow-origin") if 200 <= status < 300 else None


def _occupied(host: str, port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection((host, port), timeout=1):
        return True
    return False


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _show(findings: list[Finding]) -> None:
    colours = {State.OK: "green", State.WARN: "yellow", State.FAIL: "red"}
    made = table("", "", "")
    made.show_header = False
    for finding in findings:
        state = f"[{colours[finding.state]}]{finding.state}[/]"
        told = escape(finding.found) + (f"\n[bold]→ {escape(finding.do)}[/]" if finding.do else "")
        made.add_row(state, finding.what, told)
    console.print(made)
