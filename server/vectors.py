"""Make the vectors of an index's claims in the background, in the process that compiles it.

Until a claim has its vector, whoever meets it makes one for itself, and only words propose it.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterator
from typing import Final

from matcher.index import Index
from matcher.vectors import KnownVectors

AT_ONCE: Final = 32
"""Vectors made before the compiler looks again what is published: some 40 ms."""
LOOKED_AT: Final = 2_000
"""Claims looked at before it does."""
KEPT_EVERY: Final = 2_000
"""Vectors made before they are written for all to use, or a quarter of those there are."""

log = logging.getLogger("claimlight.server")


class VectorMaker:
    """Works through the claims of one index after another, a few at a time."""

    def __init__(self, known: KnownVectors) -> None:
        self._known = known
        self._index: Index | None = None
        self._refused: Index | None = None  # whose vectors the disk did not take
        self._rest: Iterator[str] = iter(())
        self._unknown: list[str] = []
        self._looked_at = 0

    def work(self, index: Index) -> bool:
        """Make a few of the vectors that are missing; True while there is more to do."""
        if index is self._refused:
            return False
        if index is not self._index:
            self._index, self._rest = index, self._texts(index)
            self._unknown, self._looked_at = [], 0
        try:
            return self._work(index)
        except OSError as error:
            log.warning("the vectors of claims cannot be kept: %s", error.strerror)
            self._index, self._refused = None, index
            return False

    def _work(self, index: Index) -> bool:
        if not self._unknown:
            some = list(itertools.islice(self._rest, LOOKED_AT))
            if not some:
                if self._known.fresh or len(self._known) > 2 * self._looked_at:
                    self._known.keep(only=self._texts(index))
                return False
            self._looked_at += len(some)
            self._unknown = self._known.unknown(some)
        self._known.learn(self._unknown[:AT_ONCE])
        del self._unknown[:AT_ONCE]
        if self._known.fresh >= max(KEPT_EVERY, len(self._known) // 4):
            self._known.keep()
        return True

    def _texts(self, index: Index) -> Iterator[str]:
        return index.texts(self._known.languages)
