from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.language import LANGUAGES
from matcher.text import fold, normalise, split_sentences, stem, stem_hash, stems, tokens, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("NATO’s  “eastern”\u00a0flank", 'NATO\'s "eastern" flank'),
        ("co\u00adro\u200bna", "corona"),
        ("see https://t.co/x now", "see now"),
        ("#DefundTheCBC now, says @BradTrostCPC", "Defund The CBC now, says Brad Trost CPC"),
        ("ﬁne ½", "fine 1⁄2"),
    ],
)
def test_texts_that_look_alike_become_equal(text: str, expected: str) -> None:
    assert normalise(text) == expected


@given(st.text())
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once


def test_numbers_are_one_word_however_their_thousands_are_separated() -> None:
    assert words("2,500 and 2.500 and 3.5") == ["2500", "and", "2500", "and", "3.5"]


def test_text_without_spaces_is_read_in_pairs_of_characters() -> None:
    assert words("北京大学 NATO") == ["北京", "京大", "大学", "nato"]


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("en", "expansion", "expansions"),
        ("de", "Erweiterung", "Erweiterungen"),
        ("fr", "gouvernement", "gouvernements"),
        ("ru", "вакцины", "вакцинами"),
        ("uk", "вакцинами", "вакцинацію"),
        ("es", "elección", "elecciones"),
        ("pl", "szczepionki", "szczepionka"),
        ("pt-BR", "vacinas", "vacina"),
    ],
)
def test_forms_of_one_word_share_a_stem(language: str, one: str, other: str) -> None:
    assert stems(one, language) == stems(other, language)


@given(st.text(min_size=1), st.sampled_from(sorted(LANGUAGES)))
def test_any_text_in_any_language_has_a_stem_for_each_word(text: str, language: str) -> None:
    clean = normalise(text)
    assert len(stems(clean, language)) == len(words(clean))


@given(st.text(min_size=1))
def test_a_token_is_found_where_it_was_written(text: str) -> None:
    clean = normalise(text)
    at = 0
    for token in tokens(clean):
        found = clean.find(token, max(0, at - 1))
        assert found >= 0
        at = found + len(token)


def test_the_hash_of_a_stem_is_the_same_on_every_machine() -> None:
    assert stem_hash("nato") == 0xE425A6DAC5160B0C


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]),
        ("Mr. Smith met Dr. No at 5.30 p.m. today.", ["Mr. Smith met Dr. No at 5.30 p.m. today."]),
        ("U.S. troops left. They came back.", ["U.S. troops left.", "They came back."]),
        ('He said: "No." Then he left.', ['He said: "No."', "Then he left."]),
        ("See No. 5 of it. Yes.", ["See No. 5 of it.", "Yes."]),
        ("Title\nText of it", ["Title", "Text of it"]),
        ("第一句。第二句！", ["第一句。", "第二句！"]),
        ("هل هذا صحيح؟ نعم.", ["هل هذا صحيح؟", "نعم."]),
        ("It cost 3.5 million… and more.", ["It cost 3.5 million… and more."]),
        ("", []),
    ],
)
def test_text_is_cut_where_sentences_end(text: str, expected: list[str]) -> None:
    assert split_sentences(text) == expected


@given(st.text())
def test_cutting_into_sentences_loses_nothing_but_white_space(text: str) -> None:
    joined = "".join("".join(split_sentences(text)).split())
    assert joined == "".join(text.split())


@given(st.text(alphabet="ab.!? \n'\"", max_size=200))
def test_cutting_a_sentence_again_leaves_it_whole_or_in_order(text: str) -> None:
    for sentence in split_sentences(text):
        assert "".join(split_sentences(sentence)).replace(" ", "") == sentence.replace(" ", "")


@given(st.text(min_size=1))
def test_folding_ignores_case(text: str) -> None:
    for token in tokens(normalise(text)):
        assert fold(token.upper()) == fold(token.upper().lower()) or not token.isascii()


def test_a_language_without_an_algorithm_compares_the_beginnings_of_words() -> None:
    assert stem("болгарски", "bg") == stem("болгарските", "bg") == "болгар"
