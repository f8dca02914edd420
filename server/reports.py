"""Readers' reports: taken from anyone at a bounded rate, listed for editors.

The only route that keeps a piece of a page, where the reader ticked it. Nothing of it is logged.
"""

from __future__ import annotations

import re

from flask import Blueprint, Response

from matcher.limits import MAX_BODY_BYTES
from server.allowance import charge_report, charging_faults
from server.changes import JSON, authorize, from_store
from server.errors import StoreError
from server.exchange import answer, current_index, read_body, read_query
from server.faults import check, parse
from server.live import Live
from server.openapi import Token, operation
from server.problems import NOT_FOUND, Problem
from server.store import Role, Store
from server.wire.reports import (
    REPORT_ID,
    ReportAnswer,
    ReportGone,
    ReportList,
    ReportPage,
    ReportRequest,
)


def blueprint(store: Store, live: Live) -> Blueprint:
    """The routes of readers' reports."""
    routes = Blueprint("reports", __name__)

    @routes.post("/v1/reports")
    @operation(
        "Report a hint that is wrong",
        tag="Readers",
        body={JSON: ReportRequest},
        answers={JSON: ReportAnswer},
        problems=(400, 404, 408, 413, 415, 429, 503),
    )
    def report() -> Response:
        """Takes no address of a page, and a sentence only if the reader agreed to send it."""
        body = read_body(JSON, limit=MAX_BODY_BYTES)
        with charging_faults(body):
            asked = check(ReportRequest, parse(body))
        current = current_index(live)
        if asked.case_id not in current.index:
            raise Problem(NOT_FOUND, f"There is no case {asked.case_id} in the published index.")
        charge_report()
        report_id = store.reports.add(
            case_id=asked.case_id,
            kind=asked.kind,
            sentence=asked.sentence,
            version=current.version,
        )
        return answer(ReportAnswer(id=report_id))

    @routes.get("/v1/reports")
    @operation(
        "The readers' reports, newest first",
        tag="Editors",
        query=ReportPage,
        answers={JSON: ReportList},
        problems=(400, 401, 403, 429, 503),
        token=Token.MUST,
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
        problems=(401, 403, 404, 429, 503),
        token=Token.MUST,
    )
    def forget(report_id: str) -> Response:
        authorize(store, Role.EDITOR)
        if not re.fullmatch(REPORT_ID, report_id) or not store.reports.remove(report_id):
            raise Problem(NOT_FOUND, "There is no such report: done with already, or too old.")
        return answer(ReportGone(id=report_id))

    routes.register_error_handler(StoreError, from_store)
    return routes
