"""What speaks for and against a sentence repeating a claim: numbers, not yet a judgement.

Two steps, since most proposed pairs are nothing: ``overlap`` weighs all pairs of a batch at
once from the sparse index alone; ``wording`` reads the few that remain.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz

from matcher.cues import (
    CANCELLING,
    CONTRASTED,
    DENIED,
    NEGATING_NOTHING,
    NEGATORS,
    framing,
)
from matcher.lexical import Batch, Candidates, Lexical, ranges
from matcher.reading import Reading
from matcher.text import tokens

OVERLAP: Final = (
    "claim_cover",
    "sentence_cover",
    "shared_idf",
    "shared_count",
    "top_idf",
    "second_idf",
    "missing_idf",
    "compact",
    "in_order",
    "bm25_share",
    "claim_terms",
    "sentence_terms",
)
"""Names of the columns of ``overlap``."""

WORDING: Final = (
    "sort_ratio",
    "set_ratio",
    "negation_differs",
    "framed",
    "number_differs",
    "number_shared",
    "names_missing",
)
"""Names of the columns of ``wording``."""


def overlap(lexical: Lexical, batch: Batch, proposed: Candidates) -> NDArray[np.float32]:
    """Evidence from the words in common, shape (pairs, len(OVERLAP)), no column normalised.

    All shares lie in [0, 1]; idf sums are natural logarithms; counts are of content stems.
    """
    pairs = len(proposed.row)
    if not pairs:
        return np.zeros((0, len(OVERLAP)), dtype=np.float32)
    positions = _positions(lexical, batch)
    lengths = np.diff(lexical.indptr)[proposed.row]
    flat = ranges(lexical.indptr[proposed.row], lengths)
    pair = np.repeat(np.arange(pairs), lengths)
    starts = np.cumsum(lengths) - lengths

    terms = lexical.terms[flat]
    idf = lexical.idf[terms]
    at = positions(proposed.sentence[pair], terms)
    shared = at >= 0
    shared_idf = np.where(shared, idf, np.float32(0))

    def total(values: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.bincount(pair, weights=values, minlength=pairs).astype(np.float32)

    count = total(shared.astype(np.float32))
    weight = total(shared_idf)
    claim_idf = total(idf)
    sentence_idf = np.add.reduceat(np.append(batch.idf, 0.0), batch.indptr[:-1])
    sentence_idf[np.diff(batch.indptr) == 0] = 0.0
    sentence_idf = sentence_idf[proposed.sentence]

    top = np.maximum.reduceat(shared_idf, starts)
    is_top = shared_idf == top[pair]
    second = np.maximum.reduceat(np.where(is_top, 0.0, shared_idf), starts)
    missing = np.maximum.reduceat(np.where(shared, 0.0, idf), starts)

    first = np.minimum.reduceat(np.where(shared, at, 10**6), starts)
    last = np.maximum.reduceat(at, starts)
    # The parts of a compound stand in one place.
    compact = np.where(count > 0, np.minimum(count / np.maximum(last - first + 1, 1), 1.0), 0.0)

    following = np.zeros(len(flat), dtype=bool)
    following[:-1] = shared[:-1] & shared[1:] & (pair[:-1] == pair[1:])
    step = np.zeros(len(flat))
    step[:-1] = at[1:] - at[:-1]
    steps = following & (step > 0) & (step <= NEAR_WORDS)
    ordered = total(steps.astype(np.float32)) / np.maximum(count - 1, 1)

    sentence_terms = np.diff(batch.indptr)[proposed.sentence]
    return np.column_stack(
        (
            weight / np.maximum(claim_idf, 1e-6),
            weight / np.maximum(sentence_idf, 1e-6),
            weight,
            count,
            top,
            second,
            missing,
            compact,
            ordered,
            proposed.bm25 / np.maximum(claim_idf, 1e-6),
            lengths,
            sentence_terms,
        )
    ).astype(np.float32)


NEAR_WORDS: Final = 8
"""Words within which two of the claim's words follow each other in its order."""

Positions = Callable[[NDArray[np.int32], NDArray[np.int32]], NDArray[np.int32]]


def _positions(lexical: Lexical, batch: Batch) -> Positions:
    """Look up where a sentence of the batch holds a term: its position, or -1."""
    known = batch.terms >= 0
    unique, column = np.unique(batch.terms[known], return_inverse=True)
    table = np.full((len(batch), len(unique) + 1), -1, dtype=np.int32)
    sentence = np.repeat(np.arange(len(batch)), np.diff(batch.indptr))
    table[sentence[known], column] = batch.positions[known]
    columns = np.full(len(lexical.vocabulary), len(unique), dtype=np.int32)
    columns[unique] = np.arange(len(unique), dtype=np.int32)

    def look_up(sentences: NDArray[np.int32], terms: NDArray[np.int32]) -> NDArray[np.int32]:
        return table[sentences, columns[terms]]

    return look_up


_CLAUSE_ENDS: Final = re.compile(r"(?<=[,;:–—.?!])\s|\s-\s|\s(?=(?:but|because)\b)")

