"""Every error an answer can carry, in one shape: RFC 9457 ``application/problem+json``.

What is wrong with a request is always 400, whether its JSON cannot be read or breaks a rule:
one code for one remedy. Nothing here may repeat text that a reader sent: places, types, lengths
and limits are named instead, in the answer and in the log alike.
"""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, InternalServerError, default_exceptions

from server.faults import Fault, WireError
from server.watch import request_id

log: Final = logging.getLogger("claimlight.server")


@dataclass(frozen=True, slots=True)
class Kind:
    """One sort of problem; ``remedy`` is what the documentation tells a developer to do."""

    slug: str
    status: int
    title: str
    remedy: str

    @property
    def type(self) -> str:
        """Where the kind is explained, relative to the service: a stable name as well."""
        return f"/docs#{self.slug}"


INVALID: Final = Kind(
    "invalid-request", 400, "The request is not as documented",
    "Each entry of errors points at the place, with what was found and what is allowed.",
)  # fmt: skip
REJECTED: Final = Kind(
    "rejected-rows", 400, "Some cases were rejected, so none was published",
    "Mend the rows named in errors, or push with ?partial=true to publish the others.",
)  # fmt: skip
UNAUTHORIZED: Final = Kind(
    "token-needed", 401, "A valid token is needed",
    "Send Authorization: Bearer TOKEN; an editor's token comes from claimlight token create.",
)  # fmt: skip
FORBIDDEN: Final = Kind(
    "role-not-allowed", 403, "The token's role does not allow this",
    "Use a token with the role named in detail.",
)  # fmt: skip
NOT_FOUND: Final = Kind(
    "not-found", 404, "There is nothing here", "Check the address or the id."
)  # fmt: skip
METHOD: Final = Kind(
    "method-not-allowed", 405, "This address does not take that method",
    "The Allow header lists the methods it takes.",
)  # fmt: skip
NOT_ACCEPTABLE: Final = Kind(
    "not-acceptable", 406, "None of the accepted media types can be answered",
    "Ask for one of the media types named in detail.",
)  # fmt: skip
CONFLICT: Final = Kind(
    "conflict", 409, "The cases have changed since",
    "Look at the cases listed in ids, then push what they should be now.",
)  # fmt: skip
CONFIRM: Final = Kind(
    "needs-confirmation", 409, "This touches a large share of the cases",
    "If that is meant, repeat the request with ?confirm=true.",
)  # fmt: skip
RETRACTED: Final = Kind(
    "retracted", 410, "This case is retracted",
    "Stop showing the case; detail says when and why it was retracted.",
)  # fmt: skip
STALE_WRITE: Final = Kind(
    "version-moved-on", 412, "Another version is published by now",
    "Read the current version, check that the change still fits, then push with its ETag.",
)  # fmt: skip
TOO_SLOW: Final = Kind(
    "too-slow", 408, "The request came too slowly", "Send it again, without pauses."
)  # fmt: skip
TOO_LARGE: Final = Kind(
    "too-large", 413, "The request body is too large",
    "Split the request; the limits are published at /v1/index.",
)  # fmt: skip
MEDIA_TYPE: Final = Kind(
    "media-type", 415, "The body has a media type that is not read here",
    "Send one of the media types named in detail.",
)  # fmt: skip
TOO_MANY: Final = Kind(
    "too-many-requests", 429, "Too many requests", "Wait for as long as Retry-After says."
)  # fmt: skip
INTERNAL: Final = Kind(
    "internal", 500, "The service failed",
    "Nothing was changed. Tell the operator what X-Request-Id says.",
)  # fmt: skip
UNAVAILABLE: Final = Kind(
    "unavailable", 503, "The service cannot do this just now",
    "Repeat the same request after Retry-After seconds; a repeated push is safe.",
)  # fmt: skip
UNCONFIRMED: Final = Kind(
    "unconfirmed", 503, "Redis has not confirmed the change in time",
    "Push the same again: what is published already makes no new version.",
)  # fmt: skip
OVERLOADED: Final = Kind(
    "overloaded", 503, "The service has too much to do",
    "Repeat the same request after Retry-After seconds.",
)  # fmt: skip

