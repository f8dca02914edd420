"""Cost of matching beside naive ways to do it, as ratios within one run: ``make bench``.

Recall stands beside speed, so that no row is fast by finding nothing. With the shared datasets
the index holds EUvsDisinfo titles; without them, recombined starter claims.
"""

from __future__ import annotations

import argparse
import resource
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from rapidfuzz import fuzz, process

from matcher.case import Case
from matcher.evaluate import ON_TOPIC, own_sentences, starter_index
from matcher.filter import Filter
from matcher.filterwire import Message, digest, encode, pack
from matcher.index import Index
from matcher.semantic import shipped
from matcher.text import normalise, split_sentences, words
from matcher.training.corpora import DATASETS, rows
from matcher.types import Sentence

BATCH: Final = 100
NAIVE_SENTENCES: Final = 40
"""A naive scan costs some hundred times as much, so it gets a sample."""
REPEATS: Final = 3


@dataclass(frozen=True, slots=True)
class Corpus:
    """Claims to index, ordinary sentences to time, and sentences that repeat a known claim."""

    name: str
    claims: list[str]
    ordinary: list[str]
    repeats: list[tuple[str, str]]


def corpus(cases: int) -> Corpus:
    """A corpus of the wanted size; sizes beyond the real claims recombine their words."""
    if DATASETS.exists():
        claims = list(dict.fromkeys(row["title"] for row in rows("euvsdisinfo/cases")))
        ordinary = [row["text"] for row in rows("news/en")][:3_000]
        repeats = [
            (sentence, row["claim"])
            for row in rows("euvsdisinfo/pairs")
            for sentence in split_sentences(row["text"])[:1]
        ]
        name = "EUvsDisinfo titles"
    else:
        index = starter_index()
        claims = [c.text for case in index.cases() for c in case.claims if c.language == "en"]
        labelled = own_sentences()
        ordinary = [s["text"] for s in labelled if s["label"] == "ordinary"] * 10
        repeats = [
            (s["text"], index.case(s["case"]).claim)
            for s in labelled
            if s["label"] == "paraphrase" and s["language"] == "en"
        ]
        name = "starter claims"
    if cases > len(claims):
        claims, name = _recombined(claims, cases), f"{name}, recombined"
    else:
        wanted = {claim for _, claim in repeats}
        claims = sorted(claims, key=lambda claim: claim not in wanted)[:cases]
    return Corpus(name, claims, ordinary, repeats)


