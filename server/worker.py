"""gunicorn's worker with threads: it delays nobody, and refuses in the shape of all refusals.

What is no HTTP never reaches the application; gunicorn would answer with a page of its own,
without our headers and with the request quoted.
"""

from __future__ import annotations

import contextlib
import json
import socket
from http import HTTPStatus
from typing import Any, cast

from gunicorn.workers.gthread import ThreadWorker

from server import watch
from server.app import SECURITY_HEADERS
from server.problems import of_status


class Worker(ThreadWorker):
    """Waits for clients to hang up in the thread that answered them, and ends at once.

    gunicorn does so in the one thread that accepts all connections, up to two seconds for each
    client that does not: a few of them would keep everybody else waiting.
    """

    def is_parent_alive(self) -> bool:
        """Whether the master is there; else this worker ends, as if it were told to."""
        found = bool(super().is_parent_alive())
        self.alive = self.alive and found
        return found

    def set_accept_enabled(self, enabled: bool | None) -> None:
        """Take new connections or not; one that ends lets go of the port at once.

        gunicorn holds it until the last connection is done: who connects meanwhile would wait for
        seconds, for nobody, where the proxy could ask another service.
        """
        super().set_accept_enabled(enabled)
        if enabled or self.alive:
            return
        for listener in self.sockets:
            waiting = -1
            while self.nr_conns != waiting:  # those that have connected are still answered
                waiting = self.nr_conns
                self.accept(listener)
            listener.close()

    def handle(self, conn: Any) -> Any:
        """Answer one request of a connection; whether it is kept open."""
        kept = super().handle(conn)
        if kept is False:
            conn.close(graceful=True)
            conn.close = _closed
        return kept

    def handle_error(self, req: Any, client: Any, addr: Any, exc: Any) -> None:
        """Tell the client what is wrong with its request, where it still listens."""
        said = _Said()
        super().handle_error(req, cast("socket.socket", said), addr, exc)
        with contextlib.suppress(OSError):  # who sends no HTTP seldom waits for the answer
            client.sendall(refusal(said.status, watch.unread(said.status)))


def _closed(**_: object) -> None:
    """Do nothing: the connection is closed already."""


class _Said:
    """Stands in for the client while gunicorn, which knows its errors, chooses the status."""

    status = HTTPStatus.INTERNAL_SERVER_ERROR

    def gettimeout(self) -> float:
        return 0.0

    def sendall(self, data: bytes) -> None:
        status = HTTPStatus(int(data.split(b" ", 2)[1]))
        # A transfer coding that nobody knows is the client's fault, and no failure of ours.
        unknown = status is HTTPStatus.NOT_IMPLEMENTED
        self.status = HTTPStatus.BAD_REQUEST if unknown else status


def refusal(status: HTTPStatus, request_id: str) -> bytes:
    """A whole response for a request that cannot be read; it quotes nothing of it."""
    kind = of_status(status)
    body = json.dumps(
        {
            "type": kind.type,
            "title": kind.title,
            "status": status,
            "detail": f"{status.phrase}: this cannot be read as an HTTP request.",
            "instance": "",
            "errors": [],
        }
    )
    headers = {
        "Connection": "close",
        "Content-Type": "application/problem+json",
        "Content-Length": str(len(body)),
        "Cache-Control": "no-store",
        watch.REQUEST_ID: request_id,
        **SECURITY_HEADERS,
    }
    lines = [f"HTTP/1.1 {status.value} {status.phrase}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + f"\r\n\r\n{body}").encode()
