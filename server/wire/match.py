"""``POST /v1/match``: from the body of a request to sentences, from matches to the answer."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field, StrictFloat, StrictInt, StrictStr

from matcher.case import Language
from matcher.index import Index
from matcher.limits import MAX_LIMIT, MAX_SENTENCE_CHARS, MAX_SENTENCES, MAX_TEXT_CHARS
from matcher.script import without_heaps
from matcher.text import split_sentences
from matcher.types import Band, Guard, Outcome, Sentence, Skipped
from server.faults import Fault, WireError, check, parse, pointer
from server.wire.base import MAX_ID_CHARS, Answer, Request, no_controls
from server.wire.cases import Card, IndexState, card

SentenceId = Annotated[
    StrictStr, Field(min_length=1, max_length=MAX_ID_CHARS), AfterValidator(no_controls)
]
SentenceText = Annotated[
    StrictStr, Field(min_length=1, max_length=MAX_SENTENCE_CHARS), AfterValidator(no_controls)
]
WholeText = Annotated[
    StrictStr, Field(min_length=1, max_length=MAX_TEXT_CHARS), AfterValidator(no_controls)
]


class MatchSentence(Request):
    """A sentence to match, under an id of the sender's choice."""

    id: SentenceId
    text: SentenceText
    language: Language | None = Field(None, description="overrides the request's language")


class MatchRequest(Request):
    """Either sentences or one text, which the service then splits into sentences."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [
                {"required": ["sentences"], "properties": {"sentences": {"type": "array"}}},
                {"required": ["text"], "properties": {"text": {"type": "string"}}},
            ]
        }
    )

    sentences: list[MatchSentence] | None = Field(
        None, min_length=1, max_length=MAX_SENTENCES, description="ids must differ"
    )
    text: WholeText | None = None
    language: Language | None = Field(None, description="absent: detected")
    limit: StrictInt = Field(1, ge=1, le=MAX_LIMIT, description="cases a sentence")
    min_score: StrictFloat | None = Field(
        None, ge=0, le=1, description="default: where band similar begins; 0: the best whatever"
    )

    @property
    def characters(self) -> int:
        """Characters of all text to match, as it was sent."""
        return len(self.text or "") + sum(len(each.text) for each in self.sentences or ())


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


def read_match(body: bytes) -> MatchRequest:
    """The request in the body of ``POST /v1/match``, as far as can be told without reading texts.

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
    return asked


def query_of(asked: MatchRequest) -> Query:
    """What is to be matched: the sentences, or those that the text is cut into.

    Raises
    ------
    WireError
        where ids are given twice, or a text is too long once it is normalised.
    """
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
        for number, piece in enumerate(split_sentences(text, asked.language), start=1)
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
    if text.isascii():
        return len(text)
    return max(len(text), len(unicodedata.normalize("NFKC", without_heaps(text))))


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


class WhyMatched(Answer):
    """The words in common, and what lowered the score, if anything did."""

    shared: tuple[str, ...]
    guard: Guard | None


class FoundMatch(Answer):
    """A sentence and a case that it seems to repeat."""

    sentence_id: str
    case_id: str
    score: float = Field(ge=0, le=1)
    band: Band | None
    claim: str = Field(description="the wording that matched")
    claim_language: str
    why: WhyMatched


class SkippedSentence(Answer):
    """A sentence that was not weighed."""

    sentence_id: str
    reason: Literal["language", "empty", "length"]


class SplitSentence(Answer):
    """A sentence that the service cut from the text; it occurs in it, in this order."""

    id: str
    text: str


class MatchAnswer(Answer):
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
