"""How much a client may send a minute, in characters: what costs the service is text.

Each worker counts in memory (the library ``limits``, a sliding window), so that no request waits
for Redis and limits hold while it is away. Once a second the workers of all machines tell each
other, through Redis, what was used: together they let through at most one second's work too much.
Tokens shown by those who match text are known by what Redis said a second before, or while it is
away last: one that is revoked is good here for as long.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil
from typing import Final

from flask import Flask, Response, current_app, g, request
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from server import metrics
from server.bearer import bad_token, shown_token
from server.clients import client
from server.errors import StoreError
from server.faults import WireError
from server.problems import TOO_MANY, Problem
from server.settings import Settings
from server.store import Store, Token, whose

WINDOW_S: Final = 60
SHARE_S: Final = 1.0
LEAST_COST: Final = 100
"""Characters that a request counts as at least: an empty one costs time as well."""
REPORTS_A_MINUTE: Final = 10
"""Reports from one client: more than a reader writes by hand."""

_EXTENSION: Final = "claimlight.allowances"

log: Final = logging.getLogger("claimlight.server")

AddUsage = Callable[[Mapping[str, int]], dict[str, int]]
"""Adds what was used under each key; returns the sum of everybody under these keys."""


@dataclass(frozen=True, slots=True)
class Policy:
    """A limit; ``name`` as in RateLimit-Policy, ``quota`` units a minute, 0: none."""

    name: str
    quota: int
    unit: str = "characters"


class Tally(MemoryStorage):
    """Counts of this process, which learns from others what they have counted."""

    STORAGE_SCHEME = None  # type: ignore[assignment]  # no address means this one

    def __init__(self) -> None:
        self._sharing = threading.Lock()
        self._unsent: dict[str, int] = {}
        self._told: dict[str, int] = {}  # the sum of everybody, as last heard of
        super().__init__()

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Count, and remember that the others do not know of it yet."""
        with self._sharing:
            self._unsent[key] = self._unsent.get(key, 0) + amount
        return super().incr(key, expiry, amount)

    def decr(self, key: str, amount: int = 1) -> int:
        """Take back what another request in the same moment had used already."""
        with self._sharing:
            self._unsent[key] = self._unsent.get(key, 0) - amount
        return super().decr(key, amount)

    def share(self, add: AddUsage) -> None:
        """Tell what was counted here, learn what was elsewhere; StoreError: tried again later."""
        window = int(time.time() / WINDOW_S)
        with self._sharing:
            # The window before counts as well, and some of it may not have been told yet.
            known = {key: sum_ for key, sum_ in self._told.items() if _window(key) >= window - 1}
            sent = {**dict.fromkeys(known, 0), **self._unsent}
            self._told, self._unsent = known, {}
        if not sent:
            return
        try:
            sums = add(sent)
        except StoreError:
            with self._sharing:
                for key, amount in sent.items():
                    if amount and _window(key) >= window - 1:
                        self._unsent[key] = self._unsent.get(key, 0) + amount
            raise
        for key, sum_ in sums.items():
            others = sum_ - self._told.get(key, 0) - sent[key]
            if others > 0:
                super().incr(key, 2 * WINDOW_S, others)
            self._told[key] = sum_


def _window(key: str) -> int:
    return int(key.rpartition("/")[2])


