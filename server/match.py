"""``POST /v1/match``: sentences in, the debunked claims that they repeat out."""

from __future__ import annotations

from collections import Counter

from flask import Blueprint, Response

from matcher.limits import MAX_BODY_BYTES
from matcher.types import Outcome
from server import metrics, watch
from server.allowance import charge_text, charging_faults, token_owner
from server.exchange import answer, current_index, read_body
from server.gate import Gate
from server.live import Live
from server.openapi import Token, operation
from server.snapshots import Current
from server.wire.cases import IndexState
from server.wire.match import (
    MatchAnswer,
    MatchRequest,
    Query,
    match_answer,
    query_of,
    read_match,
)


def blueprint(live: Live, gate: Gate | None = None) -> Blueprint:
    """The route, answering from the worker's current index; ``gate`` bounds what waits."""
    routes = Blueprint("match", __name__)
    gate = gate or Gate()

    @routes.post("/v1/match")
    @operation(
        "Match sentences or a text against the debunked claims",
        tag="Readers",
        body={"application/json": MatchRequest},
        answers={"application/json": MatchAnswer},
        problems=(400, 401, 408, 413, 415, 429, 503),
        token=Token.MAY,
    )
    def match() -> Response:
        """With a token, the text counts towards its allowance and not towards the address's."""
        owner = token_owner()
        body = read_body("application/json", limit=MAX_BODY_BYTES)
        with gate.turn():
            return _answer(body, current_index(live), owner)

    return routes


def _answer(body: bytes, current: Current, owner: str | None) -> Response:
    with metrics.stage("read"):
        with charging_faults(body, owner=owner):
            asked = read_match(body)
        # Before it is split and normalised, which costs time whatever comes of it.
        charge_text(asked.characters, owner=owner)
        query = query_of(asked)
    with metrics.stage("match"):
        outcome = current.index.match(query.sentences, limit=query.limit, min_score=query.min_score)
    with metrics.stage("write"):
        state = IndexState(
            version=current.version,
            digest=current.index.digest,
            cases=len(current.index),
            stale=current.stale,
        )
        response = answer(match_answer(query, outcome, current.index, state))
    _count(query, outcome)
    watch.seen(
        sentences=len(query.sentences), matches=len(outcome.matches), version=current.version
    )
    return response


def _count(query: Query, outcome: Outcome) -> None:
    metrics.SENTENCES.inc(len(query.sentences))
    metrics.CHARACTERS.inc(sum(len(sentence.text) for sentence in query.sentences))
    for band, number in Counter(match.band for match in outcome.matches).items():
        metrics.count_hints(band, number)
    for reason, number in Counter(
        each.reason for each in (*outcome.skipped, *query.skipped)
    ).items():
        metrics.SKIPPED.labels(reason).inc(number)