KINDS: Final = (
    INVALID, REJECTED, UNAUTHORIZED, FORBIDDEN, NOT_FOUND, METHOD, NOT_ACCEPTABLE, CONFLICT,
    CONFIRM, RETRACTED, STALE_WRITE, TOO_SLOW, TOO_LARGE, MEDIA_TYPE, TOO_MANY, INTERNAL,
    UNAVAILABLE, UNCONFIRMED, OVERLOADED,
)  # fmt: skip
_BY_STATUS: Final = {kind.status: kind for kind in reversed(KINDS)}


def of_status(status: int) -> Kind:
    """The first kind of a status; of one that we never choose ourselves, a kind without a name."""
    return _BY_STATUS.get(status) or Kind("other", status, HTTPStatus(status).phrase, "")


class Problem(Exception):
    """Raised by a view to answer with an error.

    Parameters
    ----------
    kind
        What sort of problem; it sets status, type and title.
    detail
        One sentence on this occurrence: the value found and the value allowed.
    errors
        The places in the request that are wrong, if any.
    headers
        Further header fields, such as ``Retry-After``.
    extra
        Further members of the answer, such as ``ids``.
    """

    def __init__(
        self,
        kind: Kind,
        detail: str,
        *,
        errors: Iterable[Fault] = (),
        headers: Mapping[str, str] | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        self.extra = extra

    def response(self) -> Response:
        """The problem as an answer, for the request at hand."""
        body = {
            "type": self.kind.type,
            "title": self.kind.title,
            "status": self.kind.status,
            "detail": self.detail,
            "instance": quote(request.path),
            "errors": [fault.model_dump() for fault in self.errors],
            **self.extra,
        }
        answer = Response(
            json.dumps(body, ensure_ascii=False),
            status=self.kind.status,
            mimetype="application/problem+json",
            headers=self.headers,
        )
        answer.headers["Cache-Control"] = "no-store"
        return answer


def sentence(text: str) -> str:
    """The text of an error of ours as a whole sentence."""
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


def register(app: Flask) -> None:
    """Make every error of the application a problem."""
    app.register_error_handler(Problem, Problem.response)
    app.register_error_handler(WireError, _from_wire)
    app.register_error_handler(HTTPException, _from_http)
    app.register_error_handler(Exception, _from_fault)
    app.after_request(_shaped)


def _from_wire(error: WireError) -> Response:
    return Problem(INVALID, error.summary, errors=error.faults).response()


def _from_http(error: HTTPException) -> Response:
    """Give what the framework itself refuses the shape of all other problems."""
    status = error.code or 500
    phrase = HTTPStatus(status).phrase
    kind = of_status(status)
    headers = {
        name: value
        for name, value in error.get_headers()
        if name.lower() not in {"content-type", "content-length"}
    }
    detail = f"{phrase}."
    if kind is METHOD:
        detail = f"This address takes {headers.get('Allow', 'no method')}, not {request.method}."
    elif kind is NOT_FOUND:
        detail = "No page and no part of the API has this address; see /docs."
    return Problem(kind, detail, headers=headers).response()


def _shaped(response: Response) -> Response:
    """Give the one shape to what the framework refuses without raising, such as a 412 of a file."""
    if response.status_code < 400 or response.mimetype == "application/problem+json":
        return response
    response.close()  # it may hold a file open
    return _from_http(default_exceptions.get(response.status_code, InternalServerError)())


def _from_fault(error: Exception) -> Response:
    """Answer 500 and log where it happened, never the message: it may quote the request."""
    frames = "".join(traceback.format_tb(error.__traceback__))
    log.error("%s in %s, id %s\n%s", type(error).__name__, request.endpoint, request_id(), frames)
    detail = f"An unexpected fault; the service's log says where, under {request_id()}."
    return Problem(INTERNAL, detail).response()
