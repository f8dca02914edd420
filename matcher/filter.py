"""What browsers check sentences against, so that most of them never leave.

A filter is a small inverted index of the claims: hashed words, a weight for each, and which
claims hold them. It names no case and holds no text. ``matcher.filterwire`` writes it down.
All arithmetic is on integers, so that a browser decides exactly as is decided here.
"""

from __future__ import annotations

import json
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
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
from matcher.text import normalise, split_sentences, stem, stem_hash

WEIGHT_STEP: Final = 0.8
"""Natural logarithms a unit of weight: an idf of 0 to 12 in the numbers 1 to 15."""
MOST_WEIGHT: Final = 15
UNKNOWN_WEIGHT: Final = 10
"""Weight of a word of the sentence that no claim holds: an idf of 8, that of a telling word."""


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
    least_score: int
    unknown_weight: int

    @classmethod
    def of(
        cls,
        rows: Iterable[frozenset[int]],
        weights: dict[int, int],
        *,
        hosts: Iterable[str],
        least_score: int,
        unknown_weight: int,
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
            least_score=least_score,
            unknown_weight=unknown_weight,
        )

    @classmethod
    def build(cls, index: Index) -> Filter:
        """The filter of an index; depends on nothing but the wordings and links of its cases."""
        rows: list[frozenset[int]] = []
        holding: dict[int, set[int]] = defaultdict(set)
        commonest: dict[int, float] = {}
        hosts: set[str] = set()
        for case in range(len(index)):
            content = json.loads(index.line(case))
            hosts |= _hosts(content)
            for claim in content["claims"]:
                for piece in _pieces(claim["text"]):
                    terms = dict(_terms(piece, claim["language"]))
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
            least_score=least_score(len(index)),
            unknown_weight=UNKNOWN_WEIGHT,
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

    def score(self, sentence: str) -> int:
        """How much of a claim a sentence says, and of a sentence a claim: 0 and up.

        With S, C and Q the weights of the words shared, of the claim's and of the sentence's,
        the highest ``(S^2/C)^2 S/Q`` of any claim, rounded down in two steps.
        """
        folded = set(map(fold, words(sentence)))
        known = [self._number[word.hashed] for word in folded if word.hashed in self._number]
        unknown = {word.hashed for word in folded if word.telling} - self._number.keys()
        # Two words of one hash are one term.
        terms = set(known)
        whole = sum(self.weights[term] for term in terms) + self.unknown_weight * len(unknown)
        if not terms:
            return 0
        shared = np.zeros(len(self.rows), dtype=np.int64)
        for term in terms:
            shared[self._postings[term]] += self.weights[term]
        strength = 16 * shared * shared // self._row_weights
        return int((strength * strength * shared // (16 * whole)).max())

    def passes(self, sentence: str) -> bool:
        """Whether a server is to be asked about a sentence."""
        return self.score(sentence) >= self.least_score


def least_score(cases: int) -> int:
    """Score from which sentences pass, for an index of so many cases.

    The best of more claims is better by chance; so is the score that a hint of the engine has.
    Source: ``python -m matcher.training.filter`` on indexes of 157 to 50,000 cases.
    """
    return max(1, math.isqrt(7 * cases // 2))


def _pieces(text: str) -> list[str]:
    """A claim's wording as the engine indexes it: whole, and sentence by sentence."""
    text = normalise(text)
    sentences = split_sentences(text)[:MOST_PIECES]
    if len(sentences) < 2:
        return [text]
    return [text, *(s for s in sentences if len(set(words(s))) >= LEAST_PIECE_TERMS)]


def _terms(text: str, language: str) -> Iterator[tuple[int, float]]:
    """The content words of a claim: hash and Zipf value in ordinary text of its language."""
    code = primary(language)
    rates: dict[int, float] = {}
    for word in words(text):
        zipf = _zipf(word, code)
        if zipf < background.STOP_ZIPF:
            hashed = fold(word).hashed
            rates[hashed] = max(zipf, rates.get(hashed, 0.0))
    return iter(rates.items())


@lru_cache(maxsize=CACHED_WORDS)
def _zipf(word: str, code: str) -> float:
    return background.zipf(stem_hash(stem(word, code)), code)


def _hosts(case: Mapping[str, Any]) -> set[str]:
    """Whose pages debunk: the host of the case's publisher, where it is known."""
    link = case["publisher"].get("url")
    host = urlsplit(link).hostname if link else None
    return {host.removeprefix("www.")} if host else set()
