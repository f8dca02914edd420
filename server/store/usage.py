"""What clients have used of their allowance, summed over all workers and machines.

Nothing here is asked while a request waits: workers tell once a second what was used.
"""

from __future__ import annotations

import hashlib
import itertools
import secrets
from collections.abc import Mapping
from typing import Final

import redis

from server.store.connection import guarded

_USAGE: Final = "claimlight:usage:"
_SALT: Final = "claimlight:usage:salt"
_SALT_S: Final = 86_400
_BATCH: Final = 1_000


class Usage:
    """The sums of one store; ``Store.usage``."""

    def __init__(self, client: redis.Redis) -> None:
        self._redis = client

    def add(self, used: Mapping[str, int], *, kept_s: int) -> dict[str, int]:
        """Add what was used under each key; return the sum of everybody under these keys.

        A key names a client and a window of time. It is not kept itself: only a digest, with a
        salt that lives for a day, and that for ``kept_s`` seconds after it was last told of, which
        workers do until the window after its own ends.
        """
        sums: dict[str, int] = {}
        with guarded():
            salt = self._salt()
            keys = iter(used)
            while batch := list(itertools.islice(keys, _BATCH)):
                with self._redis.pipeline(transaction=False) as pipe:
                    for key in batch:
                        name = _USAGE + hashlib.sha256(f"{salt} {key}".encode()).hexdigest()[:32]
                        pipe.incrby(name, used[key])
                        pipe.expire(name, kept_s)
                    sums.update(zip(batch, map(int, pipe.execute()[::2]), strict=True))
        return sums

    def _salt(self) -> str:
        with self._redis.pipeline() as pipe:
            pipe.set(_SALT, secrets.token_hex(16), nx=True, ex=_SALT_S)
            pipe.get(_SALT)
            _, salt = pipe.execute()
        return str(salt)
