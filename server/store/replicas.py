"""Whether a replica has what was written, where there are replicas (``WAIT``).

What only a primary has is gone with it, and nobody would notice.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import redis
from redis.client import Pipeline

from server.errors import Unreadable
from server.store.connection import unconfirmed
from server.store.step import CONFIRMED

REPLICA_TIMEOUT_S: Final = 2.0


class Replicas:
    """The replicas of one Redis.

    Parameters
    ----------
    client
        the primary.
    needed
        there have to be some, as behind Sentinels: a primary that has lost all of its replicas
        may have been replaced already.
    """

    def __init__(self, client: redis.Redis, *, needed: bool) -> None:
        self._redis = client
        self._needed = needed

    def confirm(self, look: Callable[[Pipeline], object], holds: Callable[[Any], bool]) -> None:
        """Wait until one of them has what was written until now.

        Parameters
        ----------
        look
            queues one command, which reads what was written.
        holds
            whether its answer is what was written: the server still is the one that took it.

        Raises
        ------
        Unconfirmed
            where none has it in time, or another server answers.
        """
        try:
            if not self._needed and not self._count():
                return
            with self._redis.pipeline(transaction=False) as pipe:
                # WAIT speaks of the writes of its own connection, so that there has to be one;
                # replication keeps the order: who has this write has all before it.
                pipe.set(CONFIRMED, "")
                look(pipe)
                pipe.wait(1, int(REPLICA_TIMEOUT_S * 1000))
                _, found, replicas = pipe.execute()
            held = holds(found)
        except (redis.RedisError, OSError, Unreadable) as error:
            raise unconfirmed() from error
        if not replicas or not held:
            raise unconfirmed()

    def _count(self) -> int:
        return int(self._redis.info("replication").get("connected_slaves", 0))
