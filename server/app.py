"""The factory: it only wires blueprints, errors and headers together."""

from __future__ import annotations

from typing import Final

from flask import Flask, Response, request
from flask_cors import CORS
from werkzeug.http import parse_date

from matcher.limits import MAX_BODY_BYTES
from server import (
    allowance,
    cases,
    changes,
    health,
    match,
    pack,
    pages,
    previews,
    problems,
    reports,
    watch,
)
from server import filter as local_filter
from server.allowance import Allowances
from server.live import Live
from server.settings import Settings
from server.store import Store

PUBLIC_PATHS: Final = r"^/v1/(cases(/[^/]+)?|index|filter|pack(/[^/]+)?)$"
READER_POSTS: Final = r"^/v1/(match|reports)$"
EXPOSED: Final = ["ETag", "RateLimit", "RateLimit-Policy", "Retry-After", "X-Request-Id"]
PREFLIGHT_S: Final = 7200
"""Seconds a browser may remember a preflight; Chromium's own upper limit."""

_DATES: Final = ("HTTP_IF_MODIFIED_SINCE", "HTTP_IF_UNMODIFIED_SINCE", "HTTP_IF_RANGE")

SECURITY_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def create_app(
    settings: Settings, *, store: Store, live: Live, allowances: Allowances | None = None
) -> Flask:
    """The service as a WSGI application.

    Parameters
    ----------
    settings
        Read once; only the origins of readers' browsers and the proxies matter here.
    store
        What editors publish to. Readers are answered without it.
    live
        The worker's current index; the caller starts and stops it.
    allowances
        What clients may still send; the caller starts and stops it. None: of this process alone.
    """
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    # A redirect to the tidy form of an address would be one more shape of answer.
    app.url_map.merge_slashes = False
    watch.register(app, settings.trusted_proxies)
    allowance.register(app, allowances or Allowances(settings, store))
    app.register_blueprint(match.blueprint(live))
    app.register_blueprint(cases.blueprint(live, store, settings.client_chars_a_minute or None))
    app.register_blueprint(local_filter.blueprint(live, settings.data_dir / "filters"))
    app.register_blueprint(pack.blueprint(live))
    app.register_blueprint(changes.blueprint(store, live))
    app.register_blueprint(previews.blueprint(store, live))
    app.register_blueprint(reports.blueprint(store, live))
    app.register_blueprint(health.blueprint(live))
    app.register_blueprint(pages.blueprint())
    app.before_request(_forget_impossible_dates)
    # What is registered first has the last word.
    app.after_request(_secure)
    problems.register(app)
    _allow_origins(app, settings.cors_origins)
    return app


def _allow_origins(app: Flask, readers: tuple[str, ...]) -> None:
    """Anyone may read what is public; text is taken from known origins; editors get no CORS."""
    CORS(
        app,
        resources={
            PUBLIC_PATHS: {
                "origins": "*",
                "send_wildcard": True,
                "methods": ["GET", "HEAD"],
                "allow_headers": ["Accept", "If-None-Match"],
            },
            READER_POSTS: {
                "origins": list(readers),
                "always_send": False,
                "methods": ["POST"],
                "allow_headers": ["Content-Type"],
            },
        },
        expose_headers=EXPOSED,
        max_age=PREFLIGHT_S,
        supports_credentials=False,
    )


def _forget_impossible_dates() -> None:
    """Ignore dates that are none, as HTTP wants it; of a year too large the framework would fail.

    Source: RFC 9110, section 13.1.3.
    """
    for name in _DATES:
        try:
            parse_date(request.environ.get(name))
        except OverflowError:
            del request.environ[name]


def _secure(response: Response) -> Response:
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    return response
