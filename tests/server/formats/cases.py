"""Cases of every shape, for round trips, and one row as each publisher writes it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from hypothesis import strategies as st

from matcher.case import Case, Verdict

DUMP_ROW: dict[str, Any] = {
    "id": "https://euvsdisinfo.eu/report/a-moon-of-cheese/",
    "title": "The Moon is a storehouse for cheese",
    "date": "2020-02-29",
    "url": "https://euvsdisinfo.eu/report/a-moon-of-cheese/",
    "languages": ["Georgian"],
    "countries": ["Georgia"],
    "keywords": ["cheese"],
    "outlets": ["Moon Today"],
    "summary": "Cheese has been hidden on the Moon. The West keeps it from us.",
    "disproof": "There is no evidence. Samples of the Moon hold no milk.",
}
"""Of EUvsDisinfo's dumps."""
REVIEW: dict[str, Any] = {
    "@context": "http://schema.org",
    "@type": "ClaimReview",
    "author": {"@type": "Organization", "name": "Checkers", "url": "https://checkers.example"},
    "claimReviewed": "The Moon is made of cheese and NASA has known it for many years",
    "datePublished": "2020-03-01T10:00:00Z",
    "itemReviewed": {"@type": "Claim", "author": {"@type": "Person", "name": "A. Cheesemonger"}},
    "reviewRating": {"@type": "Rating", "alternateName": "Pants on Fire!", "ratingValue": 1},
    "url": "https://checkers.example/moon",
}
"""Of anybody else, as JSON-LD."""

# What editors' texts are made of, and what formats trip over.
TEXT = st.text(
    alphabet=st.one_of(
        st.characters(exclude_categories=["Cc", "Cs", "Cf"]),
        st.sampled_from("\n\t\r\"'=+-@;,\\|<>{}[]＝"),
    ),
    min_size=1,
    max_size=40,
).filter(lambda text: bool(text.strip()))
LANGUAGES = st.sampled_from(["en", "de", "pt-BR", "uk", "zh-Hant"])
IDS = st.from_regex(r"[a-z0-9][a-z0-9-]{0,20}", fullmatch=True)
URLS = st.from_regex(
    r"https://[a-z]{1,9}\.org/[A-Za-z0-9~!$&'()*+,;=:@%/?#.-]{0,20}", fullmatch=True
)
LABELS = st.lists(TEXT, max_size=3)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    summary = draw(st.none() | TEXT)
    language = LANGUAGES if summary else st.none() | LANGUAGES
    home = draw(st.none() | URLS)
    return Case.model_validate(
        {
            "id": draw(IDS),
            "claims": draw(
                st.lists(
                    st.fixed_dictionaries({"text": TEXT, "language": LANGUAGES}),
                    min_size=1,
                    max_size=3,
                )
            ),
            "verdict": draw(st.sampled_from(Verdict)),
            "rating": draw(st.none() | TEXT | st.sampled_from(["False", "Mixed", "TRUE"])),
            "summary": summary,
            "summary_language": draw(language),
            "url": draw(URLS),
            "publisher": {"name": draw(TEXT)} | ({"url": home} if home else {}),
            "published": draw(st.dates(min_value=dt.date(1000, 1, 1))),
            "keywords": draw(LABELS),
            "countries": draw(LABELS),
            "outlets": draw(LABELS),
            "related": draw(
                st.lists(IDS | st.fixed_dictionaries({"title": TEXT, "url": URLS}), max_size=3)
            ),
        }
    )
