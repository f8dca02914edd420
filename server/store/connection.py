"""How Redis is reached: bounded in time, its errors mapped to ours."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any, Final, Self

import redis
from redis.backoff import NoBackoff
from redis.client import Pipeline, PubSub
from redis.retry import Retry
from redis.sentinel import Sentinel

from server import metrics
from server.address import Sentinels, sentinels
from server.errors import Unavailable, Unconfirmed, Unreadable

CONNECT_TIMEOUT_S: Final = 1.0
SENTINEL_TIMEOUT_S: Final = 0.5
"""A Sentinel that hangs is passed over after this time: another one is asked."""
ANSWER_TIMEOUT_S: Final = 5.0

_UNCONFIRMED: Final = (
    "Redis has not confirmed the changeset in time: it may or may not be published; to push "
    "again is safe"
)


def connect(url: str, *, answer_timeout_s: float = ANSWER_TIMEOUT_S) -> redis.Redis:
    """Return a client; nothing is connected before its first use.

    It repeats nothing by itself: a step that was repeated blindly could be taken twice. With
    Sentinels each new connection asks which server is the primary, and one that was demoted
    counts as lost.
    """
    timeouts: dict[str, Any] = {
        "socket_connect_timeout": min(CONNECT_TIMEOUT_S, answer_timeout_s),
        "socket_timeout": answer_timeout_s,
        "retry": Retry(NoBackoff(), 0),
    }
    found = sentinels(url)
    if found is None:
        return redis.Redis.from_url(url, **timeouts)
    return _primary_of(found, timeouts)


def _primary_of(found: Sentinels, timeouts: dict[str, Any]) -> redis.Redis:
    tls: dict[str, Any] = {"ssl": True} if found.tls else {}
    if "ssl_ca_certs" in found.options:
        tls["ssl_ca_certs"] = found.options["ssl_ca_certs"]
    watchers = Sentinel(  # type: ignore[no-untyped-call]
        found.hosts,
        sentinel_kwargs={
            "socket_connect_timeout": SENTINEL_TIMEOUT_S,
            "socket_timeout": SENTINEL_TIMEOUT_S,
            "retry": Retry(NoBackoff(), 0),
            "username": found.options.get("sentinel_username"),
            "password": found.options.get("sentinel_password"),
            **tls,
        },
        db=found.database,
        username=found.username,
        password=found.password,
        **timeouts,
        **tls,
    )
    primary: redis.Redis = watchers.master_for(found.service)  # type: ignore[no-untyped-call]
    return primary


class Transaction(Pipeline):
    """A pipeline in ``MULTI`` that does not talk to a connection it has lost.

    redis-py would connect again to say UNWATCH, and wait once more for a server that hangs.
    """

    def reset(self) -> None:  # type: ignore[override]
        """Forget all commands and give the connection back."""
        if self.connection is not None and not self.connection.is_connected:
            self.watching = False
        super().reset()


def transaction(client: redis.Redis) -> Transaction:
    """Return a transaction to be used in a ``with`` block."""
    return Transaction(client.connection_pool, client.response_callbacks, True, None)


@contextlib.contextmanager
def guarded() -> Iterator[None]:
    """Map the errors of redis-py to Unavailable and Unreadable."""
    try:
        yield
    except redis.ResponseError as error:
        # Of a pipeline redis-py tells the command as well, and with it what is to be stored.
        reason = str(error).rpartition("caused error: ")[2][:200]
        if reason.startswith("WRONGTYPE"):
            metrics.REDIS_ERRORS.labels("unreadable").inc()
            raise Unreadable("a key of Claimlight in Redis holds something else") from None
        metrics.REDIS_ERRORS.labels("refused").inc()
        raise Unavailable(f"Redis refuses, nothing was changed: {reason}") from None
    except (redis.RedisError, OSError) as error:
        metrics.REDIS_ERRORS.labels("away").inc()
        raise Unavailable("Redis is away; nothing was changed, try again in a moment") from error


def lost(error: redis.RedisError) -> bool:
    """Whether the connection was lost, so that nobody knows what Redis has done.

    While a key is watched, redis-py dresses a lost connection up as a WatchError.
    """
    cause = error.__context__ if isinstance(error, redis.WatchError) else error
    return isinstance(cause, redis.ConnectionError | redis.TimeoutError | OSError)


def unconfirmed() -> Unconfirmed:
    """Return the error for a step whose fate nobody knows."""
    metrics.REDIS_ERRORS.labels("unconfirmed").inc()
    return Unconfirmed(_UNCONFIRMED)


class Listener:
    """An ear on a channel, for one thread; connects again by itself."""

    def __init__(self, client: redis.Redis, channel: str) -> None:
        self._redis = client
        self._channel = channel
        self._pubsub: PubSub | None = None
        self._closed = threading.Event()

    def wait(self, timeout_s: float) -> bool:
        """Return True as soon as something is announced, False after that time.

        Announcements can be lost, most of all while Redis is away: poll as well.
        """
        try:
            if self._pubsub is None:
                self._pubsub = self._redis.pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]
                self._pubsub.subscribe(self._channel)
            return self._pubsub.get_message(timeout=timeout_s) is not None
        except (redis.RedisError, OSError, ValueError):
            metrics.REDIS_ERRORS.labels("channel").inc()
            self._drop()
            self._closed.wait(timeout_s)
            return False

    def close(self) -> None:
        """Let go of its connection."""
        self._closed.set()
        self._drop()

    def _drop(self) -> None:
        pubsub, self._pubsub = self._pubsub, None
        if pubsub is not None:
            with contextlib.suppress(redis.RedisError, OSError):
                pubsub.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
