from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from matcher import nearest, vectors
from matcher.evaluate.own import own_sentences
from matcher.index import Index
from matcher.layers import Layers
from matcher.nearest import Cosines, Pairs, cosines_with_all, nearest_by_words
from matcher.reading import Reading, read
from matcher.semantic import Semantic, shipped
from matcher.types import Sentence
from matcher.vectors import KnownVectors
from tests.matcher.conftest import Counting, make_case, starter_cases

WORDS = "nato russia vaccine border sanctions kazakhstan gas troops election treaty".split()
TEXTS = [f"{a} {b} {c}" for a in WORDS for b in WORDS for c in WORDS if a < b < c]
ASKED = [read(text, "en") for text in ("nato troops cross the border", "the gas treaty", "cats")]

PROMISE = "NATO broke its promise not to enlarge eastwards"
IN_OTHER_WORDS = "The Western alliance went back on its pledge and moved closer to Moscow"


@pytest.fixture(autouse=True)
def _look_always(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vectors, "LOOK_S", 0.0)


@pytest.fixture
def known(tmp_path: Path) -> KnownVectors:
    made = KnownVectors(Counting(), tmp_path)
    made.learn(TEXTS[::2])
    made.keep()
    return made


def _layers() -> Layers:
    return Index.build(make_case(f"c{i:03}", text) for i, text in enumerate(TEXTS)).layers


def _cosines(layers: Layers, known: KnownVectors, reading: Reading) -> dict[int, float]:
    """The cosines of a sentence with all rows whose vectors are known, one at a time."""
    (mine,) = known.vectors([reading.text])
    texts = {row: layers.reading(row).text for row in layers.shown_rows().tolist()}
    there = {row: text for row, text in texts.items() if text in TEXTS[::2]}
    return {row: float(mine @ known.vectors([text])[0]) for row, text in there.items()}


def _best(cosines: dict[int, float], most: int) -> set[int]:
    return set(sorted(cosines, key=lambda row: -cosines[row])[:most])


def _by_sentence(pairs: Pairs) -> Iterator[set[int]]:
    sentence, row = pairs
    return (set(row[sentence == place].tolist()) for place in range(len(ASKED)))


def _with_all(known: KnownVectors, layers: Layers, asked: Sequence[Reading] = ASKED) -> Cosines:
    cosines = cosines_with_all(known, layers, asked)
    assert cosines is not None
    return cosines


def test_all_rows_are_compared_and_the_largest_cosines_found(known: KnownVectors) -> None:
    layers = _layers()
    cosines = _with_all(known, layers)
    found = list(_by_sentence(cosines.largest(7)))
    rows = np.arange(layers.rows, dtype=np.int32)
    for number, reading in enumerate(ASKED):
        expected = _cosines(layers, known, reading)
        every = cosines.of(np.full(len(rows), number, np.int32), rows)
        there = np.flatnonzero(np.isfinite(every)).tolist()
        assert dict(zip(there, every[there].tolist(), strict=True)) == pytest.approx(
            expected, abs=1e-3
        )
        assert found[number] == _best(expected, 7)


def test_the_nearest_by_words_share_a_word_and_lie_near(
    known: KnownVectors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nearest, "LEAST_COSINE", 0.1)
    monkeypatch.setattr(nearest, "DEPTH", len(TEXTS))
    layers = _layers()
    found = _by_sentence(nearest_by_words(known, layers, ASKED, [1, 0, 2]))
    for reading, rows in zip(ASKED, found, strict=True):
        near = {
            row: cosine
            for row, cosine in _cosines(layers, known, reading).items()
            if cosine >= 0.1 and set(layers.reading(row).hashes) & set(reading.hashes)
        }
        assert rows == _best(near, nearest.NEAREST)
    assert not any(_by_sentence(nearest_by_words(known, layers, ASKED, [])))


def test_cases_beside_the_compiled_ones_are_met_and_hidden_ones_are_not(
    known: KnownVectors,
) -> None:
    moved = make_case("c002", TEXTS[0])
    index = Index(_layers()).amended([moved], ["c000"])
    _, rows = _with_all(known, index.layers).largest(len(TEXTS))
    met = {row: index.layers.id_at(index.layers.case_of(row)) for row in rows.tolist()}
    assert "c000" not in met.values()
    (at,) = (row for row, case_id in met.items() if case_id == "c002")
    assert index.layers.reading(at).text == TEXTS[0]


def test_what_would_cost_too_much_is_left_to_words(
    known: KnownVectors, monkeypatch: pytest.MonkeyPatch
) -> None:
    layers = _layers()
    many = [ASKED[0]] * nearest.COMPARED
    assert cosines_with_all(known, layers, many) is not None
    assert cosines_with_all(known, layers, [*many, ASKED[0]]) is None
    monkeypatch.setattr(nearest, "MOST_ROWS", len(TEXTS) - 1)
    assert cosines_with_all(known, layers, ASKED) is None


def test_languages_that_the_encoder_does_not_read_are_left_to_words(known: KnownVectors) -> None:
    layers = _layers()
    foreign = replace(ASKED[0], language="ru")
    cosines = _with_all(known, layers, [*[foreign] * 1_000, ASKED[1]])
    assert cosines.values.shape == (1, len(TEXTS))
    sentences, rows = cosines.largest(3)
    assert set(sentences.tolist()) == {1_000}
    assert np.isfinite(cosines.of(sentences, rows)).all()
    assert np.isneginf(cosines.of(sentences * 0, rows)).all()
    assert cosines_with_all(known, layers, [foreign]) is None
    assert not len(nearest_by_words(known, layers, [foreign], [0])[0])


@pytest.fixture
def semantic(tmp_path: Path) -> Semantic:
    found = shipped()
    assert found is not None
    return replace(found, encoder=KnownVectors(found.encoder, tmp_path))


def _learn(semantic: Semantic, index: Index) -> None:
    assert semantic.known is not None
    semantic.known.learn(sorted(set(index.texts(semantic.known.languages))))
    semantic.known.keep()


def test_who_wants_cases_in_order_finds_one_without_a_word_in_common(semantic: Semantic) -> None:
    others = ["The harvest of 2021 was the best in years", "Moscow built a metro on Mars"]
    cases = [make_case(f"c{i}", text) for i, text in enumerate([*others, PROMISE])]
    index = Index.build(cases, semantic=semantic)
    asked = [Sentence("s", IN_OTHER_WORDS, "en")]
    assert "c2" not in [m.case_id for m in index.match(asked, limit=3, min_score=0).matches]
    _learn(semantic, index)
    best, *_ = index.match(asked, limit=3, min_score=0).matches
    assert (best.case_id, best.band) == ("c2", None)
    assert index.match(asked, limit=3).matches == ()


def test_an_amended_index_shows_what_one_built_anew_shows(semantic: Semantic) -> None:
    """Whether cases are put that were not there, or put again in the place of what was there."""
    cases = starter_cases()
    anew = Index.build(cases, semantic=semantic)
    _learn(semantic, anew)
    old = [case.model_copy(update={"summary": None}) for case in cases]
    texts = [row["text"] for row in own_sentences() if row["language"] == "en"][::4]
    few = cases[5::20]
    rest = [case for case in cases if case not in few]
    for amended in (
        Index.build(rest, semantic=semantic).amended(few),
        Index.build(old, semantic=semantic).amended(few),
    ):
        for text in texts:
            asked = [Sentence("s", text, "en")]
            found = [
                {match.case_id: match.score for match in index.match(asked, limit=5).matches}
                for index in (amended, anew)
            ]
            assert found[0] == pytest.approx(found[1], abs=0.02), text
