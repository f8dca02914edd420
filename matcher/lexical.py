"""Sparse retrieval: which claims share telling words with a sentence, for a whole batch at once.

BM25 (Robertson and Zaragoza 2009) over claims whose words count once each. A word tells as
much as it is rare in ordinary text; where the index itself is full of it, less.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sparse_dot_topn import sp_matmul_topn

from matcher import background
from matcher.reading import Reading

K1: Final = 1.0
B: Final = 0.6
PRIOR_CASES: Final = 200
"""Cases' worth of trust in the background table against the counts of the index itself."""
CANDIDATES: Final = 20
"""Claims proposed a sentence: recall at 20 is .95 to .97 and grows little beyond."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Passages of claims as stems: what is read once and reused while a claim is unchanged.

    ``hashes`` (uint64) and ``zipfs`` (float32) hold the content stems of row i at
    ``indptr[i]:indptr[i + 1]``; ``case`` (int32) is the position of each row's case.
    """

    hashes: NDArray[np.uint64]
    zipfs: NDArray[np.float32]
    indptr: NDArray[np.int64]
    case: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.case)


@dataclass(frozen=True, slots=True)
class Lexical:
    """The compiled sparse index; every field is an array that can be memory-mapped.

    ``vocabulary`` (uint64, sorted) numbers the terms; ``idf`` (float32) weighs them;
    ``terms`` (int32) with ``indptr`` are the rows in order of their words; ``post_indptr``,
    ``post_rows`` and ``post_weights`` are the postings with their BM25 weights.
    """

    vocabulary: NDArray[np.uint64]
    idf: NDArray[np.float32]
    terms: NDArray[np.int32]
    indptr: NDArray[np.int64]
    post_indptr: NDArray[np.int32]
    post_rows: NDArray[np.int32]
    post_weights: NDArray[np.float32]

    @property
    def rows(self) -> int:
        """Number of passages."""
        return len(self.indptr) - 1

    @property
    def average(self) -> float:
        """Mean number of terms in a passage."""
        return len(self.terms) / max(self.rows, 1)


Numbered = tuple[NDArray[np.uint64], NDArray[np.int32]]
"""A sorted vocabulary, and stems as places in it."""


def ranges(starts: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """The integers of several ranges, one range after the other."""
    ends = np.cumsum(lengths)
    return np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - lengths - starts, lengths)


def compile_rows(
    rows: Rows, numbered: Numbered | None = None, *, beside: Lexical | None = None
) -> Lexical:
    """Weigh the terms and lay out the postings; deterministic, no text needed.

    Parameters
    ----------
    numbered
        the terms of the rows where they are known already.
    beside
        a larger index that these few rows stand beside: what it knows of terms and lengths
        holds for them as well.
    """
    vocabulary, terms = numbered or number(rows.hashes)
    lengths = np.diff(rows.indptr)
    row_of = np.repeat(np.arange(len(rows), dtype=np.int32), lengths)
    # The postings are the transposed rows: counted into place, which is faster than sorting.
    shape = (len(rows), len(vocabulary))
    places = np.arange(len(terms), dtype=np.int32)
    transposed = csr_matrix((places, terms, rows.indptr), shape=shape).tocsc()
    order = transposed.data
    commonest = np.maximum.reduceat(rows.zipfs[order], transposed.indptr[:-1]) if len(terms) else ()

    # Rows of one case stand side by side, so that a term's cases are counted where they change.
    term, case = terms[order], rows.case[row_of[order]]
    changes = np.ones(len(term), dtype=bool)
    changes[1:] = (term[1:] != term[:-1]) | (case[1:] != case[:-1])
    cases_with = np.bincount(term[changes], minlength=len(vocabulary))
    cases = 1 + int(np.count_nonzero(np.diff(rows.case))) if len(rows) else 0
    average = lengths.mean() if len(lengths) else 1.0
    if beside is not None and beside.rows:
        cases += beside.rows
        average = beside.average
    idf = index_idf(np.asarray(commonest, dtype=np.float64), cases_with, cases).astype(np.float32)
    if beside is not None:
        at, known = found_in(beside.vocabulary, vocabulary)
        idf[known] = beside.idf[at[known]]
    weights = idf[terms] * _worth_of_words(lengths, average)[row_of]
    return Lexical(
        vocabulary=vocabulary,
        idf=idf,
        terms=terms,
        indptr=rows.indptr,
        post_indptr=transposed.indptr.astype(np.int32),
        post_rows=row_of[order],
        post_weights=weights[order].astype(np.float32),
    )


