"""The command line's side of the HTTP API: one service, a token, problems as exceptions."""

from __future__ import annotations

import contextlib
import http.client
import json
import ssl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, Final
from urllib.parse import urlencode, urlsplit

from server.errors import Refused, Unreachable

CONNECT_TIMEOUT_S: Final = 5.0
ANSWER_TIMEOUT_S: Final = 600.0
"""A dry run of the largest changeset looks at each of its cases; a lost connection ends earlier."""
_CHUNK: Final = 65_536

Sink = Callable[[bytes], object]
"""Takes the pieces of an answer as they come."""

Progress = Callable[[int, int], None]
"""Called with the number of bytes sent and their total."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a file as the body of a request: read while it is sent."""

    file: BinaryIO
    start: int
    length: int

    def __len__(self) -> int:
        return self.length


Body = bytes | Piece


class Client:
    """Requests to one service; follows no redirects, so that a token goes nowhere else.

    Parameters
    ----------
    server
        such as ``http://127.0.0.1:8321``.
    token
        sent with every request, if there is one.
    """

    def __init__(self, server: str, token: str | None = None) -> None:
        self.server = server.rstrip("/")
        self.token = token

    def get(self, path: str, query: Mapping[str, object] | None = None) -> Any:
        """Return the JSON of an answer; raises as ``request``."""
        return json.loads(self.request("GET", path, query))

    def post(
        self,
        path: str,
        body: Body = b"",
        *,
        query: Mapping[str, object] | None = None,
        media_type: str = "application/json",
        progress: Progress | None = None,
    ) -> Any:
        """Send a body and return the JSON of the answer; raises as ``request``."""
        headers = {"Content-Type": media_type} if body else {}
        answer = self.request("POST", path, query, body, headers, progress)
        return json.loads(answer)

    def save(self, path: str, query: Mapping[str, object], sink: Sink) -> None:
        """Get a file of any size, piece by piece; raises as ``request``."""
        self.request("GET", path, query, headers={"Accept": "*/*"}, sink=sink)

    def request(
        self,
        method: str,
        path: str,
        query: Mapping[str, object] | None = None,
        body: Body | None = None,
        headers: Mapping[str, str] | None = None,
        progress: Progress | None = None,
        sink: Sink | None = None,
    ) -> bytes:
        """Return the body of a good answer; nothing where a sink has taken it.

        Query values that are None or False are left out; True is written ``true``.

        Raises
        ------
        Unreachable
            where nothing answers, or not in time.
        Refused
            for any status that is not 2xx.
        """
        status, _, answer = self.exchange(method, path, query, body, headers, progress, sink)
        if not 200 <= status < 300:
            raise Refused(status, _problem(status, answer))
        return answer

    def exchange(
        self,
        method: str,
        path: str,
        query: Mapping[str, object] | None = None,
        body: Body | None = None,
        headers: Mapping[str, str] | None = None,
        progress: Progress | None = None,
        sink: Sink | None = None,
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Return status, headers and body of whatever is answered; Unreachable if nothing is."""
        parts = urlsplit(self.server)
        sent = {"Accept": "application/json", **(headers or {})}
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        if body is not None:
            sent["Content-Length"] = str(len(body))
        asked = {
            name: "true" if value is True else str(value)
            for name, value in (query or {}).items()
            if value is not None and value is not False
        }
        target = parts.path + path + (f"?{urlencode(asked)}" if asked else "")
        connection = _connection(parts.scheme, parts.hostname or "", parts.port)
        connected = False
        try:
            connection.connect()
            connected = True
            connection.sock.settimeout(ANSWER_TIMEOUT_S)
            chunks = _chunks(body, progress) if body else None
            # Who is refused is told so before all is sent, and the connection is closed.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                connection.request(method, target, chunks, sent, encode_chunked=False)
            answer = connection.getresponse()
            if sink is not None and 200 <= answer.status < 300:
                while piece := answer.read(_CHUNK):
                    sink(piece)
            return answer.status, dict(answer.headers.items()), answer.read()
        except (OSError, http.client.HTTPException) as error:
            if connected and isinstance(error, TimeoutError):
                raise Unreachable(
                    f"the service at {self.server} has not answered for {ANSWER_TIMEOUT_S:.0f} s; "
                    "it may still do what it was asked, and to ask again is safe"
                ) from error
            reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
            if connected:
                raise Unreachable(
                    f"the connection to {self.server} broke off ({reason}); to ask again is safe"
                ) from error
            raise Unreachable(
                f"no service answers at {self.server} ({reason}); start one with "
                "`claimlight serve`, or name another with CLAIMLIGHT_SERVER"
            ) from error
        finally:
            connection.close()


def _connection(scheme: str, host: str, port: int | None) -> http.client.HTTPConnection:
    if scheme == "https":
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(host, port, timeout=CONNECT_TIMEOUT_S, context=context)
    return http.client.HTTPConnection(host, port, timeout=CONNECT_TIMEOUT_S)


def _chunks(body: Body, progress: Progress | None) -> Iterator[bytes]:
    for start in range(0, len(body), _CHUNK):
        end = min(start + _CHUNK, len(body))
        if isinstance(body, Piece):
            body.file.seek(body.start + start)
            yield body.file.read(end - start)
        else:
            yield body[start:end]
        if progress is not None:
            progress(end, len(body))


def _problem(status: int, answer: bytes) -> Mapping[str, Any]:
    try:
        told = json.loads(answer)
    except ValueError:
        told = None
    if not isinstance(told, dict):
        return {"status": status, "title": f"the service answered {status}, not as Claimlight does"}
    return told
