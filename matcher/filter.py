"""What browsers check sentences against, so that most of them never leave.

A filter is a small inverted index of the claims: hashed words, a weight for each, and which
claims hold them. It names no case and holds no text. ``matcher.filterwire`` writes it down.
All arithmetic is on integers, so that a browser decides exactly as is decided here.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from matcher import background
from matcher.folding import CACHED_WORDS, fold, words
from matcher.index import Index
from matcher.language import primary
from matcher.lexical import index_idf
from matcher.passages import LEAST_PIECE_TERMS, MOST_PIECES
from matcher.stemming import stem
from matcher.text import normalise, split_sentences, text_key

WEIGHT_STEP: Final = 0.8
"""Natural logarithms a unit of weight: an idf of 0 to 12 in the numbers 1 to 15."""
MOST_WEIGHT: Final = 15
MODEL: Final = Path(__file__).parent / "model" / "filter.json"
"""The rule, made by ``python -m matcher.training.filter``."""
EVIDENCE: Final = 8
"""Numbers that the rule weighs for each row; see ``Filter.evidence``."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How a sentence is decided by, in whole numbers that travel with the filter.

    ``unknown_weight`` is that of a word which no claim holds; rows below ``gate`` are not looked
    at; ``bias`` and ``coefficients`` give a row's score; from ``least_score`` on a sentence
    passes, from ``eager_score`` on for readers who want to see more.
    """

    unknown_weight: int
    gate: int
    bias: int
    coefficients: tuple[int, ...]
    least_score: int
    eager_score: int

    @classmethod
    def shipped(cls, cases: int) -> Rule:
        """The rule for an index of so many cases: the best of more is better by chance."""
        model = json.loads(MODEL.read_text(encoding="utf-8"))
        more = by_chance(model, cases)
        return cls(
            unknown_weight=model["unknown_weight"],
            gate=model["gate"],
            bias=model["bias"],
            coefficients=tuple(model["coefficients"]),
            least_score=max(1, model["least_score"] + more),
            eager_score=max(1, model["eager_score"] + more),
        )


def by_chance(model: Mapping[str, Any], cases: int) -> int:
    """What so many cases, beside those of a model's own index, add to the best score."""
    doublings = log64(max(cases, 1)) - log64(model["cases"])
    return int(model["score_a_doubling"] * doublings // 64)


def log64(number: int) -> int:
    """64 times the binary logarithm of a positive number, straight between powers of two."""
    whole = number.bit_length() - 1
    return 64 * whole + ((number - (1 << whole)) * 64 >> whole)


@dataclass(frozen=True)
class Filter:
    """A compiled filter, in its canonical order.

    ``hashes`` are the terms (24-bit hashes), those in most rows first, then ascending;
    ``weights`` (1 to 15) theirs; ``rows`` the distinct claims, each the ascending numbers of
    its terms, in lexicographic order; ``hosts`` those of the publishers.
    """

    hashes: tuple[int, ...]
    weights: tuple[int, ...]
    rows: tuple[tuple[int, ...], ...]
    hosts: tuple[str, ...]
    rule: Rule

    @classmethod
    def of(
        cls,
        rows: Iterable[frozenset[int]],
        weights: dict[int, int],
        *,
        hosts: Iterable[str],
        rule: Rule,
    ) -> Filter:
        """Bring rows of hashes into the canonical order: equal content, equal filter."""
        distinct = set(rows) - {frozenset()}
        counts = Counter(hashed for row in distinct for hashed in row)
        hashes = sorted(counts, key=lambda hashed: (-counts[hashed], hashed))
        number = {hashed: at for at, hashed in enumerate(hashes)}
        return cls(
            hashes=tuple(hashes),
            weights=tuple(weights[hashed] for hashed in hashes),
            rows=tuple(sorted(tuple(sorted(number[h] for h in row)) for row in distinct)),
            hosts=tuple(sorted(set(hosts))),
            rule=rule,
        )

    @classmethod
    def build(cls, index: Index, *, rule: Rule | None = None) -> Filter:
        """The filter of an index; depends on nothing but its cases' wordings and publishers."""
        rows: list[frozenset[int]] = []
        holding: dict[int, set[int]] = defaultdict(set)
        commonest: dict[int, float] = {}
        hosts: set[str] = set()
        for case, line in enumerate(index.lines()):
            content = json.loads(line)
            hosts |= _hosts(content)
            for claim in content["claims"]:
                for terms in claim_rows(claim["text"], claim["language"]):
                    rows.append(frozenset(terms))
                    for hashed, zipf in terms.items():
                        holding[hashed].add(case)
                        commonest[hashed] = max(zipf, commonest.get(hashed, 0.0))
        idf = index_idf(
            np.array(list(commonest.values()), dtype=np.float64),
            np.array([len(holding[hashed]) for hashed in commonest], dtype=np.int64),
            len(index),
        )
        weights = np.clip(np.floor(idf / WEIGHT_STEP + 0.5), 1, MOST_WEIGHT).astype(int)
        return cls.of(
            rows,
            dict(zip(commonest, weights.tolist(), strict=True)),
            hosts=hosts,
            rule=rule or Rule.shipped(len(index)),
        )

    @cached_property
    def _number(self) -> dict[int, int]:
        return {hashed: number for number, hashed in enumerate(self.hashes)}

    @cached_property
    def _postings(self) -> list[NDArray[np.int64]]:
        postings: list[list[int]] = [[] for _ in self.hashes]
        for at, row in enumerate(self.rows):
            for term in row:
                postings[term].append(at)
        return [np.array(rows, dtype=np.int64) for rows in postings]

    @cached_property
    def _row_weights(self) -> NDArray[np.int64]:
        return np.array([sum(self.weights[t] for t in row) for row in self.rows], dtype=np.int64)

    @cached_property
    def _row_terms(self) -> NDArray[np.int64]:
        return np.array([len(row) for row in self.rows], dtype=np.int64)

    def evidence(self, sentence: str) -> NDArray[np.int64]:
        """What speaks for each row that is worth a look, shape (rows, EVIDENCE); see ``weigh``."""
        return self.weigh(sentence)[1]

    def weigh(self, sentence: str) -> tuple[NDArray[np.int64], NDArray[np.int64], frozenset[int]]:
        """Rows that are worth a look, what speaks for each, and the sentence's terms.

        Shapes (rows,) and (rows, EVIDENCE); terms are numbers of ``hashes``.

        With S, C and Q the weights of the words shared, of the claim's and of the sentence's, and
        n and m the numbers of words shared and of the claim's: the logarithms of S, C, Q, n and m
        (``log64``), 256 S/C, 256 S/Q, and the product of these two / 256.
        """
        folded = set(map(fold, words(sentence)))
        terms = {self._number[word.hashed] for word in folded if word.hashed in self._number}
        unknown = {word.hashed for word in folded if word.telling} - self._number.keys()
        if not terms:
            return np.zeros(0, np.int64), np.zeros((0, EVIDENCE), np.int64), frozenset()
        whole = sum(self.weights[term] for term in terms)
        whole += self.rule.unknown_weight * len(unknown)
        shared = np.zeros(len(self.rows), dtype=np.int64)
        count = np.zeros(len(self.rows), dtype=np.int64)
        for term in terms:
            shared[self._postings[term]] += self.weights[term]
            count[self._postings[term]] += 1
        worth = np.flatnonzero(
            (shared > 0) & (16 * shared * shared >= self.rule.gate * self._row_weights)
        )
        s, c = shared[worth], self._row_weights[worth]
        cover, part = 256 * s // c, 256 * s // whole
        evidence = np.column_stack(
            (
                _logs(s),
                _logs(c),
                np.full(len(s), log64(whole)),
                _logs(count[worth]),
                _logs(self._row_terms[worth]),
                cover,
                part,
                cover * part // 256,
            )
        )
        return worth, evidence, frozenset(terms)

    def score(self, sentence: str) -> int:
        """How much a sentence looks like one that the engine would show: 0 and up."""
        evidence = self.evidence(sentence)
        return max(0, int(self.scores(evidence).max())) if len(evidence) else 0

    def scores(self, evidence: NDArray[np.int64]) -> NDArray[np.int64]:
        """What the rule says of each row, from its evidence."""
        coefficients = np.array(self.rule.coefficients, dtype=np.int64)
        return np.asarray(evidence @ coefficients + self.rule.bias)

    def passes(self, sentence: str) -> bool:
        """Whether a server is to be asked about a sentence."""
        return self.score(sentence) >= self.rule.least_score


def _logs(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.array([log64(number) for number in numbers.tolist()], dtype=np.int64)


def claim_rows(text: str, language: str) -> list[dict[int, float]]:
    """A claim's wording as rows: their terms' hashes, each with its Zipf value; whole first."""
    return [_terms(piece, language) for piece in _pieces(text)]


def _pieces(text: str) -> list[str]:
    """A claim's wording as the engine indexes it: whole, and sentence by sentence."""
    text = normalise(text)
    sentences = split_sentences(text)[:MOST_PIECES]
    if len(sentences) < 2:
        return [text]
    return [text, *(s for s in sentences if len(set(words(s))) >= LEAST_PIECE_TERMS)]


def _terms(text: str, language: str) -> dict[int, float]:
    """The content words of a claim: hash and Zipf value in ordinary text of its language."""
    code = primary(language)
    rates: dict[int, float] = {}
    for word in words(text):
        zipf = _zipf(word, code)
        if zipf < background.STOP_ZIPF:
            hashed = fold(word).hashed
            rates[hashed] = max(zipf, rates.get(hashed, 0.0))
    return rates


@lru_cache(maxsize=CACHED_WORDS)
def _zipf(word: str, code: str) -> float:
    return background.zipf(text_key(stem(word, code)), code)


def _hosts(case: Mapping[str, Any]) -> set[str]:
    """Whose pages debunk: the host of the case's publisher, where it is known."""
    link = case["publisher"].get("url")
    host = urlsplit(link).hostname if link else None
    return {host.removeprefix("www.")} if host else set()
