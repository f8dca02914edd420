"""Editors' tokens: drawn at random, shown once; Redis keeps only their SHA-256.

A digest without salt is enough here: 256 random bits cannot be guessed from it.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import redis
from pydantic import AwareDatetime, Field

from server.errors import Unavailable, Unconfirmed
from server.store.connection import guarded, transaction
from server.store.replicas import Replicas
from server.store.rows import StoredRow
from server.store.step import execute

_TOKENS: Final = "claimlight:tokens"
_PREFIX: Final = "claimlight_"
_MAX_ATTEMPTS: Final = 20
MAX_NAME_CHARS: Final = 100


class Role(StrEnum):
    """What a token is good for; each one may do what those above it may."""

    VIEWER = "viewer"  # reads history and exports
    EDITOR = "editor"  # publishes and reverts
    OWNER = "owner"  # makes and revokes tokens


class _Row(StoredRow):
    role: Role
    created: AwareDatetime
    expires: AwareDatetime | None
    sha256: str = Field(pattern="^[0-9a-f]{64}$")


@dataclass(frozen=True, slots=True)
class Identity:
    """Who shows a token."""

    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it is listed, without its secret; dates in UTC, ``expires`` None: never."""

    name: str
    role: Role
    created: dt.datetime
    expires: dt.datetime | None
    sha256: str

    @property
    def expired(self) -> bool:
        """Whether its time is over."""
        return self.expires is not None and self.expires <= dt.datetime.now(dt.UTC)


class Tokens:
    """The tokens of one store; ``Store.tokens``."""

    def __init__(self, client: redis.Redis, replicas: Replicas) -> None:
        self._redis = client
        self._replicas = replicas

    def create(self, name: str, role: Role, *, expires: dt.datetime | None = None) -> str:
        """Make a token and return it, this one time.

        Raises
        ------
        ValueError
            where the name is taken or not fit to be shown, or the date is past.
        Unconfirmed
            it may have been made: revoke it, and make it again.
        """
        if not re.fullmatch(rf"\S[^\x00-\x1f\x7f]{{0,{MAX_NAME_CHARS - 1}}}", name):
            raise ValueError(f"a name has 1 to {MAX_NAME_CHARS} characters, without line breaks")
        if expires is not None and expires <= dt.datetime.now(dt.UTC):
            raise ValueError(f"the token would have expired already, at {expires.isoformat()}")
        plain = _PREFIX + secrets.token_urlsafe(32)
        row = json.dumps(
            {
                "role": role.value,
                "created": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
                "expires": expires.astimezone(dt.UTC).isoformat() if expires else None,
                "sha256": _sha256(plain),
            }
        )
        with _unsure(f"the token {name!r} is made: revoke it, and make it again"):
            if not self._change(name, row):
                raise ValueError(f"there is a token named {name!r} already; revoke it first")
            self._confirm(name, row)
        return plain

    def list(self) -> list[Token]:
        """Return all of them, expired ones too, by name; rows that cannot be read are left out."""
        with guarded():
            rows = self._redis.hgetall(_TOKENS)
        found = (_token(name, row) for name, row in sorted(rows.items()))
        return [token for token in found if token is not None]

    def revoke(self, name: str) -> bool:
        """Make a token worthless at once; False where there is none of that name.

        Raises
        ------
        Unconfirmed
            it may be good still, or again after a failover: revoke it again.
        """
        told = f"the token {name!r} is revoked: it may still be good; revoke it again"
        with _unsure(told):
            gone = self._change(name, None)
            # What an earlier try left unconfirmed is not acknowledged by repeating it.
            self._confirm(name, None)
        return gone

    def verify(self, plain: str) -> Identity | None:
        """Return who shows this token; None where it is unknown, revoked or expired."""
        return whose(plain, self.list())

    def _change(self, name: str, row: str | None) -> bool:
        """Make a token of a row, or revoke it where there is none; False: it is so already."""
        for _ in range(_MAX_ATTEMPTS):
            with guarded(), transaction(self._redis) as pipe:
                pipe.watch(_TOKENS)  # type: ignore[no-untyped-call]
                if bool(pipe.hexists(_TOKENS, name)) == (row is not None):
                    return False
                pipe.multi()
                if row is None:
                    pipe.hdel(_TOKENS, name)
                else:
                    pipe.hset(_TOKENS, name, row)
                if execute(pipe):
                    return True
        raise Unavailable("too many tokens change at this moment; nothing was changed, try again")

    def _confirm(self, name: str, row: str | None) -> None:
        wanted = None if row is None else row.encode()
        self._replicas.confirm(lambda pipe: pipe.hget(_TOKENS, name), lambda found: found == wanted)


@contextlib.contextmanager
def _unsure(told: str) -> Iterator[None]:
    """Say of a token what is not confirmed, and what to do."""
    try:
        yield
    except Unconfirmed as error:
        raise Unconfirmed(f"Redis has not confirmed in time that {told}") from error


def whose(plain: str, tokens: Iterable[Token]) -> Identity | None:
    """Return who of these shows a token; None where it is none of them, or expired."""
    shown = _sha256(plain)
    owner = None
    for token in tokens:  # all of them, so that the time taken tells nothing
        if hmac.compare_digest(token.sha256, shown) and not token.expired:
            owner = Identity(token.name, token.role)
    return owner


def _sha256(plain: str) -> str:
    return hashlib.sha256(plain.encode(errors="replace")).hexdigest()


def _token(name: bytes | str, row: bytes | str) -> Token | None:
    try:
        told = _Row.model_validate_json(row)
        plain = name.decode() if isinstance(name, bytes) else name
    except ValueError:  # of pydantic, or what is no UTF-8
        return None
    return Token(plain, told.role, told.created, told.expires, told.sha256)
