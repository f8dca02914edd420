from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.compounds import COMPOUNDING, word_stems
from matcher.reading import read
from matcher.stemming import stem
from matcher.text import normalise


@pytest.mark.parametrize(
    ("language", "compound", "phrase"),
    [
        ("de", "Chemiewaffenangriff", "Angriff mit Chemie und Waffen"),
        ("de", "Militärstützpunkte", "Stützpunkt fürs Militär"),
        ("de", "Impfstoffkampagnen", "Kampagne für den Impfstoff"),
        ("nl", "ontwikkelingssamenwerking", "samenwerking bij ontwikkeling"),
        ("sv", "vapenleveranser", "leveranser av vapen"),
    ],
)
def test_a_compound_meets_the_words_it_is_made_of(
    language: str, compound: str, phrase: str
) -> None:
    whole, spread = read(normalise(compound), language), read(normalise(phrase), language)
    assert len(whole) >= 2
    assert set(whole.hashes) <= set(spread.hashes)
    assert set(whole.positions) == {0}


@pytest.mark.parametrize("word", ["lukaschenko", "tichanowskaja", "regierung", "unterzeichnete"])
def test_names_and_common_words_are_not_parted(word: str) -> None:
    assert word_stems(word, "de") == (stem(word, "de"),)


@given(
    st.text(alphabet="abenrstwafi", min_size=1, max_size=60), st.sampled_from(sorted(COMPOUNDING))
)
def test_any_word_has_a_stem(word: str, language: str) -> None:
    assert all(word_stems(word, language))


@given(st.text(min_size=1))
def test_english_is_never_parted(word: str) -> None:
    assert word_stems(word, "en") == (stem(word, "en"),)
