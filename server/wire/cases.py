"""Cases and the index that holds them, as readers and developers are told of them."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from pydantic import AfterValidator, Field

from matcher.case import MAX_SUMMARY_CHARS, Case, Claim, Language, Publisher, Verdict
from matcher.index import Index
from matcher.limits import (
    MAX_BODY_BYTES,
    MAX_LIMIT,
    MAX_SENTENCE_CHARS,
    MAX_SENTENCES,
    MAX_TEXT_CHARS,
)
from server.wire.base import (
    MAX_CHANGES_BYTES,
    MAX_PAGE_SIZE,
    MAX_QUERY_CHARS,
    MIN_WAIT_S,
    Answer,
    Request,
    no_controls,
)


class IndexState(Answer):
    """Which published state of the cases answered."""

    version: int
    digest: str = Field(description="SHA-256 of the content, hexadecimal")
    cases: int
    stale: bool = Field(description="true: the store is away, so there may be a newer version")


class RelatedCase(Answer):
    """A case near another. ``pinned``: chosen by its editor; ``id`` null: only a link is known."""

    id: str | None
    claim: str
    url: str
    pinned: bool


class Card(Answer):
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


class WholeCase(Card):
    """A case with all that is known of it."""

    claims: tuple[Claim, ...]
    keywords: tuple[str, ...]
    countries: tuple[str, ...]
    outlets: tuple[str, ...]


class CaseSearch(Request):
    """Which cases to list, and which page of them."""

    query: Annotated[str, AfterValidator(no_controls)] = Field(
        "", max_length=MAX_QUERY_CHARS, description="absent: the newest first"
    )
    language: Language | None = Field(None, description="only cases worded in this language")
    page_size: int = Field(20, ge=1, le=MAX_PAGE_SIZE)
    page_token: str | None = Field(None, max_length=64, description="next_page_token of a page")


class CaseList(Answer):
    """One page of cases, best first; ``next_page_token`` null: there are no more."""

    cases: tuple[WholeCase, ...]
    next_page_token: str | None


class Limits(Answer):
    """How much one request may hold, so that a client can split."""

    sentences: int = MAX_SENTENCES
    sentence_chars: int = MAX_SENTENCE_CHARS
    text_chars: int = MAX_TEXT_CHARS
    body_bytes: int = MAX_BODY_BYTES
    limit: int = MAX_LIMIT
    page_size: int = MAX_PAGE_SIZE
    changes_bytes: int = MAX_CHANGES_BYTES
    chars_a_minute: int | None = Field(
        None, description="characters a minute of one client; null: no limit"
    )


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
