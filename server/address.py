"""Where Redis is: one server, or the Sentinels that know which server is the primary now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

SENTINEL_PORT: Final = 26379
SINGLE: Final = ("redis", "rediss", "unix")
SENTINEL: Final = ("redis+sentinel", "rediss+sentinel")
_FORM: Final = "redis+sentinel://[user:password@]host[:port],host[:port]/service[/database]"
_OPTIONS: Final = frozenset({"sentinel_username", "sentinel_password", "ssl_ca_certs"})


@dataclass(frozen=True, slots=True)
class Sentinels:
    """Several Sentinels, and the service they watch; the form of the addresses is Redis' own.

    Attributes
    ----------
    hosts
        host and port of each Sentinel; one that answers is enough.
    service
        the name that the Sentinels know the primary by.
    username, password
        for Redis itself.
    tls
        whether Redis and the Sentinels are spoken to by TLS.
    options
        ``sentinel_username``, ``sentinel_password`` and ``ssl_ca_certs``, where given.
    """

    hosts: tuple[tuple[str, int], ...]
    service: str
    database: int
    username: str | None
    password: str | None
    tls: bool
    options: dict[str, str]


def sentinels(url: str) -> Sentinels | None:
    """Return the Sentinels of an address; None where it names a single server.

    >>> found = sentinels("redis+sentinel://:secret@a,[::1]:5000/claimlight/2")
    >>> found.hosts, found.service, found.database, found.password
    ((('a', 26379), ('::1', 5000)), 'claimlight', 2, 'secret')
    >>> sentinels("redis://a") is None
    True

    Raises
    ------
    ValueError
        with the form expected.
    """
    scheme = url.partition("://")[0]
    if scheme not in SENTINEL:
        return None
    parts = urlsplit(url)
    user, _, hosts = parts.netloc.rpartition("@")
    name, _, password = user.partition(":")
    service, _, database = parts.path.strip("/").partition("/")
    options = dict(parse_qsl(parts.query))
    try:
        found = tuple(_host(host) for host in hosts.split(","))
        number = int(database or 0)
    except ValueError as error:
        raise ValueError(f"an address such as {_FORM}") from error
    if not service or "/" in database or not 0 <= number < 2**15:
        raise ValueError(f"an address such as {_FORM}")
    if unknown := sorted(set(options) - _OPTIONS):
        known = ", ".join(sorted(_OPTIONS))
        raise ValueError(f"an address with the options {known} only; found {unknown[0]!r}")
    return Sentinels(
        hosts=found,
        service=unquote(service),
        database=number,
        username=unquote(name) or None,
        password=unquote(password) or None,
        tls=scheme.startswith("rediss"),
        options=options,
    )


def check_address(url: str) -> None:
    """Raise ValueError, with what is allowed, where Redis cannot be at this address."""
    scheme = url.partition("://")[0]  # in small letters, as Redis' library wants it
    if scheme in SENTINEL:
        sentinels(url)
        return
    if scheme not in SINGLE:
        raise ValueError(
            "an address that begins with redis://, rediss://, unix:// or redis+sentinel://"
        )
    parts = urlsplit(url)
    if not (parts.path if scheme == "unix" else parts.hostname):
        raise ValueError("an address with a host, such as redis://host:6379/0")
    _ = parts.port  # raises ValueError where it is no number


def shown(url: str) -> str:
    """Return an address as a person may see it: without user, password and options.

    >>> shown("redis://:secret@cache.example:6379/0")
    'cache.example'
    """
    found = sentinels(url)
    if found is not None:
        hosts = ", ".join(host for host, _ in found.hosts)
        return f"{found.service} by the Sentinels {hosts}"
    parts = urlsplit(url)
    return parts.hostname or parts.path


def _host(text: str) -> tuple[str, int]:
    parts = urlsplit(f"//{text}")
    if not parts.hostname:
        raise ValueError(text)
    return parts.hostname, parts.port or SENTINEL_PORT
