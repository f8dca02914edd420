"""What is seen of each request: an id, its time, a line in the log. Never its text or sender.

The id is drawn here, or taken over from a proxy that is trusted, and answered as X-Request-Id,
so that a line in this log and one in the proxy's can be put side by side.
"""

from __future__ import annotations

import logging
import re
import secrets
import time
from collections.abc import Sequence
from typing import Final

from flask import Flask, Response, g, request

from server import metrics
from server.clients import from_trusted_proxy
from server.settings import Network

REQUEST_ID: Final = "X-Request-Id"
_ID_BYTES: Final = 8
_NO_ROUTE: Final = "none"

log: Final = logging.getLogger("claimlight.request")


def register(app: Flask, trusted_proxies: Sequence[Network]) -> None:
    """Watch every request of the application; first of all hooks."""

    def begin() -> None:
        g.began = time.perf_counter()
        g.request_id = _request_id(trusted_proxies)
        g.seen = {}

    def finish(response: Response) -> Response:
        took = time.perf_counter() - g.began
        rule = request.url_rule
        route = rule.rule if rule is not None else _NO_ROUTE
        response.headers[REQUEST_ID] = g.request_id
        method = request.method if rule is not None else _NO_ROUTE
        metrics.REQUESTS.labels(route, method, response.status_code).observe(took)
        if log.isEnabledFor(logging.INFO):
            _tell(route, response, took)
        return response

    app.before_request(begin)
    app.after_request(finish)


def seen(**counts: float) -> None:
    """Add counts to the log's line on the request at hand."""
    g.seen.update(counts)


def request_id() -> str | None:
    """Return the id of the request at hand; None before it has one."""
    found: str | None = g.get("request_id")
    return found


def unread(status: int) -> str:
    """Tell the log of a request that is no HTTP; return the id it is given."""
    drawn = _new_id()
    log.info("no HTTP %d, id %s", status, drawn, extra={"request_id": drawn, "status": int(status)})
    return drawn


def _tell(route: str, response: Response, took: float) -> None:
    milliseconds = round(1000 * took, 1)
    counts = "".join(f", {name} {value}" for name, value in g.seen.items())
    log.info(
        "%s %s %d, %s bytes, %.1f ms%s, id %s",
        request.method,
        route,
        response.status_code,
        response.content_length if response.content_length is not None else "?",
        milliseconds,
        counts,
        g.request_id,
        extra={
            "request_id": g.request_id,
            "method": request.method,
            "route": route,
            "status": response.status_code,
            "bytes": response.content_length,
            "ms": milliseconds,
            **g.seen,
        },
    )


def _request_id(trusted_proxies: Sequence[Network]) -> str:
    given = request.headers.get(REQUEST_ID, "")
    if re.fullmatch(r"[A-Za-z0-9_-]{1,64}", given) and from_trusted_proxy(trusted_proxies):
        return given
    return _new_id()


def _new_id() -> str:
    return secrets.token_hex(_ID_BYTES)
