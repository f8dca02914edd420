"""What an editor publishes: cases, their wordings and their limits.

The one definition of a case: the JSON Schema in ``data/schema``, the HTTP API and the
snapshot on disk are all derived from these types.
"""

from __future__ import annotations

import datetime as dt
import re
from enum import StrEnum
from typing import Annotated, Final, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)

from matcher.language import check_language

MAX_CLAIMS: Final = 50
MAX_CLAIM_CHARS: Final = 2_000
MAX_SUMMARY_CHARS: Final = 600
MAX_URL_CHARS: Final = 2_048
MAX_LABEL_CHARS: Final = 200
MAX_LABELS: Final = 100
ID_PATTERN: Final = r"^[a-z0-9][a-z0-9-]{0,127}$"

# C0 and C1 controls (line breaks and tabs are legitimate in prose), and the marks that
# reorder or hide text: none of them has business in what a reader is shown.
_FORBIDDEN: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def _check_characters(text: str) -> str:
    found = _FORBIDDEN.search(text)
    if found:
        raise ValueError(
            f"character U+{ord(found.group()):04X} at position {found.start()} is not allowed"
        )
    return text


def _check_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        host, user = parts.hostname, parts.username
    except ValueError as error:
        raise ValueError(f"not a web address: {error}") from error
    if parts.scheme != "https" or not host:
        raise ValueError("a link must start with https:// and name a host")
    if user is not None or parts.password is not None:
        raise ValueError("a link must not carry a user name or password")
    if re.search(r"[\s<>\"\\^`{|}]", url):
        raise ValueError("a link must not contain spaces, quotes or brackets")
    return url


def _stripped(limit: int, *, least: int = 1) -> StringConstraints:
    return StringConstraints(strip_whitespace=True, min_length=least, max_length=limit)


Label = Annotated[str, _stripped(MAX_LABEL_CHARS), AfterValidator(_check_characters)]
Labels = Annotated[tuple[Label, ...], Field(max_length=MAX_LABELS)]
Url = Annotated[
    str,
    _stripped(MAX_URL_CHARS),
    AfterValidator(_check_characters),
    AfterValidator(_check_url),
    WithJsonSchema(
        {"type": "string", "format": "uri", "pattern": "^https://", "maxLength": MAX_URL_CHARS}
    ),
]
CaseId = Annotated[str, StringConstraints(pattern=ID_PATTERN)]
Language = Annotated[
    str,
    AfterValidator(check_language),
    WithJsonSchema({"type": "string", "pattern": "^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$"}),
]


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Verdict(StrEnum):
    """Our closed set; the publisher's own words are the ``rating``."""

    FALSE = "false"
    MISLEADING = "misleading"
    UNPROVEN = "unproven"
    MIXED = "mixed"


class Claim(_Value):
    """One wording of a debunked claim, in one language."""

    text: Annotated[str, _stripped(MAX_CLAIM_CHARS), AfterValidator(_check_characters)]
    language: Language


class Publisher(_Value):
    """Who reviewed the claim."""

    name: Label
    url: Url | None = None


class RelatedLink(_Value):
    """A related case that an editor pinned by title and link."""

    title: Annotated[str, _stripped(MAX_CLAIM_CHARS), AfterValidator(_check_characters)]
    url: Url


class Case(_Value):
    """One debunked claim with everything a reader is shown about it.

    ``related`` holds only what editors pinned, by case id or by title and link; the nearest
    other cases are computed by the index.
    """

    id: CaseId
    claims: Annotated[tuple[Claim, ...], Field(min_length=1, max_length=MAX_CLAIMS)]
    verdict: Verdict
    rating: Label | None = None
    summary: (
        Annotated[str, _stripped(MAX_SUMMARY_CHARS), AfterValidator(_check_characters)] | None
    ) = None
    summary_language: Language | None = None
    url: Url
    publisher: Publisher
    published: dt.date
    keywords: Labels = ()
    countries: Labels = ()
    outlets: Labels = ()
    related: Annotated[tuple[CaseId | RelatedLink, ...], Field(max_length=MAX_LABELS)] = ()

    @model_validator(mode="after")
    def _summary_names_its_language(self) -> Self:
        if self.summary is not None and self.summary_language is None:
            raise ValueError("summary_language is required where there is a summary")
        return self

    @property
    def claim(self) -> str:
        """The first wording, the one shown where none in particular matched."""
        return self.claims[0].text
