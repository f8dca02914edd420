"""Cases as schema.org ``ClaimReview``, the markup that fact-checkers exchange: in and out.

Read are the markup of a page (HTML or JSON-LD), a list of reviews, and a Data Commons
``DataFeed``, of any size, in constant memory. What our fields add to the markup stands in
properties that schema.org has for it, so that a review of ours comes back as the same case.

Source: https://schema.org/ClaimReview and the conventions of search engines on top of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from html.parser import HTMLParser
from typing import Any, Final, TextIO

from matcher.case import MAX_LABEL_CHARS, MAX_LABELS, MAX_SUMMARY_CHARS, Case, RelatedLink, Verdict
from matcher.detect import detect_tag
from matcher.language import check_language
from server.faults import WireError, check, parse
from server.formats import ratings
from server.formats.jsonstream import parts
from server.formats.types import MAX_ROW_CHARS, Rejected, Row
from server.formats.wording import cut, made_id

MEDIA_TYPE: Final = "application/ld+json"
SUFFIX: Final = "json"
_OURS: Final = "claimlight"
"""The ``propertyID`` under which our own ids and verdicts stand."""
_MOST_DEPTH: Final = 5
_MOST_PAGE_CHARS: Final = 10 * MAX_ROW_CHARS

# Where a publisher gives no rating of its own, search engines expect a scale: 1 is false.
_SCALE: Final = {
    Verdict.FALSE: (1, "False"),
    Verdict.MISLEADING: (2, "Misleading"),
    Verdict.MIXED: (3, "Mixed"),
    Verdict.UNPROVEN: (3, "Unproven"),
}
_WORST: Final = 1
_BEST: Final = 5


def recognises(head: str) -> bool:
    """Whether it begins as JSON-LD with reviews or a feed of them, or as a page that holds some."""
    start = head.lstrip("\ufeff \r\n\t")
    if start.startswith("<"):
        return True
    return start[:1] in ("{", "[") and ("ClaimReview" in head or "DataFeed" in head)


def read(stream: TextIO, *, head: str, default_verdict: str | None) -> Iterator[Row]:
    """The reviews of a page or feed; an entry of a feed without a review is no row.

    A review whose rating the table does not know is rejected, unless a verdict is given for
    such: then the rating is kept beside it, word for word.
    """
    for line, value in _documents(stream, head.lstrip("\ufeff \r\n\t")):
        if isinstance(value, Rejected):
            yield line, value
            continue
        for review, url in _reviews(value):
            yield line, _case(line, review, url, default_verdict)


def write(cases: Sequence[Case]) -> Iterator[str]:
    """A feed of all cases, an entry a line."""
    yield '{"@context": "https://schema.org", "@type": "DataFeed", "dataFeedElement": [\n'
    for number, case in enumerate(cases):
        review = claim_review(case)
        del review["@context"]
        entry = {"@type": "DataFeedItem", "url": case.url, "item": [review]}
        comma = "," if number < len(cases) - 1 else ""
        yield json.dumps(entry, ensure_ascii=False) + comma + "\n"
    yield "]}\n"


# -- out -----------------------------------------------------------------------------------------


def claim_review(case: Case) -> dict[str, Any]:
    """The case as JSON-LD; ``alternateName`` holds the publisher's own rating, verbatim."""
    publisher = {"@type": "Organization", "name": case.publisher.name}
    if case.publisher.url:
        publisher["url"] = case.publisher.url
    markup: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "ClaimReview",
        "identifier": _own(case.id),
        "url": case.url,
        "datePublished": case.published.isoformat(),
        "author": publisher,
        "publisher": publisher,
        "claimReviewed": case.claim,
        "reviewRating": _rating(case),
        "itemReviewed": _claim(case),
    }
    if case.summary_language:
        markup["inLanguage"] = case.summary_language
    if case.summary:
        markup["reviewBody"] = case.summary
    if case.keywords:
        markup["keywords"] = list(case.keywords)
    if case.related:
        markup["associatedClaimReview"] = [
            {"@type": "ClaimReview", "claimReviewed": pin.title, "url": pin.url}
            if isinstance(pin, RelatedLink)
            else {"@type": "ClaimReview", "identifier": _own(pin)}
            for pin in case.related
        ]
    return markup