def _worth_of_words(lengths: NDArray[np.int64], average: float) -> NDArray[np.float64]:
    """What a word's idf is worth in passages of so many words: less in long ones."""
    norm = K1 * (1 - B + B * lengths / max(average, 1.0))
    return np.asarray((K1 + 1) / (1 + norm))


def number(hashes: NDArray[np.uint64]) -> Numbered:
    """A number for each stem: its place in the sorted vocabulary."""
    vocabulary, inverse = np.unique(hashes, return_inverse=True)
    return vocabulary, inverse.astype(np.int32)


def renumber(old: Numbered, fresh: NDArray[np.uint64], taken: NDArray[np.int64]) -> Numbered:
    """What ``number`` gives for some stems, without sorting those again that are numbered.

    ``taken`` are places in the old ones, and on from there in the fresh.
    """
    vocabulary, terms = old
    together = np.union1d(vocabulary, fresh)
    moved = np.searchsorted(together, vocabulary).astype(np.int32)
    added = np.searchsorted(together, fresh).astype(np.int32)
    renumbered = np.concatenate((moved[terms], added))[taken]
    used = np.bincount(renumbered, minlength=len(together)) > 0
    return together[used], (np.cumsum(used, dtype=np.int32) - 1)[renumbered].astype(np.int32)


def index_idf(
    zipfs: NDArray[np.float64], cases_with: NDArray[np.int64], cases: int
) -> NDArray[np.float64]:
    """Weight of terms by the higher of their rates in ordinary text and in the index.

    The case at hand does not count against its own words, so that the weights hardly depend
    on the size of the index.
    """
    ordinary = background.idf(zipfs)
    rate = (cases_with - 1 + PRIOR_CASES * np.exp(-ordinary)) / (cases - 1 + PRIOR_CASES)
    return np.asarray(np.minimum(ordinary, -np.log(np.clip(rate, 1e-9, 1.0))))


@dataclass(frozen=True, slots=True)
class Batch:
    """Sentences as terms of an index.

    ``terms`` (int32; -1: in no claim), ``positions`` (int32) and ``idf`` (float32) hold the
    content stems of sentence i at ``indptr[i]:indptr[i + 1]``.
    """

    terms: NDArray[np.int32]
    positions: NDArray[np.int32]
    idf: NDArray[np.float32]
    indptr: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.indptr) - 1


def look_up(lexical: Lexical, readings: Sequence[Reading], *, beside: Batch | None = None) -> Batch:
    """Number the stems of sentences; those in no claim keep their weight in ordinary text.

    ``beside`` are the same sentences as terms of the index that this one stands beside.
    """
    indptr = np.zeros(len(readings) + 1, dtype=np.int64)
    np.cumsum([len(reading) for reading in readings], out=indptr[1:])
    hashes = np.fromiter((h for r in readings for h in r.hashes), np.uint64, indptr[-1])
    zipfs = np.fromiter((z for r in readings for z in r.zipfs), np.float64, indptr[-1])
    positions = np.fromiter((p for r in readings for p in r.positions), np.int32, indptr[-1])
    idf = background.idf(zipfs).astype(np.float32)
    terms = np.full(len(hashes), -1, dtype=np.int32)
    at, known = found_in(lexical.vocabulary, hashes)
    terms[known] = at[known]
    idf[known] = lexical.idf[at[known]]
    if beside is not None:
        idf = np.where(beside.terms >= 0, beside.idf, idf)
    return Batch(terms=terms, positions=positions, idf=idf, indptr=indptr)