class Allowances:
    """What is left of each client's allowance; safe to use from many threads."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self.characters: Final = Policy("characters", settings.client_chars_a_minute)
        self.reports: Final = Policy("reports", REPORTS_A_MINUTE, "reports")
        self.token: Final = Policy("token-characters", settings.token_chars_a_minute)
        self.token_match: Final = Policy("token-match", settings.token_match_chars_a_minute)
        self.proxies: Final = settings.trusted_proxies
        self._tally = Tally()
        self._limiter = SlidingWindowCounterRateLimiter(self._tally)
        self._store = store
        self._tokens: list[Token] | None = None
        self._stopping = threading.Event()

    def start(self) -> None:
        """Begin to share what is used with the other workers; after the fork."""
        threading.Thread(target=self._follow, name="allowances", daemon=True).start()

    def stop(self) -> None:
        """Stop sharing with them."""
        self._stopping.set()

    def take(self, policy: Policy, who: str, cost: int) -> dict[str, str]:
        """Use up some of an allowance.

        What is more than a whole minute's counts as that, so that every legal request passes
        now and then.

        Returns
        -------
        The headers that tell the limit. Source: draft-ietf-httpapi-ratelimit-headers-10.

        Raises
        ------
        Problem
            429 where less than ``cost`` is left; nothing is used up then.
        """
        if not policy.quota:
            return {}
        item = RateLimitItemPerMinute(policy.quota, namespace=policy.name)
        passed = self._limiter.hit(item, who, cost=min(cost, policy.quota))
        headers = self._headers(policy, item, who)
        if not passed:
            metrics.LIMITED.labels(policy.name).inc()
            wait = self._wait_s(item, who, min(cost, policy.quota))
            raise Problem(
                TOO_MANY,
                f"{cost:,} {policy.unit} are more than is left of {policy.quota:,} a minute; "
                f"wait {wait} s.",
                headers={**headers, "Retry-After": str(wait)},
            )
        return headers

    def owe(self, policy: Policy, who: str, cost: int) -> dict[str, str]:
        """Use up an allowance for what is done already; what is more than is left counts on.

        Returns the headers that tell the limit, which there has to be.
        """
        item = RateLimitItemPerMinute(policy.quota, namespace=policy.name)
        _, key = self._tally.sliding_window_keys(item.key_for(who), WINDOW_S, time.time())
        self._tally.incr(key, 2 * WINDOW_S, min(cost, policy.quota))
        return self._headers(policy, item, who)

    def owner(self, shown: str) -> str | None:
        """Return the name of the token shown; None as long as no token is known of at all.

        Raises
        ------
        Problem
            401 where it is unknown, revoked or expired.
        """
        if self._tokens is None:
            return None
        identity = whose(shown, self._tokens)
        if identity is None:
            raise bad_token()
        return identity.name

    def _headers(self, policy: Policy, item: RateLimitItemPerMinute, who: str) -> dict[str, str]:
        left = self._limiter.get_window_stats(item, who).remaining
        ends_s = ceil(WINDOW_S - time.time() % WINDOW_S)
        return {
            "RateLimit-Policy": f'"{policy.name}";q={policy.quota};w={WINDOW_S}',
            "RateLimit": f'"{policy.name}";r={left};t={ends_s}',
        }

    def _wait_s(self, item: RateLimitItemPerMinute, who: str, cost: int) -> int:
        """Seconds until so much is left again, if nothing else is used in between.

        The window before counts by the share of it that lies within the last minute.
        """
        before, fades_s, now, _ = self._tally.get_sliding_window(item.key_for(who), WINDOW_S)
        turns_s = WINDOW_S - time.time() % WINDOW_S
        if (free := item.amount - cost - now) >= 0 and before:
            return max(1, ceil(fades_s - WINDOW_S * free / before))
        free = item.amount - cost
        return max(1, ceil(turns_s + WINDOW_S * (1 - free / max(now, 1))))

    def share(self) -> None:
        """Tell the other workers what was used here, and learn what was there and whose turn up."""
        try:
            self._tokens = self._store.tokens.list()
            self._tally.share(lambda used: self._store.usage.add(used, kept_s=2 * WINDOW_S))
        except StoreError as error:
            log.debug("allowances are not shared: %s", error)

    def _follow(self) -> None:
        self.share()
        while not self._stopping.wait(SHARE_S):
            self.share()


def register(app: Flask, allowances: Allowances) -> None:
    """Charge each request to the API, before its body is read, and tell what is left."""

    def begin() -> None:
        if request.path.startswith("/v1/") and request.method != "OPTIONS":
            take(allowances.characters, LEAST_COST)

    def tell(response: Response) -> Response:
        # Not on what anyone may keep: it would tell one client of another's allowance.
        if not response.cache_control.public:
            response.headers.update(g.get("allowance", {}))
        return response

    app.extensions[_EXTENSION] = allowances
    app.before_request(begin)
    app.after_request(tell)


def allowances() -> Allowances:
    """Return the allowances of the application at hand."""
    found: Allowances = current_app.extensions[_EXTENSION]
    return found


def take(policy: Policy, cost: int, *, who: str | None = None) -> None:
    """Charge the request at hand, by default to its client; see ``Allowances.take``."""
    if policy.quota:
        found = allowances()
        g.allowance = found.take(policy, who or client(found.proxies), cost)


def token_owner() -> str | None:
    """Return whose token the request at hand shows; None where it shows none.

    None as well while Redis has been away from the start: nobody is refused for that.

    Raises
    ------
    Problem
        401 where it is none that is known.
    """
    shown = shown_token()
    return None if shown is None else allowances().owner(shown)


def charge_text(characters: int, *, owner: str | None = None) -> None:
    """Charge the text of the request at hand to the token of ``owner``, None: to its client."""
    policy, cost = _for_text(characters, owner)
    take(policy, cost, who=owner)


@contextmanager
def charging_faults(body: bytes, *, owner: str | None = None) -> Iterator[None]:
    """Charge a body that turns out not to be as documented by its length in bytes.

    To find that out costs time as well: no more of such bodies may be sent than of text.
    """
    try:
        yield
    except WireError:
        policy, cost = _for_text(len(body), owner)
        if policy.quota:
            found = allowances()
            g.allowance = found.owe(policy, owner or client(found.proxies), cost)
        raise


def _for_text(characters: int, owner: str | None) -> tuple[Policy, int]:
    """The allowance that text counts towards, and how much of it is still to be charged."""
    if owner is not None:
        return allowances().token_match, characters
    policy = allowances().characters
    return policy, max(0, min(characters, policy.quota) - LEAST_COST)


def charge_report() -> None:
    """Charge one report to the client of the request at hand."""
    take(allowances().reports, 1)


def charge_token(name: str, *, limit: int) -> None:
    """Charge the body of the request at hand, before it is read, to an editor's token.

    Where its length is not told it may be as long as ``limit``, in bytes.
    """
    length = request.content_length
    if length is None:
        length = limit if request.headers.get("Transfer-Encoding") else 0
    take(allowances().token, max(length, LEAST_COST), who=name)