def _own(value: str) -> dict[str, str]:
    return {"@type": "PropertyValue", "propertyID": _OURS, "value": value}


def _rating(case: Case) -> dict[str, Any]:
    value, words = _SCALE[case.verdict]
    told: dict[str, Any] = {
        "@type": "Rating",
        "ratingValue": value,
        "worstRating": _WORST,
        "bestRating": _BEST,
        "alternateName": case.rating or words,
        "identifier": _own(case.verdict),
    }
    if case.rating:
        told["name"] = case.rating  # so that words of ours are not taken for the publisher's
    return told


def _claim(case: Case) -> dict[str, Any]:
    first, *others = case.claims
    told: dict[str, Any] = {"@type": "Claim", "name": first.text, "inLanguage": first.language}
    if others:
        told["workExample"] = [
            {"@type": "Claim", "name": claim.text, "inLanguage": claim.language} for claim in others
        ]
    if case.outlets:
        told["author"] = [{"@type": "Organization", "name": name} for name in case.outlets]
    if case.countries:
        told["contentLocation"] = [{"@type": "Place", "name": name} for name in case.countries]
    return told


# -- in ------------------------------------------------------------------------------------------


def _documents(stream: TextIO, head: str) -> Iterator[tuple[int, Any]]:
    """The JSON values of a file, or of a page's scripts."""
    if head.startswith("<"):
        yield from _scripts(stream)
    elif re.search(r'"dataFeedElement"\s*:', head):
        yield from parts(stream, "dataFeedElement.item")
    elif head.startswith("["):
        yield from parts(stream, "item")
    else:
        yield from parts(stream, "")


def _scripts(stream: TextIO) -> Iterator[tuple[int, Any]]:
    page = _Page()
    page.feed(stream.read(_MOST_PAGE_CHARS))
    page.close()
    for line, script in page.scripts:
        try:
            yield line, parse(script.encode(errors="replace"))
        except WireError as error:
            yield line, Rejected(line, None, f"JSON-LD of the page: {error.summary}")


class _Page(HTMLParser):
    """The scripts of a page that hold JSON-LD; nothing of it is run."""

    def __init__(self) -> None:
        super().__init__()
        self.scripts: list[tuple[int, str]] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        kind = (dict(attrs).get("type") or "").split(";")[0].strip().lower()
        self._inside = tag == "script" and kind == "application/ld+json"
        if self._inside:
            self.scripts.append((self.getpos()[0], ""))

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002
        self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            line, before = self.scripts[-1]
            self.scripts[-1] = (line, before + data)


def _reviews(value: Any, url: str = "", depth: int = 0) -> Iterator[tuple[Mapping[str, Any], str]]:
    """The reviews in a value, with the address of the entry of a feed that they stand in."""
    if depth > _MOST_DEPTH:
        return
    if isinstance(value, list):
        for each in value:
            yield from _reviews(each, url, depth + 1)
    elif isinstance(value, dict):
        if "ClaimReview" in _several(value.get("@type")):
            yield value, url
            return
        for key in ("@graph", "item", "dataFeedElement", "mainEntity", "hasPart"):
            if key in value:
                yield from _reviews(value[key], _text(value.get("url")) or url, depth + 1)