def found_in(
    ascending: NDArray[Any], wanted: NDArray[Any]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The places of values in an ascending array, and which of them are there at all."""
    if not len(ascending):
        return np.zeros(len(wanted), np.int64), np.zeros(len(wanted), bool)
    at = np.minimum(np.searchsorted(ascending, wanted), len(ascending) - 1)
    return at, ascending[at] == wanted


def best_of_each(
    sentence: NDArray[np.int32], worth: NDArray[np.floating], *, least: float, most: int
) -> NDArray[np.int64]:
    """Places of the pairs that are worth most, ``most`` of a sentence, and ``least`` at least."""
    order = np.lexsort((-worth, sentence))
    grouped = sentence[order]
    first = np.searchsorted(grouped, grouped)
    return order[(np.arange(len(order)) - first < most) & (worth[order] >= least)]


@dataclass(frozen=True, slots=True)
class Candidates:
    """Proposed pairs, grouped by sentence: positions of sentence and row, and the BM25 score."""

    sentence: NDArray[np.int32]
    row: NDArray[np.int32]
    bm25: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.row)

    def where(self, chosen: NDArray[Any]) -> Candidates:
        """Those of a mask, or at the places given, in their order."""
        return Candidates(self.sentence[chosen], self.row[chosen], self.bm25[chosen])

    def first(self, limit: int) -> Candidates:
        """The ``limit`` pairs of highest BM25 of each sentence, best first."""
        return self.where(best_of_each(self.sentence, self.bm25, least=-np.inf, most=limit))


def candidates(lexical: Lexical, batch: Batch, *, limit: int = CANDIDATES) -> Candidates:
    """The ``limit`` rows of highest BM25 for each sentence of a batch, best first."""
    if not lexical.rows:
        return Candidates(np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0, np.float32))
    known = batch.terms >= 0
    columns = batch.terms[known]
    before = np.concatenate(([0], np.cumsum(known)))
    query = csr_matrix(
        (np.ones(len(columns), dtype=np.float32), columns, before[batch.indptr].astype(np.int32)),
        shape=(len(batch), len(lexical.vocabulary)),
    )
    postings = csr_matrix(
        (lexical.post_weights, lexical.post_rows, lexical.post_indptr),
        shape=(len(lexical.vocabulary), lexical.rows),
        copy=False,
    )
    best = sp_matmul_topn(query, postings, top_n=limit, sort=True, n_threads=1)
    sentence = np.repeat(np.arange(len(batch), dtype=np.int32), np.diff(best.indptr))
    return Candidates(sentence=sentence, row=best.indices.astype(np.int32), bm25=best.data)


def bm25_of(
    lexical: Lexical,
    batch: Batch,
    sentence: NDArray[np.int32],
    row: NDArray[np.int32],
    *,
    beside: Lexical | None = None,
) -> NDArray[np.float32]:
    """The BM25 of pairs of sentences and rows, whoever proposes them; 0: not a word in common.

    ``beside``: what the rows were compiled beside, see ``compile_rows``.
    """
    lengths = np.diff(lexical.indptr)[row]
    terms = lexical.terms[ranges(lexical.indptr[row], lengths)]
    pair = np.repeat(np.arange(len(row)), lengths)
    width = max(len(lexical.vocabulary), 1)
    owner = np.repeat(np.arange(len(batch)), np.diff(batch.indptr))
    asked = (owner * width + batch.terms)[batch.terms >= 0]
    shared = np.isin(sentence.astype(np.int64)[pair] * width + terms, asked)
    idf = np.bincount(pair, weights=np.where(shared, lexical.idf[terms], 0), minlength=len(row))
    average = (beside if beside is not None and beside.rows else lexical).average
    return (idf * _worth_of_words(lengths, average)).astype(np.float32)