WINDOW_WORDS: Final = 3
"""Words on either side of the matched ones in which a negation belongs to them."""


def wording(sentence: Reading, claim: Reading) -> tuple[float, ...]:
    """Evidence from one sentence and one claim as they are worded, named by WORDING.

    Ratios and shares lie in [0, 1]; the others are 0 or 1, but ``framed``, which counts the
    framing words (at most 3) that the claim itself does not use.
    """
    mine, its = " ".join(sentence.words), " ".join(claim.words)
    shared = set(sentence.hashes).intersection(claim.hashes)
    window = matched_window(sentence, shared)
    framed = frames(sentence)
    if framed:  # which few are
        framed -= frames(claim)
    return (
        fuzz.token_sort_ratio(mine, its) / 100,
        fuzz.token_set_ratio(mine, its) / 100,
        float(negation_differs(sentence, claim, window, shared)),
        float(min(len(framed), 3)),
        *_numbers(sentence, claim),
        _names_missing(claim, shared),
    )


def matched_window(sentence: Reading, shared: set[int]) -> tuple[int, int]:
    """First and last position (exclusive) of the words around those in common."""
    at = [p for p, h in zip(sentence.positions, sentence.hashes, strict=True) if h in shared]
    if not at:
        return 0, len(sentence.words)
    return max(0, min(at) - WINDOW_WORDS), max(at) + 1 + WINDOW_WORDS


def negation_differs(
    sentence: Reading, claim: Reading, window: tuple[int, int], shared: set[int]
) -> bool:
    """Whether one of the two negates what the other does not, counting only near the match.

    Presence and, where two negations cancel out, parity: "no microchips, and no plans" is no
    double negation, but "never promised not to" is one more than "promised not to". Elsewhere
    they agree ("никто ничего не"), so that their number says nothing.
    """
    if all(_negators(each).isdisjoint(each.words) for each in (sentence, claim)):
        return False
    mine = _negations(sentence, range(*window), shared)
    its = _negations(claim, range(len(claim.words)), shared)
    cancel = sentence.language in CANCELLING and mine % 2 != its % 2
    return bool(mine) is not bool(its) or cancel


def _negations(reading: Reading, window: range, shared: set[int]) -> int:
    """How many words in a window turn into its opposite what the two texts have in common."""
    words, language = reading.words, reading.language
    negators = _negators(reading)
    found = [i for i in window if i < len(words) and words[i] in negators]
    idioms = NEGATING_NOTHING.get(language, frozenset())
    found = [
        i for i in found if idioms.isdisjoint((words[i : i + 2], words[max(i - 1, 0) : i + 1]))
    ]
    if found and language in CONTRASTED:
        common = {
            words[p] for p, h in zip(reading.positions, reading.hashes, strict=True) if h in shared
        }
        clauses = _clauses(reading)
        found = [i for i in found if not _contrasted(words, clauses, i, common, language)]
    return len(found)


def _negators(reading: Reading) -> frozenset[str]:
    return NEGATORS.get(reading.language, frozenset())


def _clauses(reading: Reading) -> list[int]:
    """The number of the clause that each word stands in, counting by marks."""
    parts = (tokens(part, reading.language) for part in _CLAUSE_ENDS.split(reading.text))
    return [number for number, part in enumerate(parts) for _ in part]


def _contrasted(
    words: Sequence[str], clauses: Sequence[int], at: int, common: set[str], language: str
) -> bool:
    """Whether what a word negates is not what is claimed, but what is set against it.

    "Is not a normal country, but a colony" says of a colony what is claimed of it. "Is not true,
    whoever says that ..." denies what follows.
    """
    end = bisect_right(clauses, clauses[at]) if len(clauses) == len(words) else len(words)
    negated, rest = words[at + 1 : end], words[end:]
    denies = not negated or not DENIED[language].isdisjoint(negated)
    denies = denies or bool(framing(negated, language))
    there, elsewhere = len(common.intersection(negated)), len(common.intersection(rest))
    return words[at] in CONTRASTED[language] and not denies and elsewhere > TELLS_MORE * there


TELLS_MORE: Final = 2
"""How many times as many words of the claim must stand after a negated clause as in it."""


def frames(reading: Reading) -> frozenset[str]:
    """The framing words that a text uses."""
    return framing(reading.words, reading.language)


def _numbers(sentence: Reading, claim: Reading) -> tuple[float, float]:
    its = {word for word in claim.words if word[0].isdigit()}
    if not its:
        return 0.0, 0.0
    mine = {word for word in sentence.words if word[0].isdigit()}
    return float(bool(mine and its and not mine & its)), float(bool(mine & its))


def _names_missing(claim: Reading, shared: set[int]) -> float:
    """Share of the claim's capitalised content words that the sentence lacks."""
    names = [
        h
        for p, h in zip(claim.positions, claim.hashes, strict=True)
        if claim.capitals[p] and not claim.words[p][0].isdigit()
    ]
    return sum(h not in shared for h in names) / len(names) if names else 0.0
