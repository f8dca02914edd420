"""Files and requests as nobody would write them: seeds damaged at random, by bytes or by JSON."""

from __future__ import annotations

import json
import random
from typing import Any, Final

TOKENS: Final = (
    b"\0", b"\r", b"\n", b'"', b"'", b"\\", b",", b";", b"\t", b"{", b"}", b"[", b"]", b":",
    b"<", b">", b"</script>", b'<script type="application/ld+json">', b"<!--", b"]]>", b"\xff",
    b"\xc3", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff",
    "\u202e\u200b\u0301\ufeff".encode(), b"\\ud800", b"\\u0000", b"null", b"true", b"NaN",
    b"Infinity", b"-0", b"1e999", b"9" * 400, b"0x10", b"[" * 600, b'{"a":' * 600, b"sep=;\r\n",
    b"=cmd|' /C calc'!A0", b"%s%n", b"../../etc/passwd", b"javascript:alert(1)", b"https://[::1",
    b'"@graph":', b'"retract":', b'"__proto__":', b"0001-01-01", b"9999-12-31", b"2024-02-30",
)  # fmt: skip
"""What parsers trip over."""

VALUES: Final[tuple[Any, ...]] = (
    None, True, 0, -1, 0.5, 1e308, 10**30, -(2**63), "", " ", "\0", "\ud800", "\u202e", "0",
    "x" * 2_001, "é" * 100_001, "https://", "https://[", "http://a", "2020-13-01", "=1+1",
    "ﷺ" * 1_999, [], [[]], [None], {}, {"": {}}, {"@type": "ClaimReview"}, ["a"] * 300,
)  # fmt: skip
"""What may stand where something else is expected."""

MOST_BYTES: Final = 2_000_000


def damaged(seed: bytes, dice: random.Random) -> bytes:
    """The seed after one to five blows, at most ``MOST_BYTES`` long."""
    data = seed
    if dice.random() < 0.5:
        data = _value_replaced(data, dice)
    for _ in range(dice.randint(0 if data != seed else 1, 4)):
        data = dice.choice(_BLOWS)(data, dice)[:MOST_BYTES]
    return data


def _span(data: bytes, dice: random.Random) -> tuple[int, int]:
    start = dice.randint(0, len(data))
    return start, min(len(data), start + int(dice.paretovariate(0.7)))


def _overwrite(data: bytes, dice: random.Random) -> bytes:
    start, end = _span(data, dice)
    return data[:start] + dice.randbytes(min(end - start, 64)) + data[end:]


def _remove(data: bytes, dice: random.Random) -> bytes:
    start, end = _span(data, dice)
    return data[:start] + data[end:]


def _repeat(data: bytes, dice: random.Random) -> bytes:
    start, end = _span(data, dice)
    return data[:start] + data[start:end] * dice.choice((2, 2, 3, 50, 1_000)) + data[end:]


def _insert(data: bytes, dice: random.Random) -> bytes:
    start = dice.randint(0, len(data))
    return data[:start] + dice.choice(TOKENS) + data[start:]


def _move(data: bytes, dice: random.Random) -> bytes:
    start, end = _span(data, dice)
    rest = data[:start] + data[end:]
    at = dice.randint(0, len(rest))
    return rest[:at] + data[start:end] + rest[at:]


def _cut(data: bytes, dice: random.Random) -> bytes:
    return data[: dice.randint(0, len(data))]


def _exchange(data: bytes, dice: random.Random) -> bytes:
    """One token for another, wherever it stands."""
    return data.replace(dice.choice((b'"', b",", b"\n", b":", b"{", b" ")), dice.choice(TOKENS), 9)


_BLOWS: Final = (_overwrite, _remove, _repeat, _insert, _move, _cut, _exchange)


def _value_replaced(data: bytes, dice: random.Random) -> bytes:
    """A line of JSON, or the whole, with one of its values, keys or members exchanged."""
    lines = data.split(b"\n")
    number = dice.randrange(len(lines))
    try:
        value = json.loads(data)
    except ValueError:
        try:
            value = json.loads(lines[number])
        except ValueError:
            return data
        lines[number] = _dumped(_changed(value, dice))
        return b"\n".join(lines)
    return _dumped(_changed(value, dice))


def _dumped(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode(errors="surrogatepass")


def _changed(value: Any, dice: random.Random) -> Any:
    if isinstance(value, dict) and value and dice.random() < 0.9:
        key = dice.choice(list(value))
        match dice.randrange(6):
            case 0:
                return {name: inner for name, inner in value.items() if name != key}
            case 1:
                return value | {dice.choice(("", "x", "\0", "id", "@type")): dice.choice(VALUES)}
            case _:
                return value | {key: _changed(value[key], dice)}
    if isinstance(value, list) and value and dice.random() < 0.9:
        at = dice.randrange(len(value))
        if dice.random() < 0.2:
            return value[:at] + [value[at]] * dice.choice((0, 2, 300)) + value[at + 1 :]
        return [*value[:at], _changed(value[at], dice), *value[at + 1 :]]
    return dice.choice(VALUES)
