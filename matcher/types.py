"""What goes into a match and what comes out: frozen values, no behaviour."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Band(StrEnum):
    """The two ways a reader sees a match, by its score."""

    MATCH = "match"
    SIMILAR = "similar"


class Guard(StrEnum):
    """What lowered a score: the sentence is about the claim but may not repeat it."""

    NEGATED = "negated"
    NUMBER = "number"
    NAME = "name"
    QUOTED = "quoted"
    GENERIC = "generic"


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence-sized piece of a page. ``language`` None: to be detected."""

    id: str
    text: str
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Why:
    """Why a sentence met a case: the words in common, and what lowered the score, if anything."""

    shared: tuple[str, ...]
    guard: Guard | None


@dataclass(frozen=True, slots=True)
class Match:
    """A sentence and a case. ``score`` lies in [0, 1]; ``band`` None: below both bands."""

    sentence_id: str
    case_id: str
    score: float
    band: Band | None
    claim: str
    claim_language: str
    why: Why


@dataclass(frozen=True, slots=True)
class Skipped:
    """A sentence that was not weighed, and why: ``language`` or ``empty``."""

    sentence_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer for a batch: in the order of its sentences, best match first within one."""

    matches: tuple[Match, ...]
    skipped: tuple[Skipped, ...]


@dataclass(frozen=True, slots=True)
class Related:
    """A case near another one. ``pinned``: chosen by an editor; ``id`` None: outside the index."""

    id: str | None
    claim: str
    url: str
    pinned: bool
