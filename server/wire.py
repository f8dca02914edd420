"""The types that cross the HTTP border, and the step from them to the matcher's and back.

The one place where a key of the API is named: the OpenAPI document is made from these models.
No web framework in here.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    RootModel,
    StrictFloat,
    StrictInt,
    StrictStr,
)

from matcher.case import MAX_SUMMARY_CHARS, Case, CaseId, Claim, Language, Publisher, Verdict
from matcher.index import Index
from matcher.limits import (
    MAX_BODY_BYTES,
    MAX_LIMIT,
    MAX_SENTENCE_CHARS,
    MAX_SENTENCES,
    MAX_TEXT_CHARS,
)
from matcher.text import split_sentences
from matcher.types import Band, Guard, Outcome, Sentence, Skipped
from server.faults import Fault, WireError, check, parse, pointer

MAX_ID_CHARS: Final = 128
MAX_QUERY_CHARS: Final = 2_000
MAX_PAGE_SIZE: Final = 100
MAX_NOTE_CHARS: Final = 500
MAX_CHANGES_BYTES: Final = 64 * 1024 * 1024
"""Bytes a changeset: one push is one step, however many cases it holds."""
MIN_WAIT_S: Final = 300
"""Seconds that a browser waits before it asks again for what is new."""

# Line breaks and tabs are part of prose; no other control character has business in a text.
_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def _no_controls(text: str) -> str:
    found = _CONTROL.search(text)
    if found:
        code = ord(found.group())
        raise ValueError(f"character U+{code:04X} at position {found.start()} is not allowed")
    return text


class _Request(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Answer(BaseModel):
    # The matcher's own values are read by attribute, so keys and names agree or fail loudly.
    model_config = ConfigDict(frozen=True, from_attributes=True)


SentenceId = Annotated[
    StrictStr, Field(min_length=1, max_length=MAX_ID_CHARS), AfterValidator(_no_controls)
]
SentenceText = Annotated[
    StrictStr, Field(min_length=1, max_length=MAX_SENTENCE_CHARS), AfterValidator(_no_controls)
]
WholeText = Annotated[
    StrictStr, Field(min_length=1, max_length=MAX_TEXT_CHARS), AfterValidator(_no_controls)
]


# --- POST /v1/match -----------------------------------------------------------------------------


class MatchSentence(_Request):
    """A sentence to match, under an id of the sender's choice."""

    id: SentenceId
    text: SentenceText
    language: Language | None = Field(None, description="overrides the request's language")


class MatchRequest(_Request):
    """Either sentences or one text, which the service then splits into sentences."""

    sentences: list[MatchSentence] | None = Field(
        None, min_length=1, max_length=MAX_SENTENCES, description="ids must differ"
    )
    text: WholeText | None = None
    language: Language | None = Field(None, description="absent: detected")
    limit: StrictInt = Field(1, ge=1, le=MAX_LIMIT, description="cases a sentence")
    min_score: StrictFloat | None = Field(
        None, ge=0, le=1, description="default: where band similar begins; 0: the best whatever"
    )


@dataclass(frozen=True, slots=True)
class Query:
    """A request to match, checked.

    ``skipped``: pieces of a text too long to be a sentence; ``pieces``: all that a text was cut
    into, None where the request held sentences.
    """

    sentences: tuple[Sentence, ...]
    limit: int
    min_score: float | None
    skipped: tuple[Skipped, ...] = ()
    pieces: tuple[Sentence, ...] | None = None


def read_match(body: bytes) -> Query:
    """The request in the body of ``POST /v1/match``.

    Raises
    ------
    WireError
        naming each place that breaks a rule.
    """
    asked = check(MatchRequest, parse(body))
    if (asked.sentences is None) == (asked.text is None):
        found = "neither" if asked.text is None else "both"
        raise WireError(
            Fault(pointer="", message=f"exactly one of sentences and text is needed; found {found}")
        )
    if asked.text is not None:
        return _split(asked.text, asked)
    sentences = tuple(
        Sentence(id=each.id, text=each.text, language=each.language or asked.language)
        for each in asked.sentences or ()
    )
    if faults := [*_repeated_ids(sentences), *_too_long(sentences)]:
        raise WireError(*faults)
    return Query(sentences, asked.limit, asked.min_score)


def _split(text: str, asked: MatchRequest) -> Query:
    if (length := _length(text)) > MAX_TEXT_CHARS:
        raise WireError(_length_fault("/text", length, MAX_TEXT_CHARS))
    pieces = tuple(
        Sentence(id=f"s{number}", text=piece, language=asked.language)
        for number, piece in enumerate(split_sentences(text), start=1)
    )
    fits = {each.id: _length(each.text) <= MAX_SENTENCE_CHARS for each in pieces}
    return Query(
        sentences=tuple(each for each in pieces if fits[each.id]),
        limit=asked.limit,
        min_score=asked.min_score,
        skipped=tuple(Skipped(each.id, "length") for each in pieces if not fits[each.id]),
        pieces=pieces,
    )


