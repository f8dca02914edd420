"""What is told of all cases of an index together, and told anew when a few of them change."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

from matcher import snapshot
from matcher.case import Case
from matcher.language import primary
from matcher.score import scorer

_MODULUS: Final = 2**256


@dataclass(frozen=True, slots=True)
class Summary:
    """The wordings by language, and a sum that stands for the content.

    ``total`` adds up the SHA-256 of each case's line, modulo 2^256: equal for equal cases,
    whatever the order in which they came and went. It tells two states apart, as an ETag has
    to; it is no proof against somebody who may publish cases made to collide.
    """

    languages: Counter[str] = field(default_factory=Counter)
    total: int = 0

    @classmethod
    def of(cls, header: Mapping[str, Any]) -> Summary:
        """That of a snapshot."""
        return cls(Counter(header["languages"]), int(header["total"], 16))

    @property
    def claims(self) -> int:
        """Number of wordings."""
        return self.languages.total()

    @property
    def digest(self) -> str:
        """SHA-256, hexadecimal, of the cases and of the engine that reads them."""
        told = f"claimlight {snapshot.FORMAT} {scorer().name}\n{self.total:064x}"
        return sha256(told.encode()).hexdigest()

    def with_cases(self, cases: Iterable[Case], lines: Iterable[bytes]) -> Summary:
        """That with more cases, given as they are and as their lines."""
        languages = Counter(self.languages)
        for case in cases:
            languages.update(primary(claim.language) for claim in case.claims)
        return Summary(languages, (self.total + _total(lines)) % _MODULUS)

    def without(self, lines: Iterable[bytes]) -> Summary:
        """That without some of its cases, given as their lines."""
        lines, languages = list(lines), Counter(self.languages)
        for line in lines:
            languages.subtract(primary(told["language"]) for told in json.loads(line)["claims"])
        return Summary(+languages, (self.total - _total(lines)) % _MODULUS)

    def joined(self, other: Summary) -> Summary:
        """That of these and other cases together."""
        total = (self.total + other.total) % _MODULUS
        return Summary(self.languages + other.languages, total)

    def header(self) -> dict[str, Any]:
        """As a snapshot holds it; ``of`` reads it."""
        return {"languages": dict(sorted(self.languages.items())), "total": f"{self.total:x}"}


def _total(lines: Iterable[bytes]) -> int:
    return sum(int.from_bytes(sha256(line).digest(), "big") for line in lines)
