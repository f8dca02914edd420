"""What every blueprint does with a request and an answer: bodies, queries, caching headers."""

from __future__ import annotations

from typing import TypeVar

from flask import Request, Response, request
from gunicorn.http.errors import ParseException
from pydantic import BaseModel
from werkzeug.exceptions import ClientDisconnected, PreconditionFailed, RequestEntityTooLarge

from server.faults import Fault, WireError, check, pointer
from server.live import Live
from server.problems import (
    INVALID,
    MEDIA_TYPE,
    TOO_LARGE,
    TOO_SLOW,
    UNAVAILABLE,
    Problem,
    sentence,
)
from server.snapshots import Current

M = TypeVar("M", bound=BaseModel)

PUBLIC = "public, max-age=300"
"""Five minutes: as long as ``min_wait_s`` tells browsers to wait."""
FOR_EVER = "public, max-age=31536000, immutable"
"""For what is named by its own digest (RFC 8246)."""


def read_body(*media_types: str, limit: int) -> bytes:
    """The body of the request at hand.

    Raises
    ------
    Problem
        415 where the media type is none of those named, 413 above ``limit`` bytes, 408 where it
        stops coming, 400 where its chunks cannot be told apart.
    """
    if request.mimetype not in media_types:
        found = request.mimetype[:100] or "none"
        expected = " or ".join(media_types)
        raise Problem(MEDIA_TYPE, f"Content-Type is {found}; expected {expected}.")
    request.max_content_length = limit
    try:
        return request.get_data(cache=False)
    except RequestEntityTooLarge as error:
        length = request.content_length
        found = f"{length:,} bytes" if length else "more"
        raise Problem(TOO_LARGE, f"The body has {found}; the limit is {limit:,} bytes.") from error
    except ClientDisconnected as error:  # or silent for longer than the socket waits
        raise Problem(TOO_SLOW, "The body did not come in time.") from error
    except ParseException as error:
        raise Problem(INVALID, "The chunks of the body are not as HTTP has them.") from error


def read_query(model: type[M], source: Request = request) -> M:
    """The parameters after the question mark, checked.

    Raises
    ------
    WireError
        where one is unknown, malformed or given twice.
    """
    for name, values in source.args.lists():
        if len(values) > 1:
            raise WireError(Fault(pointer=pointer(name), message=f"given {len(values)} times"))
    return check(model, source.args.to_dict())


def current_index(live: Live) -> Current:
    """The index to answer from; read it once a request.

    Raises
    ------
    Problem
        503 before the first index is there.
    """
    current = live.current
    if current is None:
        why = " ".join(map(sentence, live.problems()))
        raise Problem(
            UNAVAILABLE,
            f"There is no index yet. {why}".strip(),
            headers={"Retry-After": "1"},
        )
    return current


def answer(model: BaseModel, *, status: int = 200, etag: str | None = None) -> Response:
    """An answer that nobody may keep: it follows from what one client sent or may see."""
    response = _json(model, status)
    response.headers["Cache-Control"] = "no-store"
    if etag:
        response.set_etag(etag)
    return response


def public_answer(model: BaseModel, *, etag: str, mimetype: str = "application/json") -> Response:
    """An answer that anyone may cache; 304 where the client has it already."""
    return cacheable(_json(model, 200, mimetype), etag=etag)


def cacheable(response: Response, *, etag: str, keep: str = PUBLIC) -> Response:
    """The response with its validator, or 304 where the client has it already."""
    response.headers["Cache-Control"] = keep
    response.set_etag(etag)
    response.make_conditional(request)
    if response.status_code == PreconditionFailed.code:
        raise PreconditionFailed  # so that it becomes a problem like every other
    del response.headers["Date"]  # the HTTP server writes its own
    return response


def _json(model: BaseModel, status: int, mimetype: str = "application/json") -> Response:
    return Response(model.model_dump_json(), status=status, mimetype=mimetype)
