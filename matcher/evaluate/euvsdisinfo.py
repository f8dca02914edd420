"""Cases found, false hints and honest sentences on the titles of the EUvsDisinfo cases."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from matcher.evaluate.asking import best_matches
from matcher.evaluate.news import ON_TOPIC, unseen_news
from matcher.evaluate.table import Row, row
from matcher.index import Index
from matcher.score import THRESHOLDS
from matcher.text import split_sentences
from matcher.training.corpora import HELD_OUT, fold, rows
from matcher.training.gather import spelling
from matcher.types import Band, Match

CASES: Final = 5
"""Cases asked for a sentence where it counts whether the very one is among them."""
FAINT: Final = 0.01
"""Least score asked for where a threshold is sought."""
NEWS: Final = "ordinary news shown"
RATES: Final = {"1 false hint per 1,000": 1 / 1_000, "1 per 200": 1 / 200}


def euvsdisinfo_scores(index: Index) -> dict[str, list[float]]:
    """The best score of each case or sentence kept apart, on the index of EUvsDisinfo titles."""
    asked: dict[str, Any] = {"limit": CASES, "min_score": FAINT}
    summaries = [r for r in rows("euvsdisinfo/pairs") if fold(r["case_id"]) in HELD_OUT]
    found = [best_matches(index, split_sentences(s["text"]), **asked) for s in summaries]
    own = [
        [[m for m in matches if spelling(m.claim) == spelling(s["claim"])] for matches in f]
        for s, f in zip(summaries, found, strict=True)
    ]
    said = [r["text"] for r in rows("propaganda_diary/quotes") if fold(r["fake"]) in HELD_OUT]
    disproofs = [
        r for r in rows("euvsdisinfo/disproof_sentences") if fold(r["case_id"]) in HELD_OUT
    ]
    texts = unseen_news()
    news = best_matches(index, texts, **asked)
    return {
        "cases found, any": [max(map(_best, f), default=0.0) for f in found],
        "cases found, the very one": [max(map(_best, f), default=0.0) for f in own],
        "diary quotes with a hint": [*map(_best, best_matches(index, said, **asked))],
        NEWS: [*map(_best, news)],
        "news on the subject shown": [
            _best(f) for text, f in zip(texts, news, strict=True) if ON_TOPIC.search(text)
        ],
        "honest sentences shown": [
            *map(_best, best_matches(index, [r["text"] for r in disproofs], **asked))
        ],
    }


def euvsdisinfo(index: Index) -> Iterator[Row]:
    """Cases found, false hints and honest sentences on the index of EUvsDisinfo titles."""
    best = euvsdisinfo_scores(index)
    ordinary = sorted(best[NEWS])
    least = {f"as {band}": THRESHOLDS[band] for band in Band} | {
        f"at {name}": ordinary[-round(rate * len(ordinary)) - 1] + 1e-6
        for name, rate in RATES.items()
    }
    for at, threshold in least.items():
        for name, scores in best.items():
            wrong = "shown" in name
            yield row(
                f"EUvsDisinfo: {name}, {at}",
                [score >= threshold for score in scores],
                better="lower" if wrong else "higher",
                data="apart",
                per=1_000 if wrong else 1,
            )


def _best(matches: list[Match]) -> float:
    return max((match.score for match in matches), default=0.0)
