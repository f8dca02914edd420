"""The local filter: what a browser says of the one it has."""

from __future__ import annotations

from pydantic import Field

from server.wire.base import Request


class FilterQuery(Request):
    """Which filter the client has; what it gets back is bytes (docs/filter.md)."""

    since: int | None = Field(
        None, ge=0, lt=2**32, description="version of the client's filter; absent: none"
    )
