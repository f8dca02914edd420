from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.index import Index
from matcher.judging import READ
from matcher.pairs import PairModel
from matcher.semantic import shipped
from matcher.types import Band, Guard, Sentence
from matcher.weights import MODEL_FOLDER, VOCABULARY_FILE
from matcher.wordpiece import WordPiece
from tests.matcher.conftest import make_case

CLAIM = "The West gave guarantees that NATO would not expand to the east"
REPEATS = [
    CLAIM,
    "Western leaders assured Moscow that NATO would not move eastwards",
    "NATO's enlargement broke the guarantees that the West had given",
]
SAYS_SOMETHING_ELSE = [
    "The West never gave guarantees that NATO would not expand to the east",
    "There is no evidence that the West gave guarantees that NATO would not expand to the east",
    "NATO foreign ministers met in the east of Poland on Tuesday",
    "Fact check: no, the West did not guarantee that NATO would not expand",
]


@pytest.fixture(scope="module")
def model() -> PairModel:
    found = shipped()
    assert found is not None
    assert found.pair_model is not None
    return found.pair_model


def test_what_repeats_a_claim_scores_above_what_says_something_else(model: PairModel) -> None:
    scores = model.scores([(text, CLAIM) for text in [*REPEATS, *SAYS_SOMETHING_ELSE]])
    assert scores[: len(REPEATS)].min() > scores[len(REPEATS) :].max()


def test_a_score_does_not_depend_on_the_other_pairs_in_the_call(model: PairModel) -> None:
    pairs = [(text, CLAIM) for text in [*REPEATS, *SAYS_SOMETHING_ELSE]]
    together = model.scores(pairs)
    alone = np.concatenate([model.scores([pair]) for pair in pairs])
    np.testing.assert_array_equal(together, alone)


@pytest.mark.parametrize("text", ["", " ", "\u200b", "x" * 100_000, "🙂" * 500, "НАТО 北大西洋"])
def test_any_text_has_a_finite_score(model: PairModel, text: str) -> None:
    assert np.isfinite(model.scores([(text, CLAIM), (CLAIM, text)])).all()


FORKED = """
import os, sys
from matcher.semantic import shipped
model = shipped().pair_model
pairs = [("NATO will not expand to the east", "NATO promised not to expand"), ("x", "y")]
own = model.scores(pairs).tobytes()
for _ in range(3):
    if not (pid := os.fork()):
        os._exit(0 if all(model.scores(pairs).tobytes() == own for _ in range(20)) else 1)
    assert os.waitpid(pid, 0)[1] == 0
"""


def test_processes_forked_after_the_model_was_loaded_score_like_their_parent() -> None:
    subprocess.run([sys.executable, "-c", FORKED], check=True, timeout=60)


def test_no_pairs_have_no_scores(model: PairModel) -> None:
    assert model.scores([]).shape == (0,)


def test_words_are_cut_into_the_longest_pieces_that_are_known() -> None:
    pieces = WordPiece({p: i for i, p in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "un", "##able", "##a", "nato", "."])})  # fmt: skip  # noqa: E501
    assert pieces.ids("Unable NATO. xyz", 10) == [4, 5, 7, 8, 1]
    assert pieces.ids("Unable NATO. xyz", 2) == [4, 5]


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E)))
def test_plain_text_is_cut_as_any_other(text: str) -> None:
    pieces = WordPiece.load(MODEL_FOLDER / VOCABULARY_FILE)
    # An accent on nothing is dropped, but the text is no plain one any more.
    assert pieces.ids(text, 1_000) == pieces.ids(text + "\u0301", 1_000)


@pytest.fixture(scope="module")
def index() -> Index:
    return Index.build([make_case("nato", CLAIM)], semantic=shipped())


@pytest.mark.parametrize("text", SAYS_SOMETHING_ELSE)
def test_a_sentence_that_says_something_else_is_not_shown(index: Index, text: str) -> None:
    assert not index.match([Sentence("s", text, "en")]).matches


@pytest.mark.parametrize(
    ("text", "guard"),
    [(SAYS_SOMETHING_ELSE[0], Guard.NEGATED), (SAYS_SOMETHING_ELSE[1], Guard.QUOTED),
     ("The myth that the West gave guarantees that NATO would not expand", Guard.QUOTED)],
)  # fmt: skip
def test_what_lowered_a_score_is_named(index: Index, text: str, guard: Guard) -> None:
    (match,) = index.match([Sentence("s", text, "en")], min_score=0).matches
    assert match.band is None
    assert match.why.guard is guard


def test_a_repetition_is_a_match_with_and_without_the_model(index: Index) -> None:
    alone = Index.build([make_case("nato", CLAIM)])
    for each in (index, alone):
        assert each.match([Sentence("s", CLAIM, "en")]).matches[0].band is Band.MATCH
    assert index.encoder is not None
    assert alone.encoder is None


def test_the_models_are_asked_only_about_a_bounded_number_of_pairs(model: PairModel) -> None:
    asked: list[int] = []
    semantic = shipped()
    assert semantic is not None

    class Counting:
        name = "counting"

        def scores(self, pairs):  # type: ignore[no-untyped-def]
            asked.append(len(pairs))
            return model.scores(pairs[:1]).repeat(len(pairs)) if pairs else model.scores(pairs)

    index = Index.build(
        [make_case(f"c{i}", f"{CLAIM} {i}") for i in range(40)],
        semantic=replace(semantic, pair_model=Counting()),
    )
    sentences = [Sentence(str(i), CLAIM, "en") for i in range(256)]
    index.match(sentences, limit=10, min_score=0)
    assert 0 < max(asked) <= READ
