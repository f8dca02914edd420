"""Texts that say the opposite of a claim, beside those that repeat it."""

from __future__ import annotations

from collections.abc import Iterator

from matcher.evaluate.asking import best_matches
from matcher.evaluate.indexes import claims_index
from matcher.evaluate.table import Row, row
from matcher.training.corpora import HELD_OUT, fold, rows
from matcher.types import Band


def contradictions() -> Iterator[Row]:
    """Texts that contradict, or repeat, a claim of the index."""
    pairs = [r for r in rows("negation/relations") if fold(r["claim"]) in HELD_OUT]
    index = claims_index(sorted({p["claim"] for p in pairs}))
    found = best_matches(index, [p["text"] for p in pairs])
    for relation, better in (("repeats", "higher"), ("contradicts", "lower"), ("neither", "lower")):
        hits = [
            any(m.claim == p["claim"] and m.band is Band.MATCH for m in f)
            for p, f in zip(pairs, found, strict=True)
            if p["relation"] == relation
        ]
        yield row(f"pairs: {relation}, shown as match", hits, better=better, data="apart")


def negated_tweets() -> Iterator[Row]:
    """Tweets that repeat a claim of fact-checkers, as they were and turned into their opposite."""
    tweets = [r for r in rows("negation/negated_tweets") if fold(r["claim"]) in HELD_OUT]
    checked = {r["claim"] for r in rows("checkthat2020/claims")} | {r["claim"] for r in tweets}
    index = claims_index(sorted(checked))
    for name, texts, better in (
        ("as they were", [r["text"] for r in tweets], "higher"),
        ("turned into their opposite", [r["negated"][0] for r in tweets], "lower"),
    ):
        hits = [
            any(m.claim == r["claim"] and m.band is Band.MATCH for m in f)
            for r, f in zip(tweets, best_matches(index, texts), strict=True)
        ]
        yield row(f"tweets {name}: shown as match", hits, better=better, data="apart")
