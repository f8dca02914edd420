"""Cases of every shape, for round trips."""

from __future__ import annotations

import datetime as dt

from hypothesis import strategies as st

from matcher.case import Case, Verdict

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
