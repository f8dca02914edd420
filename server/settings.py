"""The one table of settings, read once; start-up names every bad value at once.

A flag wins over the environment, the environment over the default. No other module reads
the environment.
"""

from __future__ import annotations

import difflib
import ipaddress
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import platformdirs

from matcher.weights import ENCODER_FILE, MODEL_FOLDER
from server.address import check_address
from server.errors import SettingsError

PREFIX: Final = "CLAIMLIGHT_"
MAX_WORKERS: Final = 256
CHARS_A_MINUTE: Final = 1_000_000
"""Eighty whole pages of 100 sentences; a reader's browser, which asks the local filter first,
sends a tenth of a page."""
TOKEN_MATCH_CHARS_A_MINUTE: Final = 10_000_000
"""Of one that checks text for many readers: ten clients' worth."""
MOST_CHARS_A_MINUTE: Final = 10**9 - 1
_CHECKOUT: Final = Path(__file__).resolve().parent.parent

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class LogFormat(StrEnum):
    """How a line of the log is written."""

    TEXT = "text"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Settings:
    """What the operator has decided; the table below says what each one means."""

    host: str
    port: int
    workers: int
    redis_url: str | None
    data_dir: Path
    starter_cases: Path | None
    encoder: Path | None
    cors_origins: tuple[str, ...]
    trusted_proxies: tuple[Network, ...]
    access_log: bool
    log_format: LogFormat
    metrics: tuple[str, int] | None
    chars_a_minute: int | None
    token_chars_a_minute: int
    token_match_chars_a_minute: int
    server: str | None
    token: str | None

    @property
    def client_chars_a_minute(self) -> int:
        """Characters a minute of one client; 0: no limit.

        By default there is one as soon as others than this machine's users can be clients.
        """
        if self.chars_a_minute is not None:
            return self.chars_a_minute
        exposed = bool(self.trusted_proxies) or not _loopback(self.host)
        return CHARS_A_MINUTE if exposed else 0


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the table.

    Attributes
    ----------
    name
        of the field of ``Settings``; ``CLAIMLIGHT_`` and the name in capitals in the
        environment, ``--`` and dashes as a flag.
    default
        as a person would write it; called where it depends on the machine.
    parse
        from text to value; raises ValueError with the values allowed.
    help
        one sentence.
    empty
        whether an empty text means "none of it"; elsewhere it means the default.
    """

    name: str
    default: str | Callable[[], str]
    parse: Callable[[str], Any]
    help: str
    empty: bool = False

    @property
    def variable(self) -> str:
        """Its name in the environment."""
        return PREFIX + self.name.upper()

    @property
    def flag(self) -> str:
        """Its name on the command line."""
        return "--" + self.name.replace("_", "-")

    def default_text(self) -> str:
        """Return the default on this machine."""
        return self.default if isinstance(self.default, str) else self.default()


def _cores() -> str:
    return str(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count())


def _data_dir() -> str:
    return platformdirs.user_data_dir("claimlight", appauthor=False)


def _starter_cases() -> str:
    folder = _CHECKOUT / "data" / "cases"
    return str(folder) if folder.is_dir() else ""


def _host(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9.:_-]{1,253}", text):
        raise ValueError("an address such as 127.0.0.1, ::1 or a host name")
    return text


def _whole(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", text) or not low <= int(text) <= high:
            raise ValueError(f"a whole number from {low} to {high}")
        return int(text)

    return parse


def _redis_url(text: str) -> str | None:
    if not text:
        return None
    check_address(text)
    return text


def _folder(text: str) -> Path:
    return Path(text).expanduser().absolute()


def _existing(text: str) -> Path | None:
    if not text:
        return None
    path = _folder(text)
    if not path.exists():
        raise ValueError("a file or folder of cases that exists, or nothing for none")
    return path


def _encoder(text: str) -> Path | None:
    if text == "none":
        return None
    path = MODEL_FOLDER if text == "shipped" else _folder(text)
    if not (path / ENCODER_FILE).is_file():
        raise ValueError(f"'shipped', 'none', or a folder that holds {ENCODER_FILE}")
    return path


def _origins(text: str) -> tuple[str, ...]:
    origins = tuple(re.split(r"[\s,]+", text.strip())) if text.strip() else ()
    for origin in origins:
        if origin.startswith("^"):
            try:
                re.compile(origin)
            except re.error as error:
                raise ValueError(f"regular expressions that compile ({error})") from error
        elif not re.fullmatch(r"(https?|chrome-extension|moz-extension)://[^/\s*]+", origin):
            raise ValueError(
                "origins such as https://example.org or chrome-extension://…, or regular "
                "expressions that begin with ^, separated by commas; never *"
            )
    return origins


def _networks(text: str) -> tuple[Network, ...]:
    words = [word for word in re.split(r"[\s,]+", text) if word]
    try:
        return tuple(ipaddress.ip_network(word) for word in words)
    except ValueError as error:
        raise ValueError("addresses or networks such as 10.0.0.0/8, separated by commas") from error


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _chars(text: str) -> int | None:
    return None if text == "auto" else _whole(0, MOST_CHARS_A_MINUTE)(text)


def _bind(text: str) -> tuple[str, int] | None:
    if not text:
        return None
    host, _, port = text.rpartition(":")
    try:
        return _host(host.removeprefix("[").removesuffix("]")), _whole(1, 65_535)(port)
    except ValueError as error:
        raise ValueError("an address with a port, such as 127.0.0.1:9321 or [::1]:9321") from error


def _log_format(text: str) -> LogFormat:
    if text not in list(LogFormat):
        raise ValueError("text or json")
    return LogFormat(text)


def _yes_or_no(text: str) -> bool:
    if text.lower() not in {"yes", "no", "true", "false", "1", "0"}:
        raise ValueError("yes or no")
    return text.lower() in {"yes", "true", "1"}


def _server(text: str) -> str | None:
    if not text:
        return None
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("an address such as http://127.0.0.1:8321 or https://claims.example.org")
    _ = parts.port
    return text.rstrip("/")


def _token(text: str) -> str | None:
    if text and not re.fullmatch(r"[\x21-\x7e]{1,512}", text):
        raise ValueError("a token as `claimlight token create` showed it, without spaces")
    return text or None


# The extension's id in Chrome follows from the key in extension/wxt.config.ts; Firefox draws a
# UUID for each installation.
_EXTENSIONS: Final = (
    "chrome-extension://kaenpbplagdbdoalinhnmdnnoofdpepn,^moz-extension://[0-9a-f-]{36}$"
)

TABLE: Final[tuple[Setting, ...]] = (
    Setting("host", "127.0.0.1", _host, "Address to listen on."),
    Setting("port", "8321", _whole(0, 65_535), "TCP port to listen on; 0 takes a free one."),
    Setting("workers", _cores, _whole(1, MAX_WORKERS), "Worker processes, as many as cores."),
    Setting("redis_url", "", _redis_url, "Redis to use; none: a private one in the data folder."),
    Setting("data_dir", _data_dir, _folder, "Folder of the private Redis and of the snapshots."),
    Setting(
        "starter_cases",
        _starter_cases,
        _existing,
        "Cases loaded into an empty store; empty: none.",
        empty=True,
    ),
    Setting(
        "encoder",
        "shipped",
        _encoder,
        "Folder of the models that compare by meaning (encoder.onnx, vocab.txt, and pairs.onnx); "
        "shipped: the engine's own; none: words alone decide.",
    ),
    Setting(
        "cors_origins",
        _EXTENSIONS,
        _origins,
        "Origins whose pages may send text, separated by commas; those beginning with ^ are "
        "regular expressions.",
        empty=True,
    ),
    Setting(
        "trusted_proxies", "", _networks, "Proxies whose X-Forwarded-For is believed, by address."
    ),
    Setting("access_log", "no", _yes_or_no, "Log a line for each request: no text, no address."),
    Setting(
        "log_format",
        "text",
        _log_format,
        "How the log is written: text for people, json for programs, an object a line.",
    ),
    Setting(
        "metrics", "", _bind, "Address and port that tell metrics to Prometheus; none: not told."
    ),
    Setting(
        "chars_a_minute",
        "auto",
        _chars,
        "Characters that one client (an IPv4 address, an IPv6 /64) may send a minute; 0: no limit; "
        f"auto: {CHARS_A_MINUTE:,}, or none where only this machine can reach the service.",
    ),
    Setting(
        "token_chars_a_minute",
        "200000000",
        _whole(0, MOST_CHARS_A_MINUTE),
        "Characters that may be pushed with one token a minute; 0: no limit.",
    ),
    Setting(
        "token_match_chars_a_minute",
        str(TOKEN_MATCH_CHARS_A_MINUTE),
        _whole(0, MOST_CHARS_A_MINUTE),
        "Characters that may be matched with one token a minute, whatever address it is shown "
        "from; 0: no limit.",
    ),
    Setting("server", "", _server, "The service that the command line speaks to."),
    Setting("token", "", _token, "The token that the command line shows to the service."),
)

_SECRET: Final = {"token", "redis_url"}


def from_environment(environ: Mapping[str, str], **flags: str | None) -> Settings:
    """Return the settings of this run.

    Parameters
    ----------
    environ
        usually ``os.environ``; only names that begin with ``CLAIMLIGHT_`` are read.
    **flags
        by name of the setting; None: not given.

    Raises
    ------
    SettingsError
        naming every bad value, where it came from, and what is allowed there.
    """
    values: dict[str, Any] = {}
    problems: list[str] = []
    for setting in TABLE:
        flag = flags.get(setting.name)
        text = flag if flag is not None else environ.get(setting.variable)
        if text is None or (not text.strip() and not setting.empty):
            text = setting.default_text()
        try:
            values[setting.name] = setting.parse(text.strip())
        except ValueError as error:
            source = setting.flag if flag is not None else setting.variable
            shown = "…" if setting.name in _SECRET else repr(text[:80])
            problems.append(f"{source} is {shown}, but must be {error}")
    if problems:
        raise SettingsError(problems)
    return Settings(**values)


def unknown_names(environ: Mapping[str, str]) -> list[str]:
    """Return a sentence for each ``CLAIMLIGHT_*`` variable that nobody reads.

    It names the nearest setting. A warning and not an error: Kubernetes, for one, sets
    ``CLAIMLIGHT_SERVICE_HOST`` and the like for every service of that name.
    """
    known = [setting.variable for setting in TABLE]
    sentences = []
    for name in sorted(environ):
        if name.startswith(PREFIX) and name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.75)
            hint = f"; did you mean {near[0]}?" if near else ""
            sentences.append(f"{name} is not a setting of Claimlight and is ignored{hint}")
    return sentences


if {field.name for field in fields(Settings)} != {setting.name for setting in TABLE}:
    raise AssertionError("the table and the fields of Settings differ")
