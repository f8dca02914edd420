"""The token that a request shows: ``Authorization: Bearer``."""

from __future__ import annotations

from typing import Final

from flask import request

from server.problems import UNAUTHORIZED, Problem

_CHALLENGE: Final = 'Bearer realm="claimlight"'


def shown_token() -> str | None:
    """Return the token of the request at hand; None where it shows none.

    Raises
    ------
    Problem
        401 where it shows something else.
    """
    shown = request.authorization
    if shown is None and "Authorization" not in request.headers:
        return None
    if shown is None or shown.type != "bearer" or not shown.token:
        raise no_token("something else")
    return shown.token


def no_token(found: str) -> Problem:
    """Return the refusal of a request that shows no token."""
    return Problem(
        UNAUTHORIZED,
        f"Expected Authorization: Bearer TOKEN; found {found}.",
        headers={"WWW-Authenticate": _CHALLENGE},
    )


def bad_token() -> Problem:
    """Return the refusal of a token that is good for nothing."""
    return Problem(
        UNAUTHORIZED,
        "The token is unknown, revoked or expired.",
        headers={"WWW-Authenticate": f'{_CHALLENGE}, error="invalid_token"'},
    )
