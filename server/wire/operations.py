"""What probes are told, and the one form of every error."""

from __future__ import annotations

from typing import Literal

from server.faults import Fault
from server.wire.base import Answer


class Health(Answer):
    """The process answers."""

    status: Literal["ok"] = "ok"


class Readiness(Answer):
    """The service answers readers; ``problems`` tells what it cannot do just now."""

    ready: Literal[True] = True
    version: int
    stale: bool
    problems: tuple[str, ...]


class ProblemAnswer(Answer):
    """Any error: RFC 9457 ``application/problem+json``."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: tuple[Fault, ...]
    ids: tuple[str, ...] = ()
