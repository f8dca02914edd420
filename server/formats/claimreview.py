"""A case as schema.org ``ClaimReview``, the markup that fact-checkers exchange.

Source: https://schema.org/ClaimReview and the conventions of search engines on top of it.
"""

from __future__ import annotations

from typing import Any, Final

from matcher.case import Case, RelatedLink, Verdict

# Where a publisher gives no rating of its own, search engines expect a scale: 1 is false.
_SCALE: Final = {
    Verdict.FALSE: (1, "False"),
    Verdict.MISLEADING: (2, "Misleading"),
    Verdict.MIXED: (3, "Mixed"),
    Verdict.UNPROVEN: (3, "Unproven"),
}
_WORST: Final = 1
_BEST: Final = 5


def claim_review(case: Case) -> dict[str, Any]:
    """The case as JSON-LD; ``alternateName`` holds the publisher's own rating, verbatim."""
    publisher = {"@type": "Organization", "name": case.publisher.name}
    if case.publisher.url:
        publisher["url"] = case.publisher.url
    value, words = _SCALE[case.verdict]
    markup: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "ClaimReview",
        "url": case.url,
        "datePublished": case.published.isoformat(),
        "author": publisher,
        "publisher": publisher,
        "claimReviewed": case.claim,
        "inLanguage": case.claims[0].language,
        "reviewRating": {
            "@type": "Rating",
            "ratingValue": value,
            "worstRating": _WORST,
            "bestRating": _BEST,
            "alternateName": case.rating or words,
        },
        "itemReviewed": {
            "@type": "Claim",
            "name": case.claim,
            **({"author": [_organization(name) for name in case.outlets]} if case.outlets else {}),
        },
    }
    if case.summary:
        markup["reviewBody"] = case.summary
    if case.keywords:
        markup["keywords"] = list(case.keywords)
    links = [pin for pin in case.related if isinstance(pin, RelatedLink)]
    if links:
        markup["associatedClaimReview"] = [
            {"@type": "ClaimReview", "claimReviewed": link.title, "url": link.url} for link in links
        ]
    return markup


def _organization(name: str) -> dict[str, str]:
    return {"@type": "Organization", "name": name}
