"""Editors' tokens: drawn at random, shown once; Redis keeps only their SHA-256.

A digest without salt is enough here: 256 random bits cannot be guessed from it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import redis
from pydantic import AwareDatetime, Field

from server.store.connection import guarded
from server.store.rows import StoredRow

_TOKENS: Final = "claimlight:tokens"
_PREFIX: Final = "claimlight_"
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

    def __init__(self, client: redis.Redis) -> None:
        self._redis = client

    def create(self, name: str, role: Role, *, expires: dt.datetime | None = None) -> str:
        """Make a token and return it, this one time.

        Raises
        ------
        ValueError
            where the name is taken or not fit to be shown, or the date is past.
        """
        if not re.fullmatch(rf"\S[^\x00-\x1f\x7f]{{0,{MAX_NAME_CHARS - 1}}}", name):
            raise ValueError(f"a name has 1 to {MAX_NAME_CHARS} characters, without line breaks")
        if expires is not None and expires <= dt.datetime.now(dt.UTC):
            raise ValueError(f"the token would have expired already, at {expires.isoformat()}")
        plain = _PREFIX + secrets.token_urlsafe(32)
        row = {
            "role": role.value,
            "created": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            "expires": expires.astimezone(dt.UTC).isoformat() if expires else None,
            "sha256": _sha256(plain),
        }
        with guarded():
            if not self._redis.hsetnx(_TOKENS, name, json.dumps(row)):
                raise ValueError(f"there is a token named {name!r} already; revoke it first")
        return plain

    def list(self) -> list[Token]:
        """Return all of them, expired ones too, by name; rows that cannot be read are left out."""
        with guarded():
            rows = self._redis.hgetall(_TOKENS)
        found = (_token(name, row) for name, row in sorted(rows.items()))
        return [token for token in found if token is not None]

    def revoke(self, name: str) -> bool:
        """Make a token worthless at once; False where there is none of that name."""
        with guarded():
            return bool(self._redis.hdel(_TOKENS, name))

    def verify(self, plain: str) -> Identity | None:
        """Return who shows this token; None where it is unknown, revoked or expired."""
        return whose(plain, self.list())


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