def _case(
    line: int, review: Mapping[str, Any], entry_url: str, default_verdict: str | None
) -> Case | Rejected:
    item = _first(review.get("itemReviewed"))
    text = _text(review.get("claimReviewed")) or _text(item.get("name"))
    url = _text(review.get("url")) or entry_url
    own = _own_value(review)
    name = own or (made_id(text[:100], of=f"{url}\n{text}", otherwise="case") if url else None)
    if not text:
        return Rejected(line, name, "no claimReviewed: there is no claim to recognise")
    verdict, problem = _verdict(review, default_verdict)
    if problem:
        return Rejected(line, name, problem)
    publisher = _first(review.get("author")) or _first(review.get("publisher"))
    home = _web(publisher.get("url"))
    body = _text(review.get("reviewBody"))
    summary_language = _language(review.get("inLanguage")) or (detect_tag(body) if body else None)
    claims = [{"text": text, "language": _claim_language(item, review, text)}]
    for example in _several(item.get("workExample")):
        if isinstance(example, dict) and (wording := _text(example.get("name"))):
            language = _language(example.get("inLanguage")) or detect_tag(wording)
            claims.append({"text": wording, "language": language})
    rating = _first(review.get("reviewRating"))
    words = _text(rating.get("name")) if _own_value(rating) else _text(rating.get("alternateName"))
    told: dict[str, Any] = {
        "id": name or "",
        "claims": claims,
        "verdict": verdict,
        "rating": words[:MAX_LABEL_CHARS] or None,
        "summary": (body if own else cut(body, MAX_SUMMARY_CHARS)) or None,
        "summary_language": summary_language,
        "url": url,
        "publisher": {"name": _text(publisher.get("name")), **({"url": home} if home else {})},
        "published": _text(review.get("datePublished"))[:10],
        "keywords": _labels(_keywords(review.get("keywords"))),
        "countries": _labels(_names(item.get("contentLocation"))),
        "outlets": _labels(_names(item.get("author"))),
        "related": _related(review),
    }
    try:
        return check(Case, told)
    except WireError as error:
        return Rejected(line, name, error.summary)


def _verdict(review: Mapping[str, Any], default: str | None) -> tuple[str | None, str | None]:
    """Our verdict, or why there is none."""
    rating = _first(review.get("reviewRating"))
    if (own := _own_value(rating)) in set(Verdict):
        return own, None
    words = _text(rating.get("alternateName"))
    found = ratings.verdict_of(words) if words else None
    shown = repr(words[:80])
    if found == ratings.NO_VERDICT:
        return None, f"the rating {shown} says that this is no debunked claim"
    if found is not None:
        return found, None
    if default is not None:
        return default, None
    told = f"the rating {shown} is not in the table of ratings" if words else "no rating in words"
    return None, f"{told}; name a default verdict for such"


def _related(review: Mapping[str, Any]) -> list[Any]:
    pins: list[Any] = []
    for other in _several(review.get("associatedClaimReview")):
        if not isinstance(other, dict):
            continue
        title, url = _text(other.get("claimReviewed")), _web(other.get("url"))
        if own := _own_value(other):
            pins.append(own)
        elif title and url:
            pins.append({"title": title, "url": url})
    return pins[:MAX_LABELS]


def _claim_language(item: Mapping[str, Any], review: Mapping[str, Any], text: str) -> str:
    declared = _language(item.get("inLanguage")) or _language(review.get("inLanguage"))
    return declared or detect_tag(text)


def _language(value: Any) -> str | None:
    """A tag, where one is declared that means a language."""
    if isinstance(value, dict):
        value = value.get("alternateName") or value.get("name")
    value = _several(value)[0] if _several(value) else None
    try:
        return check_language(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _own_value(thing: Mapping[str, Any]) -> str:
    for each in _several(thing.get("identifier")):
        if isinstance(each, dict) and each.get("propertyID") == _OURS:
            return _text(each.get("value"))
    return ""


def _several(value: Any) -> list[Any]:
    """What may be one or a list, as a list; schema.org allows both everywhere."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _first(value: Any) -> Mapping[str, Any]:
    return next((each for each in _several(value) if isinstance(each, dict)), {})


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def _web(value: Any) -> str:
    url = _text(value)
    return url if url.startswith("https://") else ""


def _names(value: Any) -> list[str]:
    return [_text(each.get("name") if isinstance(each, dict) else each) for each in _several(value)]


def _keywords(value: Any) -> list[str]:
    if isinstance(value, str):
        return [word.strip() for word in value.split(",")]
    return _names(value)


def _labels(names: Sequence[str]) -> list[str]:
    return [name for name in names if name and len(name) <= MAX_LABEL_CHARS][:MAX_LABELS]
