"""gunicorn's worker with threads, with one wait moved to where it delays nobody else."""

from __future__ import annotations

from typing import Any

from gunicorn.workers.gthread import ThreadWorker


class Worker(ThreadWorker):
    """Waits for clients to hang up in the thread that answered them.

    gunicorn does so in the one thread that accepts all connections, up to two seconds for each
    client that does not: a few of them would keep everybody else waiting.
    """

    def handle(self, conn: Any) -> Any:
        """Answer one request of a connection; whether it is kept open."""
        kept = super().handle(conn)
        if kept is False:
            conn.close(graceful=True)
            conn.close = _closed
        return kept


def _closed(**_: object) -> None:
    """Do nothing: the connection is closed already."""
