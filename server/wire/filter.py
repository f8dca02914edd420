"""The local filter and the pack: what browsers ask for, and the list of the pack's parts."""

from __future__ import annotations

from pydantic import Field

from server.wire.base import Answer, Request


class FilterQuery(Request):
    """Which filter the client has; what it gets back is bytes (docs/filter.md)."""

    since: int | None = Field(
        None, ge=0, lt=2**32, description="version of the client's filter; absent: none"
    )


class PackAnswer(Answer):
    """The offline pack: the names of its parts, each to be had at ``/v1/pack/{name}``."""

    format: int = Field(description="of list and parts; a client that knows it not shows nothing")
    version: int
    digest: str = Field(description="SHA-256 of the names of rule and parts, one a line")
    cases: int
    min_wait_s: int
    rule: str = Field(description="name of the part that holds the rule and the cues")
    parts: list[str] = Field(description="names of the parts, each some of the cases")
