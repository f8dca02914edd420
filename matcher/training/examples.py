"""Pairs of a sentence and a claim to train the pair model on, each with a label.

Both labels come from every source: what a source looks like must not give the label away
(a model trained on repetitions from one corpus and contradictions from another learns the
corpora). ``fold`` keeps a case, a claim or a fake together, so that parts can be held out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz

from matcher.evidence import OVERLAP, overlap
from matcher.lexical import candidates, look_up
from matcher.reading import read
from matcher.text import normalise, split_sentences
from matcher.training.corpora import fold, rows
from matcher.training.gather import Claims, euvsdisinfo_titles, index, spelling
from matcher.training.neighbours import (
    ASSERTIONS,
    DEBUNKS,
    exchanged,
    framed,
    negated,
    renumbered,
    reworded,
)

Vectors = Callable[[Sequence[str]], NDArray[np.float32]]
"""Unit vectors of texts, shape (texts, dimensions)."""

NEAR: Final = 0.55
"""Cosine from which a further sentence of a summary counts as restating its title, and below
which another claim counts as a different one (read off a sample of 100)."""
NEWS: Final = 2_600
NEWS_TWICE: Final = 1_000
BATCH: Final = 200
TITLES: Final = 1_800
SNOPES: Final = 1_500


@dataclass(frozen=True, slots=True)
class Example:
    """A sentence, a claim, whether the one repeats the other, and how much that counts."""

    sentence: str
    claim: str
    repeats: bool
    weight: float
    kind: str


class Gatherer:
    """Collects examples from the folds in ``train``; the same seed gives the same examples."""

    def __init__(self, train: frozenset[int], vectors: Vectors, seed: int) -> None:
        self.examples: list[Example] = []
        self._train = train
        self._vectors = vectors
        self._draw = Random(seed)
        self._cases = index(euvsdisinfo_titles())
        self._title = {spelling(text): text for text in self._cases.texts}

    def all(self) -> list[Example]:
        """Every kind, shuffled."""
        self._summaries()
        self._quotes()
        self._honest()
        self._news()
        self._titles()
        self._tweets()
        self._snopes()
        self._relations()
        self._draw.shuffle(self.examples)
        return self.examples

    def _add(
        self, kind: str, sentence: str | None, claim: str, repeats: bool, weight: float
    ) -> None:
        if sentence:
            self.examples.append(Example(sentence, claim, repeats, weight, kind))

    def _in(self, key: str) -> bool:
        return fold(key) in self._train

    def _summaries(self) -> None:
        """Summaries of cases: not every sentence restates the title, the nearest one does."""
        for row in rows("euvsdisinfo/pairs"):
            if not self._in(row["case_id"]):
                continue
            title = self._title[spelling(row["claim"])]
            sentences = split_sentences(row["text"]) or [row["text"]]
            near = self._vectors(sentences) @ self._vectors([title])[0]
            for i in np.argsort(-near):
                if near[i] < NEAR and i != np.argmax(near):
                    break
                best = i == np.argmax(near) and near[i] > 0.4
                self._summary(sentences[i], title, 2.0 if best else 1.2)

    def _summary(self, sentence: str, title: str, weight: float) -> None:
        draw = self._draw
        for _ in range(2):
            self._add("summary", sentence, title, True, weight)
        self._add("summary asserted", framed(sentence, ASSERTIONS, draw), title, True, 0.7)
        self._add("summary debunked", framed(sentence, DEBUNKS, draw), title, False, 0.7)
        self._add("summary negated", negated(sentence, draw), title, False, 0.8)
        self._add("summary exchanged", exchanged(sentence, draw), title, False, 0.6)
        self._add("summary renumbered", renumbered(sentence, draw), title, False, 0.8)
        own = self._vectors([sentence, title])
        for claim in likely(self._cases, [sentence], 12)[0].claims:
            if (self._vectors([claim]) @ own.T).max() < NEAR - 0.05:
                self._add("summary, other claim", sentence, claim, False, 0.7)
                break

    def _quotes(self) -> None:
        """Quotes of outlets: the fake they repeat, and one that is clearly another."""
        fakes = [row["fake"] for row in rows("propaganda_diary/fakes")]
        of_fakes = self._vectors(fakes)
        for row in rows("propaganda_diary/quotes"):
            if not self._in(row["fake"]):
                continue
            text, own = row["text"], fakes.index(row["fake"])
            near = of_fakes @ self._vectors([text])[0]
            for _ in range(2):
                self._add("quote", text, row["fake"], True, 1.0 if near[own] > 0.35 else 0.5)
            if near[own] > 0.45:
                self._add("quote negated", negated(text, self._draw), row["fake"], False, 0.5)
            far = [i for i in np.argsort(-near) if of_fakes[i] @ of_fakes[own] < 0.4]
            for i in far[:1]:
                self._add("quote, other fake", text, fakes[i], False, 0.7)

    def _honest(self) -> None:
        """Sentences of disproofs: against the very claim, and against the likeliest others."""
        kept = [row for row in rows("euvsdisinfo/disproof_sentences") if self._in(row["case_id"])]
        texts = [row["text"] for row in kept]
        for row, found in zip(kept, likely(self._cases, texts, 3), strict=True):
            title = self._title[spelling(row["claim"])]
            self._add("honest", row["text"], title, False, 1.0)
            for claim in [claim for claim in found.claims if claim != title][:2]:
                self._add("honest, other claim", row["text"], claim, False, 0.8)

    def _news(self) -> None:
        """Ordinary news against the claims that it has most words in common with."""
        texts = [row["text"] for row in rows("news/en") if self._in(row["text"])]
        pairs = zip(texts, likely(self._cases, texts, 2), strict=True)
        hardest = sorted(pairs, key=lambda pair: -pair[1].strength)[:NEWS]
        for rank, (text, found) in enumerate(hardest):
            for claim in found.claims[: 2 if rank < NEWS_TWICE else 1]:
                self._add("news", text, claim, False, 1.0)

    def _titles(self) -> None:
        """Claims against what machines make of them."""
        draw = self._draw
        for title in draw.sample(self._cases.texts, TITLES):
            made = [
                ("title negated", negated(title, draw)),
                ("title exchanged", exchanged(title, draw)),
                ("title renumbered", renumbered(title, draw)),
                ("title debunked", framed(title, DEBUNKS, draw)),
            ]
            for kind, other in draw.sample([m for m in made if m[1]], 1):
                self._add(kind, other, title, False, 0.6)
            self._add("title asserted", framed(title, ASSERTIONS, draw), title, True, 0.6)
            if draw.random() < 0.5:
                self._add("title reworded", reworded(title, draw), title, True, 0.6)

    def _tweets(self) -> None:
        """Tweets against the claim that checks them, its likeliest neighbours, and negations."""
        draw = self._draw
        claims = {row["id"]: row for row in rows("checkthat2021/claims")}
        checked = index([row["claim"] for row in claims.values()])
        for row in rows("checkthat2021/train"):
            if not row["relevant"] or not self._in(claims[row["relevant"][0]]["claim"]):
                continue
            tweet, right = row["text"], claims[row["relevant"][0]]
            words = tweet.split(" — ")[0]
            self._add("tweet", tweet, right["claim"], True, 1.2)
            self._add("tweet", words, right["claim"], True, 0.5)
            if draw.random() < 0.5:
                self._add("tweet, title", tweet, right["title"], True, 0.6)
            self._add("tweet negated", negated(words, draw), right["claim"], False, 0.6)
            others = [c for c in likely(checked, [tweet], 6)[0].claims if c != right["claim"]]
            for claim in draw.sample(others, min(2, len(others))):
                self._add("tweet, other claim", tweet, claim, False, 0.7)
        for row in rows("negation/negated_tweets"):
            if self._in(row["claim"]):
                self._add("tweet", row["text"], row["claim"], True, 0.6)
                for text in draw.sample(row["negated"], min(2, len(row["negated"]))):
                    self._add("tweet negated", text, row["claim"], False, 0.6)

    def _snopes(self) -> None:
        """Claims of fact-checkers against their own headline, their opposite, their neighbour."""
        draw = self._draw
        kept = draw.sample(
            [r for r in rows("checkthat2021/claims") if self._in(r["claim"])], SNOPES
        )
        texts = [row["claim"] for row in kept]
        near = likely(index(texts), texts, 4)
        for row, neighbours in zip(kept, near, strict=True):
            claim = row["claim"]
            headline = draw.choice([row["title"], row["subtitle"] or row["title"]])
            pair = (headline, claim) if draw.random() < 0.5 else (claim, headline)
            self._add("headline", *pair, True, 0.6)
            if draw.random() < 0.5:
                self._add("headline negated", negated(claim, draw), claim, False, 0.5)
            for other in [n for n in neighbours.claims if n != claim][:1]:
                if fuzz.token_set_ratio(other.lower(), claim.lower()) < 75:
                    self._add("headline, other claim", claim, other, False, 0.6)

    def _relations(self) -> None:
        """Pairs labelled elsewhere; where a source has one label, its other side is made."""
        takes = {
            ("wikifactcheck_english", "contradicts"): (1_300, 0.5),
            ("sick", "neither"): (500, 0.4),
            ("sick", "repeats"): (600, 0.4),
            ("sick", "contradicts"): (450, 0.5),
            ("msr", "repeats"): (800, 0.5),
            ("sem_anto_neg", "contradicts"): (280, 0.4),
            ("sem_anto_neg", "repeats"): (150, 0.4),
            ("glue_diagnostic", "contradicts"): (80, 0.5),
        }
        draw = self._draw
        for (source, relation), (count, weight) in takes.items():
            found = [
                (row["text"], row["claim"])
                for row in rows("negation/relations")
                if (row["source"], row["relation"]) == (source, relation)
                and self._in(row["claim"])
                and row["text"].lower() != row["claim"].lower()
            ]
            for text, claim in draw.sample(found, min(count, len(found))):
                self._add(f"{source} {relation}", text, claim, relation == "repeats", weight)
                if source == "wikifactcheck_english":
                    again = reworded(claim, draw), framed(claim, ASSERTIONS, draw)
                    self._add(f"{source} reworded", draw.choice(again), claim, True, weight)
                if source == "msr":
                    self._add("msr negated", negated(text, draw), claim, False, weight)


@dataclass(frozen=True, slots=True)
class Likely:
    """The claims that have most in common with a text, best first, and how much the best has."""

    claims: list[str]
    strength: float


def likely(indexed: Claims, texts: Sequence[str], limit: int) -> list[Likely]:
    """For each text its ``limit`` best claims by shared idf times cover, as the engine ranks."""
    found: list[Likely] = []
    for start in range(0, len(texts), BATCH):
        readings = [read(normalise(text), "en") for text in texts[start : start + BATCH]]
        batch = look_up(indexed.lexical, readings)
        proposed = candidates(indexed.lexical, batch)
        columns = overlap(indexed.lexical, batch, proposed)
        strength = (
            columns[:, OVERLAP.index("shared_idf")] * columns[:, OVERLAP.index("claim_cover")]
        )
        for i in range(len(readings)):
            own = np.flatnonzero(proposed.sentence == i)
            own = own[np.argsort(-strength[own], kind="stable")][:limit]
            claims = [indexed.texts[proposed.row[k]] for k in own]
            found.append(Likely(claims, float(strength[own[0]]) if len(own) else 0.0))
    return found
