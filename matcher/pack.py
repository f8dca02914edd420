"""The pack: all that a browser needs to show hints and cards without asking anyone.

The cases as the card shows them, each wording with the keys of its rows in the filter, cut into
parts by the cases' ids. A part is named by its content, so that any cache may keep it for ever,
and a change of one case is a change of one part. ``docs/filter.md`` describes the bytes.
"""

from __future__ import annotations

import json
import zlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from matcher.filter import claim_rows
from matcher.index import Index
from matcher.local import Wording, row_key, settings

FORMAT: Final = 1
CASES_A_PART: Final = 128
"""Cases a part at most, on average: a new case costs a browser the list of parts and one of them,
about 8 kB each at 12,000 cases."""
NAME_BYTES: Final = 16
"""Bytes of the SHA-256 of a part's content that name it."""
SHOWN: Final = (
    "id",
    "claims",
    "verdict",
    "rating",
    "summary",
    "summary_language",
    "url",
    "publisher",
    "published",
    "related",
)
"""Keys of a case that a card needs; the others stay with the server."""


@dataclass(frozen=True, slots=True)
class Part:
    """Some bytes of JSON, compressed (zlib), and their name; ``source`` tells what they are of."""

    name: str
    body: bytes
    source: bytes

    @classmethod
    def of(cls, content: object, source: bytes = b"") -> Part:
        """Pack what JSON can say; equal content has an equal name."""
        plain = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
        return cls(sha256(plain).hexdigest()[: 2 * NAME_BYTES], zlib.compress(plain, 9), source)

    def content(self) -> Any:
        """What was packed."""
        return json.loads(zlib.decompress(self.body))


@dataclass(frozen=True, slots=True)
class Pack:
    """The parts of an index, and the rule to judge by, which is a part of its own."""

    rule: Part
    parts: tuple[Part, ...]

    @classmethod
    def of(cls, index: Index, previous: Pack | None = None) -> Pack:
        """The pack of an index; parts that ``previous`` holds unchanged are not made again."""
        count = part_count(len(index))
        lines: list[list[bytes]] = [[] for _ in range(count)]
        for line in index.lines():
            lines[part_of(json.loads(line)["id"], count)].append(line)
        known = {part.source: part for part in previous.parts} if previous else {}
        parts = []
        for some in lines:
            source = sha256(b"\n".join(some)).digest()
            part = known.get(source)
            parts.append(part or Part.of([_shown(json.loads(line)) for line in some], source))
        return cls(Part.of(settings(len(index))), tuple(parts))

    @property
    def digest(self) -> str:
        """SHA-256, in hexadecimal, of the names of rule and parts, one a line."""
        names = (self.rule.name, *(part.name for part in self.parts))
        return sha256("\n".join(names).encode()).hexdigest()

    def __iter__(self) -> Iterator[Part]:
        return iter((self.rule, *self.parts))


def part_count(cases: int) -> int:
    """A power of two, so that few sizes of an index cut it anew."""
    return 1 << max(0, -(-cases // CASES_A_PART) - 1).bit_length()


def part_of(case_id: str, count: int) -> int:
    """The part that a case belongs to, whatever other cases there are."""
    return int.from_bytes(sha256(case_id.encode()).digest()[:4]) % count


def _shown(case: Mapping[str, Any]) -> dict[str, Any]:
    shown = {key: case[key] for key in SHOWN if case.get(key)}
    shown["claims"] = [_with_rows(claim) for claim in case["claims"]]
    return shown


def _with_rows(claim: Mapping[str, Any]) -> dict[str, Any]:
    rows = (row_key(sorted(terms)) for terms in claim_rows(claim["text"], claim["language"]))
    return {**claim, "rows": list(dict.fromkeys(rows))}


def wordings(pack: Pack) -> Mapping[int, Sequence[Wording]]:
    """The wordings that have a row, by its key: what ``Judge`` looks for."""
    found: dict[int, list[Wording]] = defaultdict(list)
    for part in pack.parts:
        for case in part.content():
            for claim in case["claims"]:
                for key in claim["rows"]:
                    found[key].append(Wording(case["id"], claim["text"], claim["language"]))
    return found
