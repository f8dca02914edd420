"""What watches the service asks: is it alive, is it ready, and if not, why."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response

from server.exchange import answer, current_index
from server.live import Live
from server.openapi import operation
from server.wire.operations import Health, Readiness

JSON: Final = "application/json"


def blueprint(live: Live) -> Blueprint:
    """The two probes."""
    routes = Blueprint("health", __name__)

    @routes.get("/healthz")
    @operation("Whether the process answers", tag="Operations", answers={JSON: Health})
    def healthz() -> Response:
        return answer(Health())

    @routes.get("/readyz")
    @operation(
        "Whether readers are answered, and from a current index",
        tag="Operations",
        answers={JSON: Readiness},
        problems=(503,),
    )
    def readyz() -> Response:
        """200 while readers are answered, from a stale index too; 503 before the first index."""
        current = current_index(live)
        told = Readiness(version=current.version, stale=current.stale, problems=live.problems())
        return answer(told)

    return routes
