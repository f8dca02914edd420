"""The service's log: for people, or an object of JSON a line for programs.

It never holds a text that was sent, nor the address of who sent it.
"""

from __future__ import annotations

import logging
from typing import Any, ClassVar, Final

from gunicorn import glogging
from pythonjsonlogger.json import JsonFormatter

from server.settings import LogFormat

ROOT: Final = "claimlight"


def formatter(form: LogFormat) -> logging.Formatter:
    """Return what writes a line; times are in UTC for programs, local for people."""
    if form is LogFormat.TEXT:
        return logging.Formatter("[%(asctime)s] %(message)s", "%Y-%m-%d %H:%M:%S %z")
    return JsonFormatter(
        ["levelname", "name", "process", "message"],
        rename_fields={"levelname": "level", "name": "logger"},
        timestamp="time",
    )


def set_up(form: LogFormat, *, requests: bool) -> None:
    """Set up the log of one worker; ``requests``: with a line for each request."""
    root = logging.getLogger(ROOT)
    root.setLevel(logging.INFO if requests else logging.WARNING)
    root.propagate = False
    handler = logging.StreamHandler()
    handler.setFormatter(formatter(form))
    root.handlers = [handler]


class ServiceLog(glogging.Logger):
    """gunicorn's log without the addresses and requests it writes on errors."""

    form: ClassVar[LogFormat] = LogFormat.TEXT

    def setup(self, cfg: Any) -> None:
        """Set the log up anew, which gunicorn does on reload as well."""
        super().setup(cfg)
        self.error_log.filters = [_without_requests]
        if self.form is LogFormat.JSON:
            for handler in self.error_log.handlers:
                handler.setFormatter(formatter(self.form))


def _without_requests(record: logging.LogRecord) -> bool:
    told = str(record.msg)
    for beginning in ("Error handling request", "Invalid request"):
        if told.startswith(beginning):
            record.msg, record.args = beginning, ()
    # A client that was silent for too long; gunicorn takes it for a fault.
    return not told.startswith("Socket error processing request")
