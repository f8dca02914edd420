"""``GET /v1/pack``: what browsers need to send nothing at all; a list, and its parts by name."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Final

from flask import Blueprint, Response

from matcher.pack import FORMAT, Pack, Part
from server.exchange import FOR_EVER, cacheable, current_index, public_answer
from server.filter import BINARY
from server.live import Live
from server.openapi import operation
from server.problems import NOT_FOUND, Problem
from server.snapshots import Current
from server.wire.base import MIN_WAIT_S
from server.wire.filter import PackAnswer


def blueprint(live: Live) -> Blueprint:
    """Both routes."""
    routes = Blueprint("pack", __name__)
    packs = Packs()

    @routes.get("/v1/pack")
    @operation(
        "Names of the parts of the offline pack: all cases as cards show them",
        tag="Readers",
        answers={"application/json": PackAnswer},
        problems=(503,),
    )
    def pack() -> Response:
        """A client fetches the parts that it lacks, and needs no other request (docs/filter.md)."""
        made = packs.of(current_index(live))
        listed = PackAnswer(
            format=FORMAT,
            version=made.version,
            digest=made.pack.digest,
            cases=made.cases,
            min_wait_s=MIN_WAIT_S,
            rule=made.pack.rule.name,
            parts=[part.name for part in made.pack.parts],
        )
        return public_answer(listed, etag=f"{made.pack.digest}-{made.version}")

    @routes.get("/v1/pack/<name>")
    @operation(
        "One part of the offline pack, by the name that is its digest",
        tag="Readers",
        answers={BINARY: None},
        problems=(404, 503),
    )
    def part(name: str) -> Response:
        """Bytes as in docs/filter.md, compressed already; they never change and may be kept."""
        packs.of(current_index(live))
        found = packs.part(name)
        if found is None:
            raise Problem(NOT_FOUND, f"No part of the pack is called {name[:64]!r} (any more).")
        return cacheable(Response(found.body, mimetype=BINARY), etag=name, keep=FOR_EVER)

    return routes


@dataclass(frozen=True, slots=True)
class Made:
    """The pack of a version."""

    digest: str
    version: int
    cases: int
    pack: Pack


KEPT: Final = 3
"""Packs whose parts are still served: a browser takes a while to fetch what a list names."""


class Packs:
    """The packs of the last versions; made when first asked for, and only what has changed.

    Safe to use from many threads. While one thread makes a pack the others serve the one before.
    """

    def __init__(self) -> None:
        self._working = threading.Lock()
        self._made: tuple[Made, ...] = ()

    def of(self, current: Current) -> Made:
        """The pack of an index; the one before, while another thread makes it."""
        latest = self._latest(current)
        if latest is not None:
            return latest
        before = next(iter(self._made), None)
        if not self._working.acquire(blocking=before is None) and before is not None:
            return before
        try:
            latest = self._latest(current)
            if latest is None:
                pack = Pack.of(current.index, before.pack if before else None)
                latest = Made(current.index.digest, current.version, len(current.index), pack)
                self._made = (latest, *self._made)[:KEPT]
            return latest
        finally:
            self._working.release()

    def _latest(self, current: Current) -> Made | None:
        made = next(iter(self._made), None)
        same = made and (made.digest, made.version) == (current.index.digest, current.version)
        return made if same else None

    def part(self, name: str) -> Part | None:
        """A part by its name; None where no pack that is kept has it."""
        parts = (part for made in self._made for part in made.pack)
        return next((part for part in parts if part.name == name), None)
