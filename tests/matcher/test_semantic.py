from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from matcher.errors import ModelError
from matcher.evaluate.own import own_sentences
from matcher.index import Index
from matcher.judging import READ_A_SENTENCE
from matcher.semantic import Semantic, shipped
from matcher.types import Band, Sentence
from matcher.weights import ENCODER_FILE, MODEL_FOLDER, VOCABULARY_FILE
from tests.matcher.conftest import make_case, starter_cases

CLAIM = "The West gave guarantees that NATO would not expand to the east"
NEAR = "Western leaders promised that the alliance would not enlarge eastwards"
FAR = "The bakery on the corner sells the best rye bread in town"


@pytest.fixture(scope="module")
def semantic() -> Semantic:
    found = shipped()
    assert found is not None
    return found


def test_texts_that_mean_about_the_same_lie_nearer_than_others(semantic: Semantic) -> None:
    same, near, far = semantic.cosines([(CLAIM, CLAIM), (CLAIM, NEAR), (CLAIM, FAR)])
    assert same == pytest.approx(1, abs=1e-3)
    assert same > near > far + 0.3


def test_a_vector_does_not_depend_on_the_other_texts_in_the_call(semantic: Semantic) -> None:
    together = semantic.encoder.vectors([CLAIM, NEAR, FAR])
    alone = np.concatenate([semantic.encoder.vectors([text]) for text in (CLAIM, NEAR, FAR)])
    np.testing.assert_array_equal(together, alone)


@pytest.mark.parametrize("text", ["", " ", "\u200b", "x" * 100_000, "🙂" * 500, "НАТО 北大西洋"])
def test_any_text_has_a_finite_vector(semantic: Semantic, text: str) -> None:
    assert np.isfinite(semantic.cosines([(text, CLAIM)])).all()


def test_a_folder_without_models_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="absent"):
        Semantic.load(tmp_path / "absent")
    shutil.copy(MODEL_FOLDER / VOCABULARY_FILE, tmp_path)
    with pytest.raises(ModelError, match=ENCODER_FILE):
        Semantic.load(tmp_path)
    (tmp_path / ENCODER_FILE).write_bytes(b"not a model")
    with pytest.raises(ModelError, match=tmp_path.name):
        Semantic.load(tmp_path)


@pytest.fixture
def encoder_alone(tmp_path: Path) -> Path:
    for name in (VOCABULARY_FILE, ENCODER_FILE):
        shutil.copy(MODEL_FOLDER / name, tmp_path)
    return tmp_path


def test_an_encoder_alone_still_finds_a_claim_in_other_words(encoder_alone: Path) -> None:
    alone = Semantic.load(encoder_alone)
    assert alone.pair_model is None
    index = Index.build([make_case("nato", CLAIM)], semantic=alone)
    found = index.match([Sentence("s", "NATO guaranteed the West would not expand east", "en")])
    assert found.matches[0].band is not None
    assert index.encoder == alone.name


def test_an_encoder_says_which_languages_it_compares(encoder_alone: Path) -> None:
    assert not Semantic.load(encoder_alone).compares("de", "de")
    (encoder_alone / "languages.json").write_text(json.dumps(["en", "de"]))
    several = Semantic.load(encoder_alone)
    assert several.compares("de", "en")
    assert not several.reads("de", "de")
    (encoder_alone / "languages.json").write_text("{")
    with pytest.raises(ModelError, match="languages"):
        Semantic.load(encoder_alone)


def test_a_pair_that_was_not_read_never_comes_before_one_that_was(semantic: Semantic) -> None:
    words = CLAIM.split()
    cases = [make_case(f"c{i}", " ".join(words[: 6 + i])) for i in range(6)]
    index = Index.build([*cases, make_case("own", CLAIM)], semantic=semantic)
    found = index.match([Sentence("s", CLAIM, "en")], limit=10, min_score=0).matches
    assert "own" in {match.case_id for match in found[:READ_A_SENTENCE]}
    assert [m.band for m in found[:READ_A_SENTENCE]] == [Band.MATCH] * READ_A_SENTENCE


@pytest.mark.parametrize(
    "text",
    [
        "Do vaccines cause infertility in women? No.",
        "Claim: Vaccines cause infertility in women. Verdict: false.",
    ],
)
def test_a_claim_that_the_next_sentence_denies_is_no_match(semantic: Semantic, text: str) -> None:
    index = Index.build([make_case("c", "Vaccines cause infertility in women")], semantic=semantic)
    (repeated,) = index.match([Sentence("s", "Vaccines cause infertility in women.", "en")]).matches
    assert repeated.band is Band.MATCH
    assert all(m.band is not Band.MATCH for m in index.match([Sentence("s", text, "en")]).matches)


def test_who_asks_for_any_score_is_shown_no_less(semantic: Semantic) -> None:
    index = Index.build(starter_cases(), semantic=semantic)
    said = [row for row in own_sentences() if row["language"] == "en" and row["part"] == "dev"]
    asked = [Sentence(str(number), row["text"], "en") for number, row in enumerate(said)]
    usual = {match.sentence_id: match for one in asked for match in index.match([one]).matches}
    assert len(usual) > 50
    for one in asked:
        if match := usual.get(one.id):
            (best,) = index.match([one], min_score=0).matches
            assert match.band is Band.SIMILAR or best.band is Band.MATCH
