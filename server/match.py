"""``POST /v1/match``: sentences in, the debunked claims that they repeat out."""

from __future__ import annotations

import logging
import time
from typing import Final

from flask import Blueprint, Response

from matcher.limits import MAX_BODY_BYTES
from server.exchange import answer, current_index, read_body
from server.live import Live
from server.openapi import operation
from server.wire.cases import IndexState
from server.wire.match import MatchAnswer, MatchRequest, match_answer, read_match

log: Final = logging.getLogger("claimlight.server")


def blueprint(live: Live) -> Blueprint:
    """The route, answering from the worker's current index."""
    routes = Blueprint("match", __name__)

    @routes.post("/v1/match")
    @operation(
        "Match sentences or a text against the debunked claims",
        tag="Readers",
        body={"application/json": MatchRequest},
        answers={"application/json": MatchAnswer},
        problems=(400, 413, 415, 503),
    )
    def match() -> Response:
        started = time.perf_counter()
        query = read_match(read_body("application/json", limit=MAX_BODY_BYTES))
        current = current_index(live)
        outcome = current.index.match(query.sentences, limit=query.limit, min_score=query.min_score)
        state = IndexState(
            version=current.version,
            digest=current.index.digest,
            cases=len(current.index),
            stale=current.stale,
        )
        response = answer(match_answer(query, outcome, current.index, state))
        log.info(
            "match: %d sentences, %d matches, %.1f ms, version %d",
            len(query.sentences),
            len(outcome.matches),
            (time.perf_counter() - started) * 1000,
            current.version,
        )
        return response

    return routes
