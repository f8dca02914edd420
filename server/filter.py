"""``GET /v1/filter``: what browsers check sentences against, whole or as the difference."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from flask import Blueprint, Response

from server.exchange import cacheable, current_index, read_query
from server.filters import Filters
from server.live import Live
from server.openapi import operation
from server.wire.filter import FilterQuery

BINARY: Final = "application/octet-stream"


def blueprint(live: Live, folder: Path) -> Blueprint:
    """The route; ``folder`` keeps the filters of the last versions."""
    routes = Blueprint("filter", __name__)
    filters = Filters(folder)

    @routes.get("/v1/filter")
    @operation(
        "What a browser checks sentences against before it asks, whole or as a difference",
        tag="Readers",
        query=FilterQuery,
        answers={BINARY: None},
        problems=(400, 429, 503),
    )
    def local_filter() -> Response:
        """Bytes as in docs/filter.md, compressed already; whole where no difference is known."""
        asked = read_query(FilterQuery)
        sent = filters.answer(current_index(live), asked.since)
        return cacheable(Response(sent.body, mimetype=BINARY), etag=sent.etag)

    return routes
