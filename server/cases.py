"""What readers and developers may read: single cases, a search, the state of the index."""

from __future__ import annotations

import base64
import binascii
import json
import re
from hashlib import sha256
from typing import Final

from flask import Blueprint, Response, request

from matcher.case import ID_PATTERN
from server.allowance import charge_text
from server.errors import StoreError
from server.exchange import cacheable, current_index, public_answer, read_query
from server.faults import Fault, WireError
from server.formats.claimreview import claim_review
from server.live import Live
from server.openapi import operation
from server.problems import NOT_ACCEPTABLE, NOT_FOUND, RETRACTED, Problem
from server.snapshots import Current
from server.store import Store
from server.wire.cases import CaseList, CaseSearch, IndexAnswer, Limits, WholeCase, whole_case

JSON: Final = "application/json"
LINKED_DATA: Final = "application/ld+json"


def blueprint(live: Live, store: Store, chars_a_minute: int | None = None) -> Blueprint:
    """The public GETs. The store is asked only about ids that the index does not know.

    ``chars_a_minute`` is published as the limit of one client; None: there is none.
    """
    routes = Blueprint("cases", __name__)

    @routes.get("/v1/cases/<case_id>")
    @operation(
        "One case, as JSON or as schema.org ClaimReview",
        tag="Readers",
        answers={JSON: WholeCase, LINKED_DATA: None},
        problems=(404, 406, 410, 429, 503),
    )
    def case(case_id: str) -> Response:
        current = current_index(live)
        if case_id not in current.index:
            raise _absent(case_id, current, store)
        accepted = request.accept_mimetypes.best_match([JSON, LINKED_DATA])
        if accepted is None and request.accept_mimetypes:
            raise Problem(NOT_ACCEPTABLE, f"A case comes as {JSON} or {LINKED_DATA}.")
        if accepted == LINKED_DATA:
            markup = json.dumps(claim_review(current.index.case(case_id)), ensure_ascii=False)
            # Two representations of one address need two validators.
            response = cacheable(
                Response(markup, mimetype=LINKED_DATA), etag=f"{current.index.digest}-ld"
            )
        else:
            response = public_answer(whole_case(current.index, case_id), etag=current.index.digest)
        response.vary.add("Accept")
        return response

    @routes.get("/v1/cases")
    @operation(
        "Search the cases, or list them from the newest",
        tag="Readers",
        query=CaseSearch,
        answers={JSON: CaseList},
        problems=(400, 429, 503),
    )
    def search() -> Response:
        """For people who look for a case; the browser extension never uses it."""
        asked = read_query(CaseSearch)
        charge_text(len(asked.query))
        current = current_index(live)
        offset = _offset(asked.page_token)
        found = current.index.search(
            asked.query, language=asked.language, limit=asked.page_size + 1, offset=offset
        )
        page = found[: asked.page_size]
        more = len(found) > asked.page_size
        answer = CaseList(
            cases=tuple(whole_case(current.index, case_id) for case_id in page),
            next_page_token=_token(offset + asked.page_size) if more else None,
        )
        return public_answer(answer, etag=current.index.digest)

    @routes.get("/v1/index")
    @operation(
        "Version, size, languages, limits and thresholds of the index that answers now",
        tag="Readers",
        answers={JSON: IndexAnswer},
        problems=(429, 503),
    )
    def index() -> Response:
        current = current_index(live)
        answer = IndexAnswer(
            version=current.version,
            digest=current.index.digest,
            cases=len(current.index),
            stale=current.stale,
            claims=current.index.claims,
            languages=current.index.languages,
            thresholds=current.index.thresholds,
            encoder=current.index.encoder,
            published_at=current.published_at,
            limits=Limits(chars_a_minute=chars_a_minute),
        )
        # It tells more than what the index holds: its version, its models, whether it is stale.
        state = sha256(answer.model_dump_json().encode()).hexdigest()
        return public_answer(answer, etag=f"{current.index.digest}-{state[:16]}")

    return routes


def _absent(case_id: str, current: Current, store: Store) -> Problem:
    """Why the index lacks a case: retracted, or never there as far as is known."""
    retraction = None
    if not current.stale and re.fullmatch(ID_PATTERN, case_id):
        try:
            retraction = store.retraction(case_id)
        except StoreError:
            retraction = None
    if retraction is None:
        return Problem(NOT_FOUND, "No case has this id.")
    note = f": {retraction.note}" if retraction.note else "."
    when = retraction.when.date().isoformat()
    return Problem(
        RETRACTED,
        f"Retracted on {when}{note}",
        retracted={"date": when, "note": retraction.note},
    )


def _token(offset: int) -> str:
    """An opaque page token, so that what it holds can change without breaking a client."""
    return base64.urlsafe_b64encode(str(offset).encode()).decode().rstrip("=")


def _offset(token: str | None) -> int:
    if token is None:
        return 0
    padded = token + "=" * (-len(token) % 4)
    try:
        offset = int(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, binascii.Error):
        offset = -1
    if not 0 <= offset < 2**31:
        raise WireError(
            Fault(pointer="/page_token", message="not a next_page_token of this service")
        )
    return offset
