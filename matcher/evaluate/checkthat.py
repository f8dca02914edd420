"""Tweets of CheckThat! against the claims of Snopes that they repeat."""

from __future__ import annotations

from collections.abc import Iterator

from matcher.evaluate.asking import best_matches, shown
from matcher.evaluate.indexes import bare_case, claims_index, served
from matcher.evaluate.news import unseen_news
from matcher.evaluate.table import Row, row
from matcher.index import Index
from matcher.semantic import shipped
from matcher.training.corpora import HELD_OUT, fold, rows
from matcher.types import Band


def checkthat(year: str, part: str, data: str) -> Iterator[Row]:
    """Retrieval of CheckThat! tweets, and news on an index that no threshold was tuned to."""
    claims = rows(f"checkthat{year}/claims")
    made = (
        bare_case(i, c["claim"], c["title"], c.get("subtitle") or "") for i, c in enumerate(claims)
    )
    index = served(Index.build(made, semantic=shipped()))
    number = {c["id"]: f"c{i}" for i, c in enumerate(claims)}
    text = {c["id"]: c["claim"] for c in claims}
    tweets = [
        t for t in rows(f"checkthat{year}/{part}") if fold(text[t["relevant"][0]]) in HELD_OUT
    ]
    found = best_matches(index, [t["text"] for t in tweets], limit=20, min_score=0)
    relevant = [{number[i] for i in t["relevant"]} for t in tweets]
    ranks = [
        [place for place, m in enumerate(matches, start=1) if m.case_id in wanted]
        for matches, wanted in zip(found, relevant, strict=True)
    ]
    for name, values in {
        "MAP@5": [_average_precision(r, len(w)) for r, w in zip(ranks, relevant, strict=True)],
        "P@1": [float(1 in r) for r in ranks],
        "R@20": [float(bool(r)) for r in ranks],
    }.items():
        yield row(f"CheckThat! {year} {part}: {name}", values, better="higher", data=data)
    news = best_matches(claims_index(c["claim"] for c in claims), unseen_news())
    name = f"Snopes claims {year}: ordinary news shown as match"
    yield row(name, shown(news, Band.MATCH), better="lower", data="apart", per=1_000)


def _average_precision(places: list[int], relevant: int, *, depth: int = 5) -> float:
    """Average precision at ``depth`` from the ranks, ascending, at which the right cases stand."""
    hits = [place for place in places if place <= depth]
    return sum(number / place for number, place in enumerate(hits, start=1)) / min(relevant, depth)
