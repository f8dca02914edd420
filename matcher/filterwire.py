"""A filter as bytes: its one canonical form, the difference between two, and what is sent.

``docs/filter.md`` describes every byte. Numbers are unsigned LEB128 unless it says otherwise.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from itertools import groupby
from typing import Final

from matcher.errors import FilterError
from matcher.filter import EVIDENCE, Filter, Rule

FORMAT: Final = 1
MAGIC: Final = b"CLMF"
_WHOLE: Final = 0
_DELTA: Final = 1
_HEADER: Final = struct.Struct(">4sBBII32s32s")
MAX_BYTES: Final = 64 * 1024 * 1024
"""Bytes that a filter may unpack to; one of 100,000 cases takes 2 MB."""


def encode(filter_: Filter) -> bytes:
    """The canonical bytes: equal filters have equal bytes."""
    out = bytearray()
    _put_settings(out, filter_)
    _put(out, len(filter_.rows))
    postings: list[list[int]] = [[] for _ in filter_.hashes]
    for number, row in enumerate(filter_.rows):
        for term in row:
            postings[term].append(number)
    groups = [
        (size, list(terms))
        for size, terms in groupby(range(len(postings)), lambda term: len(postings[term]))
    ]
    _put(out, len(groups))
    for size, terms in groups:
        _put(out, size)
        _put(out, len(terms))
    for _, terms in groups:
        _put_gaps(out, [filter_.hashes[term] for term in terms])
    out += bytes(filter_.weights)
    for rows in postings:
        _put_gaps(out, rows)
    return bytes(out)


def digest(content: bytes) -> bytes:
    """SHA-256 of canonical bytes, 32 bytes."""
    return sha256(content).digest()


def decode(content: bytes) -> Filter:
    """The filter of canonical bytes; FilterError for anything else."""
    read = _Reader(content)
    rule, hosts = read.settings()
    row_count = read.number()
    groups = [(read.number(), read.number()) for _ in range(read.number())]
    hashes = [hashed for _, terms in groups for hashed in read.gaps(terms)]
    weights = read.take(len(hashes))
    rows: dict[int, list[int]] = {number: [] for number in range(row_count)}
    sizes = [size for size, terms in groups for _ in range(terms)]
    if row_count > sum(sizes):
        raise FilterError("rows without words")
    for term, size in enumerate(sizes):
        for number in read.gaps(size):
            if number not in rows:
                raise FilterError(f"row {number} of {row_count}")
            rows[number].append(term)
    read.end()
    return Filter(
        hashes=tuple(hashes),
        weights=tuple(weights),
        rows=tuple(map(tuple, rows.values())),
        hosts=hosts,
        rule=rule,
    )


def difference(old: Filter, new: Filter) -> bytes:
    """What turns one filter into another: rows that go and come, weights that change."""
    before, after = _hash_rows(old), _hash_rows(new)
    gone = set(before) - set(after)
    come = sorted(sorted(row) for row in set(after) - set(before))
    old_weights = dict(zip(old.hashes, old.weights, strict=True))
    changed = sorted(
        (hashed, weight)
        for hashed, weight in zip(new.hashes, new.weights, strict=True)
        if old_weights.get(hashed) != weight
    )
    out = bytearray()
    _put_settings(out, new)
    _put(out, len(gone))
    _put_gaps(out, [number for number, row in enumerate(before) if row in gone])
    _put(out, len(come))
    for row in come:
        _put(out, len(row))
        _put_gaps(out, row)
    _put(out, len(changed))
    _put_gaps(out, [hashed for hashed, _ in changed])
    out += bytes(weight for _, weight in changed)
    return bytes(out)


def apply(old: Filter, changes: bytes) -> Filter:
    """The filter that a difference leads to; FilterError where it does not fit ``old``."""
    read = _Reader(changes)
    rule, hosts = read.settings()
    gone = set(read.gaps(read.number()))
    come = [frozenset(read.gaps(read.number())) for _ in range(read.number())]
    changed = list(read.gaps(read.number()))
    weights = dict(zip(old.hashes, old.weights, strict=True))
    weights |= dict(zip(changed, read.take(len(changed)), strict=True))
    read.end()
    kept = (row for number, row in enumerate(_hash_rows(old)) if number not in gone)
    try:
        return Filter.of(
            [*kept, *come],
            weights,
            hosts=hosts,
            rule=rule,
        )
    except KeyError as error:
        raise FilterError("a word without a weight: the difference is to another filter") from error


@dataclass(frozen=True, slots=True)
class Message:
    """What a server sends: a whole filter (``base`` None), or the difference to ``base``.

    ``digest`` and ``base`` are SHA-256 of canonical bytes; ``content`` those bytes, or the
    difference.
    """

    version: int
    min_wait_s: int
    digest: bytes
    base: bytes | None
    content: bytes


def pack(message: Message) -> bytes:
    """A message as the bytes of a response: a header, then its content compressed (zlib)."""
    kind = _WHOLE if message.base is None else _DELTA
    base = message.base or bytes(32)
    header = _HEADER.pack(
        MAGIC, FORMAT, kind, message.version, message.min_wait_s, message.digest, base
    )
    return header + zlib.compress(message.content, 9)


def unpack(sent: bytes) -> Message:
    """The message in the bytes of a response.

    Raises
    ------
    FilterError
        where they are no message, or one of another format.
    """
    if len(sent) < _HEADER.size or sent[:4] != MAGIC:
        raise FilterError("not a filter")
    _, found, kind, version, min_wait_s, hashed, base = _HEADER.unpack_from(sent)
    if found != FORMAT or kind not in (_WHOLE, _DELTA):
        raise FilterError(f"format {found}, kind {kind}; this is format {FORMAT}, kinds 0 and 1")
    unpacker = zlib.decompressobj()
    try:
        content = unpacker.decompress(sent[_HEADER.size :], MAX_BYTES)
    except zlib.error as error:
        raise FilterError(f"cannot be unpacked: {error}") from error
    if not unpacker.eof or unpacker.unused_data:
        raise FilterError(f"cut short, longer than {MAX_BYTES} bytes, or followed by more")
    return Message(version, min_wait_s, hashed, base if kind == _DELTA else None, content)


def _hash_rows(filter_: Filter) -> list[frozenset[int]]:
    return [frozenset(filter_.hashes[term] for term in row) for row in filter_.rows]


def _put(out: bytearray, number: int) -> None:
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)


def _put_gaps(out: bytearray, ascending: Iterable[int]) -> None:
    """Ascending numbers as the count of numbers left out before each."""
    following = 0
    for number in ascending:
        _put(out, number - following)
        following = number + 1


def _put_settings(out: bytearray, filter_: Filter) -> None:
    rule = filter_.rule
    _put(out, rule.unknown_weight)
    _put(out, rule.gate)
    for signed in (rule.bias, *rule.coefficients):
        _put(out, 2 * signed if signed >= 0 else -2 * signed - 1)
    _put(out, rule.least_score)
    _put(out, rule.eager_score)
    _put(out, len(filter_.hosts))
    for host in filter_.hosts:
        name = host.encode()
        _put(out, len(name))
        out += name


class _Reader:
    def __init__(self, content: bytes) -> None:
        self._content = content
        self._at = 0

    def number(self) -> int:
        number = shift = 0
        while True:
            if self._at >= len(self._content) or shift > 28:
                raise FilterError(f"no number at byte {self._at}")
            byte = self._content[self._at]
            self._at += 1
            number |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return number

    def gaps(self, count: int) -> list[int]:
        numbers = []
        following = 0
        for _ in range(count):
            numbers.append(following + self.number())
            following = numbers[-1] + 1
        return numbers

    def take(self, count: int) -> bytes:
        if self._at + count > len(self._content):
            raise FilterError(f"{count} bytes at {self._at} of {len(self._content)}")
        self._at += count
        return self._content[self._at - count : self._at]

    def signed(self) -> int:
        number = self.number()
        return -(number + 1) // 2 if number % 2 else number // 2

    def settings(self) -> tuple[Rule, tuple[str, ...]]:
        rule = Rule(
            unknown_weight=self.number(),
            gate=self.number(),
            bias=self.signed(),
            coefficients=tuple(self.signed() for _ in range(EVIDENCE)),
            least_score=self.number(),
            eager_score=self.number(),
        )
        try:
            hosts = tuple(self.take(self.number()).decode() for _ in range(self.number()))
        except UnicodeDecodeError as error:
            raise FilterError("a host that is no UTF-8") from error
        return rule, hosts

    def end(self) -> None:
        if self._at != len(self._content):
            raise FilterError(f"{len(self._content) - self._at} bytes too many")
