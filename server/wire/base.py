"""What all types of the border share: strictness, plain text, the limits beyond the matcher's."""

from __future__ import annotations

import re
from typing import Final

from pydantic import BaseModel, ConfigDict

MAX_ID_CHARS: Final = 128
MAX_QUERY_CHARS: Final = 2_000
MAX_PAGE_SIZE: Final = 100
MAX_NOTE_CHARS: Final = 500
MAX_CHANGES_BYTES: Final = 64 * 1024 * 1024
"""Bytes a changeset: one push is one step, however many cases it holds."""
MOST_SENTENCES: Final = 2_000
"""Sentences that a replay takes at most."""
MOST_SHOWN: Final = 200
"""Cases, remarks and hints of a dry run that an answer holds at most, each; all are counted."""
MIN_WAIT_S: Final = 300
"""Seconds that a browser waits before it asks again for what is new."""

# Line breaks and tabs are part of prose; no other control character has business in a text.
_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def no_controls(text: str) -> str:
    """Return the text itself; ValueError where a character in it has no business in prose."""
    found = _CONTROL.search(text)
    if found:
        code = ord(found.group())
        raise ValueError(f"character U+{code:04X} at position {found.start()} is not allowed")
    return text


class Request(BaseModel):
    """Something that a client sends: an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Answer(BaseModel):
    """Something that the service answers."""

    # The matcher's own values are read by attribute, so keys and names agree or fail loudly.
    model_config = ConfigDict(frozen=True, from_attributes=True)