def _length(text: str) -> int:
    """Characters, counted before and after compatibility forms are spelt out: the larger."""
    return len(text) if text.isascii() else max(len(text), len(unicodedata.normalize("NFKC", text)))


def _length_fault(place: str, length: int, limit: int) -> Fault:
    return Fault(
        pointer=place,
        message=f"{length:,} characters once normalised (NFKC); the limit is {limit:,}",
    )


def _repeated_ids(sentences: Iterable[Sentence]) -> Iterable[Fault]:
    first: dict[str, int] = {}
    for number, sentence in enumerate(sentences):
        earlier = first.setdefault(sentence.id, number)
        if earlier != number:
            yield Fault(
                pointer=pointer("sentences", number, "id"),
                message=f"the same id as sentence {earlier}; ids must differ",
            )


def _too_long(sentences: Iterable[Sentence]) -> Iterable[Fault]:
    together = 0
    for number, sentence in enumerate(sentences):
        length = _length(sentence.text)
        together += length
        if length > MAX_SENTENCE_CHARS:
            yield _length_fault(pointer("sentences", number, "text"), length, MAX_SENTENCE_CHARS)
    if together > MAX_TEXT_CHARS:
        yield Fault(
            pointer="/sentences",
            message=f"together {together:,} characters; the limit is {MAX_TEXT_CHARS:,}",
        )


class IndexState(_Answer):
    """Which published state of the cases answered."""

    version: int
    digest: str = Field(description="SHA-256 of the content, hexadecimal")
    cases: int
    stale: bool = Field(description="true: the store is away, so there may be a newer version")


class WhyMatched(_Answer):
    """The words in common, and what lowered the score, if anything did."""

    shared: tuple[str, ...]
    guard: Guard | None


class FoundMatch(_Answer):
    """A sentence and a case that it seems to repeat."""

    sentence_id: str
    case_id: str
    score: float = Field(ge=0, le=1)
    band: Band | None
    claim: str = Field(description="the wording that matched")
    claim_language: str
    why: WhyMatched


class SkippedSentence(_Answer):
    """A sentence that was not weighed."""

    sentence_id: str
    reason: Literal["language", "empty", "length"]


class SplitSentence(_Answer):
    """A sentence that the service cut from the text; it occurs in it, in this order."""

    id: str
    text: str


class RelatedCase(_Answer):
    """A case near another. ``pinned``: chosen by its editor; ``id`` null: only a link is known."""

    id: str | None
    claim: str
    url: str
    pinned: bool


class Card(_Answer):
    """What a reader is shown of a case."""

    id: str
    claim: str
    claim_language: str
    verdict: Verdict
    rating: str | None
    summary: str | None = Field(max_length=MAX_SUMMARY_CHARS)
    summary_language: str | None
    url: str
    publisher: Publisher
    published: dt.date
    related: tuple[RelatedCase, ...]


class MatchAnswer(_Answer):
    """Matches in the order of the sentences, best first within one, and their cases by id."""

    index: IndexState
    matches: tuple[FoundMatch, ...]
    skipped: tuple[SkippedSentence, ...]
    cases: dict[str, Card]
    sentences: tuple[SplitSentence, ...] | None = Field(
        None,
        description="only where the request held a text",
        exclude_if=lambda pieces: pieces is None,
    )


def match_answer(query: Query, outcome: Outcome, index: Index, state: IndexState) -> MatchAnswer:
    """The answer to a query; every case that a match names comes with it."""
    return MatchAnswer.model_validate(
        {
            "index": state,
            "matches": outcome.matches,
            "skipped": (*outcome.skipped, *query.skipped),
            "cases": {match.case_id: card(index, match.case_id) for match in outcome.matches},
            "sentences": query.pieces,
        }
    )


# --- GET /v1/cases, /v1/cases/{id}, /v1/index ---------------------------------------------------


class WholeCase(Card):
    """A case with all that is known of it."""

    claims: tuple[Claim, ...]
    keywords: tuple[str, ...]
    countries: tuple[str, ...]
    outlets: tuple[str, ...]


class CaseSearch(_Request):
    """Which cases to list, and which page of them."""

    query: Annotated[str, AfterValidator(_no_controls)] = Field(
        "", max_length=MAX_QUERY_CHARS, description="absent: the newest first"
    )
    language: Language | None = Field(None, description="only cases worded in this language")
    page_size: int = Field(20, ge=1, le=MAX_PAGE_SIZE)
    page_token: str | None = Field(None, max_length=64, description="next_page_token of a page")


