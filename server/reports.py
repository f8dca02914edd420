"""Readers' reports: taken from anyone at a bounded rate, listed for editors.

The only route that keeps a piece of a page, where the reader ticked it. Nothing of it is logged.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from typing import Final

from flask import Blueprint, Response, request

from matcher.limits import MAX_BODY_BYTES
from server.changes import JSON, authorize, from_store
from server.errors import StoreError
from server.exchange import answer, current_index, read_body, read_query
from server.faults import check, parse
from server.live import Live
from server.openapi import operation
from server.problems import NOT_FOUND, TOO_MANY, Problem
from server.settings import Network
from server.store import Role, Store
from server.store.reports import WINDOW_S
from server.wire.reports import (
    REPORT_ID,
    ReportAnswer,
    ReportGone,
    ReportList,
    ReportPage,
    ReportRequest,
)

REPORTS_A_WINDOW: Final = 10
"""Reports a minute from one address: more than a reader writes by hand."""


def blueprint(store: Store, live: Live, trusted_proxies: Sequence[Network]) -> Blueprint:
    """The routes of readers' reports."""
    routes = Blueprint("reports", __name__)

    @routes.post("/v1/reports")
    @operation(
        "Report a hint that is wrong",
        tag="Readers",
        body={JSON: ReportRequest},
        answers={JSON: ReportAnswer},
        problems=(400, 404, 413, 415, 429, 503),
    )
    def report() -> Response:
        """Takes no address of a page, and a sentence only if the reader agreed to send it."""
        asked = check(ReportRequest, parse(read_body(JSON, limit=MAX_BODY_BYTES)))
        current = current_index(live)
        if asked.case_id not in current.index:
            raise Problem(NOT_FOUND, f"There is no case {asked.case_id} in the published index.")
        limits = _limited(store, trusted_proxies)
        report_id = store.reports.add(
            case_id=asked.case_id,
            kind=asked.kind,
            sentence=asked.sentence,
            version=current.version,
        )
        response = answer(ReportAnswer(id=report_id))
        response.headers.update(limits)
        return response

    @routes.get("/v1/reports")
    @operation(
        "The readers' reports, newest first",
        tag="Editors",
        query=ReportPage,
        answers={JSON: ReportList},
        problems=(400, 401, 403, 503),
        token=True,
    )
    def reports() -> Response:
        authorize(store, Role.EDITOR)
        page = read_query(ReportPage)
        found = store.reports.list(limit=page.page_size, before=page.before)
        return answer(ReportList.model_validate({"reports": found}))

    @routes.delete("/v1/reports/<report_id>")
    @operation(
        "Forget a report that has been dealt with",
        tag="Editors",
        answers={JSON: ReportGone},
        problems=(401, 403, 404, 503),
        token=True,
    )
    def forget(report_id: str) -> Response:
        authorize(store, Role.EDITOR)
        if not re.fullmatch(REPORT_ID, report_id) or not store.reports.remove(report_id):
            raise Problem(NOT_FOUND, "There is no such report: done with already, or too old.")
        return answer(ReportGone(id=report_id))

    routes.register_error_handler(StoreError, from_store)
    return routes


def _limited(store: Store, trusted_proxies: Sequence[Network]) -> dict[str, str]:
    """Count the request at hand; return the headers that tell the limit, or 429.

    Source: IETF draft-ietf-httpapi-ratelimit-headers.
    """
    count, seconds = store.reports.seen(client_address(trusted_proxies))
    left = max(0, REPORTS_A_WINDOW - count)
    headers = {
        "RateLimit-Policy": f'"reports";q={REPORTS_A_WINDOW};w={WINDOW_S}',
        "RateLimit": f'"reports";r={left};t={seconds}',
    }
    if count > REPORTS_A_WINDOW:
        raise Problem(
            TOO_MANY,
            f"More than {REPORTS_A_WINDOW} reports in a minute; wait {seconds} s.",
            headers={**headers, "Retry-After": str(seconds)},
        )
    return headers


def client_address(trusted_proxies: Sequence[Network]) -> str:
    """Where the request at hand comes from: behind proxies that are trusted, and no others."""
    address = request.remote_addr or ""
    forwarded = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
    while _trusted(address, trusted_proxies) and forwarded:
        nearer = forwarded.pop()
        if not nearer:
            break
        address = nearer
    return address[:100]


def _trusted(address: str, proxies: Sequence[Network]) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(found in network for network in proxies)