def _recombined(claims: list[str], cases: int) -> list[str]:
    """The real claims, and new ones from the first half of one and the second of another."""
    halves = [(c.split()[: len(c.split()) // 2], c.split()[len(c.split()) // 2 :]) for c in claims]
    draw = np.random.default_rng(0).integers(0, len(halves), (cases, 2)).tolist()
    made = (" ".join(halves[a][0] + halves[b][1]) for a, b in draw)
    return list(dict.fromkeys([*claims, *made]))[:cases]


def build(claims: Sequence[str]) -> Index:
    """An index with one case a claim, named by its position."""
    cases = (
        Case.model_validate(
            {
                "id": f"c{i}",
                "claims": [{"text": text, "language": "en"}],
                "verdict": "false",
                "url": "https://example.org/",
                "publisher": {"name": "-"},
                "published": "2020-01-01",
            }
        )
        for i, text in enumerate(claims)
    )
    return Index.build(cases, semantic=shipped())


Find = Callable[[Sequence[str]], list[str | None]]
"""Sentences in, the text of the best claim for each out, or None."""


def engine(index: Index) -> Find:
    """The matcher itself, as the service asks it."""

    def find(texts: Sequence[str]) -> list[str | None]:
        best: dict[str, str] = {}
        for start in range(0, len(texts), BATCH):
            batch = [
                Sentence(str(start + i), text, "en")
                for i, text in enumerate(texts[start : start + BATCH])
            ]
            for match in index.match(batch).matches:
                best[match.sentence_id] = match.claim
        return [best.get(str(i)) for i in range(len(texts))]

    return find


def naive_scan(claims: Sequence[str]) -> Find:
    """What one writes first: rapidfuzz over the whole list of claims."""
    folded = [normalise(claim).casefold() for claim in claims]

    def find(texts: Sequence[str]) -> list[str | None]:
        found: list[str | None] = []
        for text in texts:
            query = normalise(text).casefold()
            best = process.extractOne(query, folded, scorer=fuzz.token_set_ratio, score_cutoff=70)
            found.append(claims[best[2]] if best else None)
        return found

    return find


def sqlite_fts5(claims: Sequence[str]) -> Find:
    """SQLite's full-text index with its BM25, best row, no threshold."""
    base = sqlite3.connect(":memory:")
    base.execute("CREATE VIRTUAL TABLE claims USING fts5(text, tokenize='porter unicode61')")
    base.executemany("INSERT INTO claims(text) VALUES (?)", ((claim,) for claim in claims))

    def find(texts: Sequence[str]) -> list[str | None]:
        found: list[str | None] = []
        for text in texts:
            query = " OR ".join(f'"{word}"' for word in words(normalise(text)) if word.isalnum())
            rows = base.execute(
                "SELECT text FROM claims WHERE claims MATCH ? ORDER BY rank LIMIT 1", (query,)
            ).fetchall()
            found.append(rows[0][0] if rows else None)
        return found

    return find


@dataclass(frozen=True, slots=True)
class Timing:
    """Mean cost of one way to match, and what it finds."""

    name: str
    microseconds: float
    recall: float
    ordinary_hits: float


def time_ways(data: Corpus, ways: dict[str, tuple[Find, int]]) -> Iterator[Timing]:
    """Time each way on ordinary sentences (median of several runs) and count what it finds."""
    for name, (find, sample) in ways.items():
        texts = data.ordinary[:sample]
        find(texts[:BATCH])
        runs = []
        for _ in range(REPEATS):
            start = time.perf_counter()
            hits = find(texts)
            runs.append((time.perf_counter() - start) / len(texts) * 1e6)
        repeats = data.repeats[: max(sample // 4, 50)]
        found = find([sentence for sentence, _ in repeats])
        right = [a == b for a, (_, b) in zip(found, repeats, strict=True)]
        yield Timing(
            name,
            float(np.median(runs)),
            float(np.mean(right)),
            len([h for h in hits if h]) / len(hits),
        )


def filter_row(index: Index, data: Corpus) -> str:
    """What the browser's local filter weighs, and which sentences it lets out to the server."""
    start = time.perf_counter()
    filter_ = Filter.build(index)
    content = encode(filter_)
    sent = len(pack(Message(0, 0, digest(content), None, content)))
    took = time.perf_counter() - start
    topical = [text for text in data.ordinary if ON_TOPIC.search(text)]
    repeats = [text for text, _ in data.repeats]
    leaving = [
        float(np.mean([filter_.passes(text) for text in group])) if group else float("nan")
        for group in (data.ordinary, topical, repeats)
    ]
    shares = "; ".join(
        f"{name} {share:.3f}"
        for name, share in zip(("ordinary", "on topic", "repeats"), leaving, strict=True)
    )
    return f"local filter: {sent:,} bytes as sent, made in {took:.1f} s; leave: {shares}"


def main() -> None:
    """Print a table for each size of index."""
    parser = argparse.ArgumentParser(description="Cost of matching beside naive ways to do it")
    parser.add_argument("--cases", type=int, nargs="+", default=[12_000, 100_000])
    for cases in parser.parse_args().cases:
        data = corpus(cases)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        start = time.perf_counter()
        index = build(data.claims)
        built = time.perf_counter() - start
        memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        print(
            f"\n{len(data.claims):,} cases ({data.name}); built in {built:.1f} s, +{memory:.0f} MB"
        )
        ways = {
            "claimlight": (engine(index), len(data.ordinary)),
            "the same, words alone": (engine(index.without_semantic()), len(data.ordinary)),
            "SQLite FTS5": (sqlite_fts5(data.claims), 300),
            "naive rapidfuzz scan": (naive_scan(data.claims), NAIVE_SENTENCES),
        }
        timings = list(time_ways(data, ways))
        ours = timings[0].microseconds
        print(f"{'':24}{'us a sentence':>14}{'cost':>9}{'finds':>8}{'ordinary hit':>14}")
        for t in timings:
            print(
                f"{t.name:24}{t.microseconds:14,.0f}{t.microseconds / ours:8.1f}x"
                f"{t.recall:8.2f}{t.ordinary_hits:14.3f}"
            )
        print(filter_row(index, data))


if __name__ == "__main__":
    main()