class CaseList(_Answer):
    """One page of cases, best first; ``next_page_token`` null: there are no more."""

    cases: tuple[WholeCase, ...]
    next_page_token: str | None


class Limits(_Answer):
    """How much one request may hold, so that a client can split."""

    sentences: int = MAX_SENTENCES
    sentence_chars: int = MAX_SENTENCE_CHARS
    text_chars: int = MAX_TEXT_CHARS
    body_bytes: int = MAX_BODY_BYTES
    limit: int = MAX_LIMIT
    page_size: int = MAX_PAGE_SIZE
    changes_bytes: int = MAX_CHANGES_BYTES


class IndexAnswer(IndexState):
    """The index that answers now."""

    claims: int = Field(description="wordings, all cases together")
    languages: dict[str, int] = Field(description="wordings by language")
    limits: Limits = Limits()
    thresholds: dict[str, float] = Field(description="the score at which each band begins")
    encoder: str | None = Field(description="the sentence encoder in use; null: none")
    published_at: dt.datetime | None
    min_wait_s: int = MIN_WAIT_S


def card(index: Index, case_id: str) -> Card:
    """The case as a reader sees it. Raises `KeyError` where the index lacks it."""
    return Card.model_validate(_card(index, index.case(case_id)))


def whole_case(index: Index, case_id: str) -> WholeCase:
    """The case with all that is known of it. Raises `KeyError` where the index lacks it."""
    case = index.case(case_id)
    more = {name: getattr(case, name) for name in ("claims", "keywords", "countries", "outlets")}
    return WholeCase.model_validate({**_card(index, case), **more})


def _card(index: Index, case: Case) -> dict[str, object]:
    own = set(Card.model_fields) - {"claim_language", "related"}
    return {
        **{name: getattr(case, name) for name in own},
        "claim_language": case.claims[0].language,
        "related": index.related(case.id),
    }


# --- Editors ------------------------------------------------------------------------------------


class Retract(_Request):
    """A row of a changeset that takes a case back."""

    retract: CaseId
    note: str | None = Field(None, max_length=MAX_NOTE_CHARS, description="shown with the 410")


class ChangeRows(RootModel[list[Case | Retract] | Case | Retract]):
    """A changeset as JSON: rows, or a single one."""


class PushOptions(_Request):
    """How a changeset is to be taken."""

    dry_run: bool = Field(False, description="say what would change, change nothing")
    partial: bool = Field(False, description="publish the good rows though others are rejected")
    confirm: bool = Field(False, description="change or retract more than 10 % of the cases")
    note: str | None = Field(None, max_length=MAX_NOTE_CHARS, description="kept in the history")


class RevertOptions(_Request):
    """How a changeset is to be taken back."""

    dry_run: bool = False
    confirm: bool = False
    note: str | None = Field(None, max_length=MAX_NOTE_CHARS)


class HistoryPage(_Request):
    """Which part of the history to list."""

    page_size: int = Field(20, ge=1, le=MAX_PAGE_SIZE)
    before: int | None = Field(None, ge=1, description="only changesets before this version")


class ExportOptions(_Request):
    """How the cases are to be written."""

    format: Literal["jsonl"] = "jsonl"


class ChangesAnswer(_Answer):
    """What a changeset did, or in a dry run would do: ids of cases, by what happens to them."""

    version: int
    added: tuple[str, ...]
    changed: tuple[str, ...]
    retracted: tuple[str, ...]
    unchanged: tuple[str, ...]
    rejected: tuple[Fault, ...] = ()
    warnings: tuple[str, ...] = ()


class PastChangeset(_Answer):
    """A changeset of the history."""

    version: int
    who: str
    when: dt.datetime
    note: str | None
    added: tuple[str, ...]
    changed: tuple[str, ...]
    retracted: tuple[str, ...]


class History(_Answer):
    """Changesets, newest first."""

    changes: tuple[PastChangeset, ...]


# --- Operations ---------------------------------------------------------------------------------


class Health(_Answer):
    """The process answers."""

    status: Literal["ok"] = "ok"


class Readiness(_Answer):
    """The service answers readers; ``problems`` tells what it cannot do just now."""

    ready: Literal[True] = True
    version: int
    stale: bool
    problems: tuple[str, ...]


class ProblemAnswer(_Answer):
    """Any error: RFC 9457 ``application/problem+json``."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: tuple[Fault, ...]
    ids: tuple[str, ...] = ()
