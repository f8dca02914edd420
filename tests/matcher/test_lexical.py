from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.index import Index
from matcher.lexical import K1, B, candidates, index_idf, look_up
from matcher.reading import read
from tests.matcher.conftest import make_case

WORDS = "nato russia vaccine border sanctions kazakhstan gas troops election treaty".split()
TEXTS = st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(" ".join)


def _brute_force(index: Index, sentence: str) -> dict[int, float]:
    """BM25 by its formula, one claim and one word at a time."""
    lexical, rows = index.layers.base.lexical, index.layers.base.rows
    asked = set(read(sentence, "en").hashes)
    average = len(rows.hashes) / len(rows)
    scores = {}
    for row in range(len(rows)):
        terms = range(rows.indptr[row], rows.indptr[row + 1])
        norm = K1 * (1 - B + B * len(terms) / average)
        weight = sum(
            float(lexical.idf[lexical.terms[at]]) * (K1 + 1) / (1 + norm)
            for at in terms
            if int(rows.hashes[at]) in asked
        )
        if weight:
            scores[row] = weight
    return scores


@given(st.lists(TEXTS, min_size=1, max_size=12), st.lists(TEXTS, min_size=1, max_size=4))
def test_the_sparse_product_proposes_what_the_formula_proposes(
    claims: list[str], sentences: list[str]
) -> None:
    index = Index.build(make_case(f"c{i}", text) for i, text in enumerate(claims))
    batch = look_up(index.layers.base.lexical, [read(sentence, "en") for sentence in sentences])
    found = candidates(index.layers.base.lexical, batch, limit=len(claims))
    for number, sentence in enumerate(sentences):
        own = found.sentence == number
        expected = _brute_force(index, sentence)
        proposed = dict(zip(found.row[own].tolist(), found.bm25[own].tolist(), strict=True))
        assert proposed == pytest.approx(expected, rel=1e-4)
        assert list(found.bm25[own]) == sorted(found.bm25[own], reverse=True)


@given(st.lists(TEXTS, min_size=1, max_size=12), st.lists(TEXTS, min_size=1, max_size=4))
def test_a_pair_has_the_bm25_of_the_formula_whoever_proposes_it(
    claims: list[str], sentences: list[str]
) -> None:
    index = Index.build(make_case(f"c{i}", text) for i, text in enumerate(claims))
    beside = Index.build([make_case("a", claims[0])]).amended(
        make_case(f"c{i}", text) for i, text in enumerate(claims)
    )
    for layers in (index.layers, beside.layers):
        asked = layers.look_up([read(sentence, "en") for sentence in sentences])
        rows = np.arange(layers.rows, dtype=np.int32)
        found = layers.candidates(asked, limit=layers.rows)
        for number in range(len(sentences)):
            own = found.sentence == number
            proposed = dict(zip(found.row[own].tolist(), found.bm25[own].tolist(), strict=True))
            every = layers.with_bm25(asked, np.full(len(rows), number, np.int32), rows)
            for row, bm25 in zip(rows.tolist(), every.bm25.tolist(), strict=True):
                assert bm25 == pytest.approx(proposed.get(row, 0.0), rel=1e-4)
            few = layers.candidates(asked, limit=2)
            assert (
                few.bm25[few.sentence == number].tolist()
                == sorted(proposed.values(), reverse=True)[:2]
            )


def test_a_word_that_fills_the_index_tells_less_than_one_that_is_rare_in_it() -> None:
    zipfs = np.array([4.0, 4.0])
    often, seldom = index_idf(zipfs, np.array([500, 1]), 1_000)
    assert often < seldom


def test_a_words_weight_hardly_depends_on_the_size_of_the_index() -> None:
    zipfs = np.array([4.0])
    weights = [float(index_idf(zipfs, np.array([1]), size)[0]) for size in (1, 80, 12_000, 500_000)]
    assert max(weights) - min(weights) < 0.01


def test_a_sentence_without_known_words_has_no_candidates() -> None:
    index = Index.build([make_case("c", "NATO promised not to expand to the east")])
    batch = look_up(index.layers.base.lexical, [read("Completely unrelated cooking advice", "en")])
    assert len(candidates(index.layers.base.lexical, batch).row) == 0
