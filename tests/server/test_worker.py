"""How a worker ends: who connects is answered or refused at once, and never left waiting."""

from __future__ import annotations

import os
import selectors
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from gunicorn.config import Config

from server.logs import ServiceLog
from server.worker import Worker


@pytest.fixture
def worker() -> Iterator[Worker]:
    """Takes connections on a free port; its parent is alive."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = Config()
        nothing: Any = None  # no request is read here, so no application is asked
        worker = Worker(1, os.getppid(), [listener], nothing, 60, config, ServiceLog(config))
        worker.tpool = worker.get_thread_pool()
        worker.poller = selectors.DefaultSelector()
        worker.method_queue.init()
        worker.set_accept_enabled(True)
        yield worker
        worker.tpool.shutdown(wait=True)
        worker.poller.close()
        worker.method_queue.close()
        worker.tmp.close()


def test_worker_whose_master_is_gone_takes_who_has_connected_and_lets_go_of_the_port(
    worker: Worker,
) -> None:
    address = worker.sockets[0].getsockname()
    assert worker.is_parent_alive()
    with socket.create_connection(address), socket.create_connection(address):
        worker.ppid = -1
        assert not worker.is_parent_alive()
        assert not worker.alive
        worker.set_accept_enabled(False)
        assert worker.nr_conns == 2
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address)


def test_worker_with_too_much_to_do_keeps_the_port(worker: Worker) -> None:
    address = worker.sockets[0].getsockname()
    worker.set_accept_enabled(False)
    with socket.create_connection(address):
        assert worker.nr_conns == 0
        worker.set_accept_enabled(True)
        worker.wait_for_and_dispatch_events(timeout=10)
        assert worker.nr_conns == 1
