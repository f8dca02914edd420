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

from matcher.cues import NEGATORS
from matcher.lexical import candidates, look_up
from matcher.reading import read
from matcher.text import normalise, split_sentences
from matcher.training.corpora import fold, rows
from matcher.training.gather import Claims, euvsdisinfo_titles, index, spelling
from matcher.training.neighbours import (
    ASSERTIONS,
    DEBUNKS,
    DETAILS,
    clause,
    doubted,
    exchanged,
    framed,
    joined,
    negated,
    renumbered,
    reworded,
)

Vectors = Callable[[Sequence[str]], NDArray[np.float32]]
"""Unit vectors of texts, shape (texts, dimensions)."""

NEAR: Final = 0.55
"""Cosine from which a further sentence of a summary counts as restating its title, and below
which another claim counts as a different one (read off a sample of 100)."""
TWIN: Final = (0.85, 0.97)
"""Cosines between which two titles say the same in other words (read off samples of 30)."""
UNRELATED: Final = 0.5
"""Cosine below which two titles with words in common say different things."""
NEWS: Final = 2_500
"""Ordinary sentences, those nearest to some claim, each against its two nearest."""
NEWS_CHECKED: Final = 1_800
"""The same against claims of another index, so that no one subject is learned as harmless."""
NEWS_FOLDS: Final = frozenset({7, 8, 9})
"""Folds of the news to train on; the others stay unseen, to place the bands on."""
BATCH: Final = 200
TITLES: Final = 1_500
TWINS: Final = 1_000
CLAUSES: Final = 1_500
LONG_TITLE: Final = 14
SNOPES: Final = 2_500


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
        self._of_cases = vectors(self._cases.texts)
        self._title = {spelling(text): text for text in self._cases.texts}

    def all(self) -> list[Example]:
        """Every kind, shuffled."""
        self._summaries()
        self._quotes()
        self._honest()
        self._news()
        self._titles()
        self._twins()
        self._clauses()
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
        for _ in range(2):
            self._add("summary detailed", framed(sentence, DETAILS, draw), title, True, 0.7)
        opposite = negated(sentence, draw)
        if opposite:
            opposite = framed(opposite, DETAILS, draw)
        self._add("summary negated, detailed", opposite, title, False, 0.7)
        self._add("summary debunked", framed(sentence, DEBUNKS, draw), title, False, 0.7)
        self._add("summary doubted", doubted(sentence, draw), title, False, 0.5)
        self._add("summary negated", negated(sentence, draw), title, False, 0.8)
        self._add("summary exchanged", exchanged(sentence, draw), title, False, 0.6)
        self._add("summary renumbered", renumbered(sentence, draw), title, False, 0.8)
        own = self._vectors([title])[0]
        others = [
            claim
            for claim, _ in self._nearest(self._cases, self._of_cases, [sentence])[0]
            if self._vectors([claim])[0] @ own < NEAR - 0.05
        ]
        for claim in others[:2]:
            self._add("summary, other claim", sentence, claim, False, 0.6)

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
        """Sentences of disproofs: against the very claim, and against the nearest others."""
        kept = [row for row in rows("euvsdisinfo/disproof_sentences") if self._in(row["case_id"])]
        near = self._nearest(self._cases, self._of_cases, [row["text"] for row in kept])
        for row, found in zip(kept, near, strict=True):
            title = self._title[spelling(row["claim"])]
            self._add("honest", row["text"], title, False, 1.0)
            for claim in [claim for claim, _ in found if claim != title][:3]:
                self._add("honest, other claim", row["text"], claim, False, 0.8)

    def _news(self) -> None:
        """Ordinary news against the claims that it comes nearest to."""
        texts = [row["text"] for row in rows("news/en") if fold(row["text"]) in NEWS_FOLDS]
        checked = index([row["claim"] for row in rows("checkthat2020/claims")])
        for kind, indexed, of_claims, count, best in (
            ("news", self._cases, self._of_cases, NEWS, 2),
            ("news, checked claim", checked, self._vectors(checked.texts), NEWS_CHECKED, 1),
        ):
            near = self._nearest(indexed, of_claims, texts)
            pairs = [(text, found) for text, found in zip(texts, near, strict=True) if found]
            for text, found in sorted(pairs, key=lambda pair: -pair[1][0][1])[:count]:
                for claim, _ in found[:best]:
                    self._add(kind, text, claim, False, 1.0)

    def _titles(self) -> None:
        """Claims against what machines make of them."""
        draw = self._draw
        for title in draw.sample(self._cases.texts, TITLES):
            made = [
                ("title negated", negated(title, draw)),
                ("title exchanged", exchanged(title, draw)),
                ("title renumbered", renumbered(title, draw)),
                ("title debunked", framed(title, DEBUNKS, draw)),
                ("title doubted", doubted(title, draw)),
            ]
            for kind, other in draw.sample([m for m in made if m[1]], 1):
                self._add(kind, other, title, False, 0.6)
            self._add("title asserted", framed(title, ASSERTIONS, draw), title, True, 0.6)
            if draw.random() < 0.5:
                self._add("title reworded", reworded(title, draw), title, True, 0.6)

    def _twins(self) -> None:
        """Titles that say the same, the opposite of one of them, and titles that differ."""
        draw = self._draw
        titles, own = self._cases.texts, self._of_cases
        made = 0
        for i in draw.sample(range(len(titles)), len(titles)):
            near = own @ own[i]
            twins = [j for j in np.flatnonzero((near > TWIN[0]) & (near < TWIN[1])) if j != i]
            if not twins:
                continue
            first, twin = titles[i], titles[draw.choice(twins)]
            if not _same_signs(first, twin):
                continue
            self._add("twin", first, twin, True, 0.5)
            self._add("twin debunked", framed(first, DEBUNKS, draw), twin, False, 0.5)
            self._add("twin asserted", framed(first, ASSERTIONS, draw), twin, True, 0.4)
            made_of = draw.choice((negated(first, draw), exchanged(first, draw)))
            self._add("twin made another", made_of, twin, False, 0.5)
            self._joined(first, twin)
            made += 1
            if made == TWINS:
                break
        some = draw.sample(titles, TWINS)
        for text, found in zip(some, self._nearest(self._cases, own, some), strict=True):
            far = [claim for claim, near in found if near < UNRELATED]
            if far:
                self._add("title, other claim", text, far[0], False, 0.4)

    def _joined(self, first: str, twin: str) -> None:
        """What else a sentence says takes nothing from what it repeats."""
        draw = self._draw
        other = draw.choice(self._cases.texts)
        self._add("twin joined", joined(first, other, draw), twin, True, 0.5)
        self._add("twin detailed", framed(first, DETAILS, draw), twin, True, 0.5)
        opposite = negated(first, draw)
        if opposite:
            self._add("twin negated, joined", joined(opposite, other, draw), twin, False, 0.5)
            self._add("twin negated, detailed", framed(opposite, DETAILS, draw), twin, False, 0.5)

    def _clauses(self) -> None:
        """Long sentences of every kind against one clause of theirs, and against its opposite."""
        draw = self._draw
        texts = [row["text"] for row in rows("news/en") if fold(row["text"]) in NEWS_FOLDS]
        texts += [
            row["text"]
            for row in rows("euvsdisinfo/disproof_sentences")
            if self._in(row["case_id"])
        ]
        texts += [title for title in self._cases.texts if len(title.split()) > LONG_TITLE]
        made = 0
        for text in draw.sample(texts, len(texts)):
            claim = clause(text, draw)
            if not claim:
                continue
            same = reworded(claim, draw) if draw.random() < 0.5 else claim
            self._add("clause", text, same, True, 0.5)
            changed = draw.choice((negated, exchanged, renumbered))(claim, draw)
            if changed:
                self._add("clause made another", text, changed, False, 0.5)
            made += 1
            if made == CLAUSES:
                break

    def _tweets(self) -> None:
        """Tweets against the claim that checks them, its likeliest neighbours, and negations."""
        draw = self._draw
        claims = {row["id"]: row for row in rows("checkthat2021/claims")}
        checked = index([row["claim"] for row in claims.values()])
        of_checked = self._vectors(checked.texts)
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
            found = self._nearest(checked, of_checked, [tweet])[0][:8]
            others = [claim for claim, _ in found if claim != right["claim"]]
            for claim in {*others[:2], *draw.sample(others, min(1, len(others)))}:
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
        indexed = index(texts)
        near = self._nearest(indexed, self._vectors(indexed.texts), texts)
        for row, neighbours in zip(kept, near, strict=True):
            claim = row["claim"]
            headline = draw.choice([row["title"], row["subtitle"] or row["title"]])
            pair = (headline, claim) if draw.random() < 0.5 else (claim, headline)
            self._add("headline", *pair, True, 0.6)
            if draw.random() < 0.5:
                self._add("headline negated", negated(claim, draw), claim, False, 0.5)
            for other in [other for other, _ in neighbours if other != claim][:1]:
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

    def _nearest(
        self, indexed: Claims, of_claims: NDArray[np.float32], texts: Sequence[str]
    ) -> list[list[tuple[str, float]]]:
        """For each text the claims proposed for it, with their cosine, nearest first."""
        of_texts = self._vectors(texts)
        found: list[list[tuple[str, float]]] = []
        for start in range(0, len(texts), BATCH):
            readings = [read(normalise(text), "en") for text in texts[start : start + BATCH]]
            proposed = candidates(indexed.lexical, look_up(indexed.lexical, readings))
            for i in range(len(readings)):
                claims = proposed.row[proposed.sentence == i]
                near = of_claims[claims] @ of_texts[start + i]
                found.append(
                    [(indexed.texts[claims[k]], float(near[k])) for k in np.argsort(-near)]
                )
        return found


def _same_signs(a: str, b: str) -> bool:
    """Whether neither of two titles negates or counts what the other does not."""
    one, other = read(normalise(a), "en"), read(normalise(b), "en")
    negates = [bool(NEGATORS["en"].intersection(reading.words)) for reading in (one, other)]
    numbers = [{w for w in reading.words if w[0].isdigit()} for reading in (one, other)]
    return (
        negates[0] == negates[1]
        and numbers[0] == numbers[1]
        and fuzz.token_set_ratio(" ".join(one.words), " ".join(other.words)) < 92
    )
