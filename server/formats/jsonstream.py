"""The parts of one large JSON document, one after the other, each with its line.

Memory holds one part at a time, however large the document is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, TextIO

import ijson

from server.formats.types import MAX_ROW_CHARS, Rejected

_PIECE_CHARS: Final = 65_536
_MOST_HELD_CHARS: Final = 32 * MAX_ROW_CHARS
"""Read so far without a part being complete: beyond it, the document is not what it says."""


def parts(stream: TextIO, prefix: str) -> Iterator[tuple[int, Any]]:
    """The values at a place of a document, such as ``dataFeedElement.item``.

    Yields
    ------
    The line where the value begins, as far as a person would look for it (with one value a
    line, exactly), and the value; `Rejected` for one too large, and for what cannot be read,
    after which nothing follows.
    """
    found = ijson.sendable_list()
    reader = ijson.items_coro(found, prefix, multiple_values=True, use_float=True)
    # A part that ends in line n leaves line n + 1 for the next; the first begins behind the key.
    key = f'"{prefix.split(".", 1)[0]}"' if prefix and prefix != "item" else ""
    line, begins, held = 1, 1, 0
    try:
        while piece := stream.readline(_PIECE_CHARS):
            held += len(piece)
            reader.send(piece.encode(errors="replace"))
            if key and key in piece:
                begins, key = line + 1, ""
            for value in found:
                at = min(begins, line)
                begins = line + 1
                if held > MAX_ROW_CHARS + _PIECE_CHARS:
                    value = Rejected(at, None, f"more than {MAX_ROW_CHARS:,} characters")
                yield at, value
                held = 0
            found.clear()
            if held > _MOST_HELD_CHARS:
                yield begins, Rejected(begins, None, _endless())
                return
            line += piece.endswith("\n")
        reader.close()
    except ijson.JSONError as error:
        reason = str(error).split("\n", 1)[0].removeprefix("parse error: ")
        yield line, Rejected(line, None, f"not JSON from here on ({reason[:100]})")


def _endless() -> str:
    return f"more than {_MOST_HELD_CHARS:,} characters without an end; the rest is not read"
