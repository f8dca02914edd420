from __future__ import annotations

import subprocess
import sys
import unicodedata

import pytest
import Stemmer
from hypothesis import example, given
from hypothesis import strategies as st

from matcher.language import LANGUAGES
from matcher.script import MOST_MARKS, without_heaps
from matcher.stemming import SNOWBALL, stem
from matcher.text import fold, normalise, split_sentences, stems, text_key, tokens, words
from tests.waiting import HANG_S


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("NATO’s  “eastern”\u00a0flank", 'NATO\'s "eastern" flank'),
        ("co\u00adro\u200bna", "corona"),
        ("see https://t.co/x now", "see now"),
        ("#DefundTheCBC now, says @BradTrostCPC", "Defund The CBC now, says Brad Trost CPC"),
        ("ﬁne ½", "fine 1⁄2"),
        ("cafe\u0301 Ка\u0301рпов", "café Карпов"),
        ("NATO´s and U+202E: \u202eabc", "NATO's and U+202E: abc"),
        ("one\u2028two", "one two"),
        ("١٢ و۳ و३, ２０２２", "12 و3 و3, 2022"),
        ("١٬٥٠٠٫٥", "1,500.5"),
        ("الحَرْبُ في أوكـــرانيا", "الحرب في أوكرانيا"),
        ("תֵּל־אָבִיב, צה״ל", "תל-אביב, צהל"),
        ("#СтопФейк", "Стоп Фейк"),
    ],
)
def test_texts_that_look_alike_become_equal(text: str, expected: str) -> None:
    assert normalise(text) == expected


@pytest.mark.parametrize(
    ("disguised", "plain"),
    [
        ("vа\u200bссine", "vaccine"),  # Cyrillic а and с, a zero-width space
        ("Рutіn's РUТIN", "Putin's PUTIN"),
        ("вaкцинa от COVID", "вакцина от COVID"),  # Latin a twice
        ("СОVID-19", "COVID-19"),
        ("Νato", "Nato"),  # Greek Ν
        ("b\u00adi\ufe0fo\U000e0041weapon", "bioweapon"),
        ("𝐛𝐢𝐨𝐰𝐞𝐚𝐩𝐨𝐧", "bioweapon"),
    ],
)
def test_letters_swapped_for_their_doubles_do_not_hide_a_word(disguised: str, plain: str) -> None:
    assert normalise(disguised) == plain


def test_words_of_another_script_stay_as_they_are() -> None:
    text = "СССР, НАТО, АЭС, Ελλάδα, 5 µm"
    assert normalise(text) == unicodedata.normalize("NFKC", text)


@example("#Ԁ℡ⅵ℡")  # a tag whose words are of two scripts
@given(st.text())
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once


def test_every_character_that_has_another_form_is_normalised_once_and_for_all() -> None:
    for code in range(0x80, sys.maxunicode + 1):
        character = chr(code)
        if not unicodedata.is_normalized("NFKD", character):
            once = normalise(f"a{character} {character}b")
            assert normalise(once) == once, hex(code)


@pytest.mark.parametrize(
    "marks", ["\u0315\u0300", "\uff9e\u0300", "\u0f71\u0f72", "\U0001e130\u05b0"]
)
def test_any_number_of_marks_is_composed_in_no_time(marks: str) -> None:
    heap = "a" + marks * 500_000 + "e" + marks
    assert len(heap := without_heaps(heap)) == 1 + MOST_MARKS + 1 + len(marks)
    assert unicodedata.normalize("NFKC", heap)[0] in "aà"


@given(st.text())
def test_text_as_people_write_it_keeps_all_its_marks(text: str) -> None:
    assert without_heaps(text) == text
    assert without_heaps(f"{text}e{chr(0x301) * MOST_MARKS}") == f"{text}e{chr(0x301) * MOST_MARKS}"


def test_numbers_are_one_word_however_their_thousands_are_separated() -> None:
    assert words("2,500 and 2.500 and 3.5", "en") == ["2500", "and", "2500", "and", "3.5"]
    assert words("2 500 000 человек в 2019 300 раз", "ru")[:2] == ["2500000", "человек"]
    assert words("2 500 people", "en") == ["2", "500", "people"]


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("zh", "北京大学 NATO", ["北京", "京大", "大学", "nato"]),
        ("zh", "加入NATO2022年", ["加入", "nato2022", "年"]),
        ("ja", "ロシアが侵略した", ["ロシア", "が", "侵略", "した"]),
        ("ko", "러시아는", ["러시", "시아", "아는"]),
        ("th", "ไม่ใช่", ["ไม่", "ม่ใ", "ใช่"]),
        ("hi", "यूक्रेन में युद्ध", ["यूक्रेन", "में", "युद्ध"]),
        ("ta", "உக்ரைன் போர்", ["உக்ரைன்", "போர்"]),
        ("fr", "L'OTAN dit qu'il n'y a rien aujourd'hui",
         ["l", "otan", "dit", "qu", "il", "n", "y", "a", "rien", "aujourd'hui"]),
        ("it", "dell'Ucraina e c'è", ["dell", "ucraina", "e", "c", "è"]),
        ("ca", "l'OTAN d'Europa", ["l", "otan", "d", "europa"]),
        ("en", "o'clock, NATO's d'état", ["o'clock", "nato", "d'état"]),
        ("tr", "IŞIK İstanbul'da", ["ışık", "istanbul"]),
        ("en", "İstanbul", ["istanbul"]),
        ("el", "ΠΟΛΕΜΟΣ πόλεμος", ["πολεμοσ", "πόλεμοσ"]),
        ("de", "GROSS groß", ["gross", "gross"]),
        ("uk", "п’ять п'ять", ["п'ять", "п'ять"]),
    ],
)  # fmt: skip
def test_words_are_found_as_their_language_writes_them(
    language: str, text: str, expected: list[str]
) -> None:
    assert words(normalise(text), language) == expected


@pytest.mark.parametrize(
    ("language", "forms"),
    [
        ("en", "expansion expansions"),
        ("de", "Erweiterung Erweiterungen"),
        ("de", "Männer Maenner Mann"),
        ("fr", "gouvernement gouvernements"),
        ("ru", "вакцины вакцинами"),
        ("uk", "вакцинами вакцинацію"),
        ("uk", "війна війни війну війною"),
        ("bg", "война войната войни войните"),
        ("es", "elección elecciones"),
        ("pl", "szczepionki szczepionka"),
        ("pt-BR", "vacinas vacina"),
        ("ar", "حرب الحرب والحرب بالحرب للحرب"),
        ("ar", "لقاح اللقاح لقاحات واللقاحات باللقاحات"),
        ("ar", "أوكرانيا اوكرانيا لأوكرانيا وأوكرانيا الأوكرانية"),
        ("he", "מלחמה המלחמה ובמלחמה מלחמות"),
        ("he", "חיסון החיסון חיסונים שהחיסונים"),
        ("el", "πόλεμος ΠΟΛΕΜΟΣ πόλεμο"),
        ("tr", "ülke ülkeler ülkelerin"),
        ("sr", "вакцине vakcine"),
        ("hi", "देश देशों"),
        ("sk", "vakcíny vakcína"),
    ],
)
def test_forms_of_one_word_share_a_stem(language: str, forms: str) -> None:
    assert len(set(stems(normalise(forms), language))) == 1


def test_every_algorithm_that_snowball_has_is_used() -> None:
    older = {"porter", "dutch_porter"}  # superseded by english and dutch
    assert set(Stemmer.algorithms()) - older == set(SNOWBALL.values())


@given(st.text(min_size=1), st.sampled_from(sorted(LANGUAGES)))
def test_any_text_in_any_language_has_a_stem_for_each_word(text: str, language: str) -> None:
    clean = normalise(text)
    assert len(stems(clean, language)) == len(words(clean, language))


@given(st.text(min_size=1), st.sampled_from(sorted(LANGUAGES)))
def test_a_token_is_found_where_it_was_written(text: str, language: str) -> None:
    clean = normalise(text)
    at = 0
    for token in tokens(clean, language):
        found = clean.find(token, at)
        assert found >= 0
        at = found + 1  # pairs of characters overlap


def test_the_hash_of_a_stem_is_the_same_on_every_machine() -> None:
    assert text_key("nato") == 0xE425A6DAC5160B0C


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]),
        ("Mr. Smith met Dr. No at 5.30 p.m. today.", ["Mr. Smith met Dr. No at 5.30 p.m. today."]),
        ("U.S. troops left. They came back.", ["U.S. troops left.", "They came back."]),
        ("George H.W. Bush and J.K. Rowling met.", ["George H.W. Bush and J.K. Rowling met."]),
        ('He said: "No." Then he left.', ['He said: "No."', "Then he left."]),
        ("See No. 5 of it. Yes.", ["See No. 5 of it.", "Yes."]),
        ("Title\nText of it", ["Title", "Text of it"]),
        ("第一句。第二句！", ["第一句。", "第二句！"]),
        ("هل هذا صحيح؟ نعم.", ["هل هذا صحيح؟", "نعم."]),
        ("It cost 3.5 million… and more.", ["It cost 3.5 million… and more."]),
        (
            "«¿Quién fue?» Nadie. ¡Basta! ¿Y ahora?",
            ["«¿Quién fue?»", "Nadie.", "¡Basta!", "¿Y ahora?"],
        ),
        ("यह झूठ है। सच नहीं।और", ["यह झूठ है।", "सच नहीं।", "और"]),
        ("یہ سچ ہے۔نہیں ہے؟ہاں", ["یہ سچ ہے۔", "نہیں ہے؟", "ہاں"]),
        (
            "「行く。」と彼は言った。「本当？」はい！！",
            ["「行く。」と彼は言った。", "「本当？」", "はい！！"],
        ),
        ("真的吗?是的。", ["真的吗?", "是的。"]),
        ("Τι έγινε; Τίποτα.", ["Τι έγινε;", "Τίποτα."]),
        ("One; two.", ["One; two."]),
        ("", []),
    ],
)
def test_text_is_cut_where_sentences_end(text: str, expected: list[str]) -> None:
    assert split_sentences(text) == expected


@pytest.mark.parametrize(
    ("language", "text", "sentences"),
    [
        ("de", "Am 3. Oktober 1990 kam z. B. Dr. Meier. Er blieb.", 2),
        ("de", "Wilhelm II. War er es?", 1),
        ("fr", "M. Macron et Mme. Dupont, p. ex. Paris. Oui.", 2),
        ("es", "El Sr. Pérez vive en EE. UU. desde ayer. Vive junto al mar. La casa es suya.", 3),
        ("it", "Il sig. Rossi e l'avv. Bianchi. Ecco il mar. Che bello.", 3),
        ("pl", "W 2019 r. było np. tak i m.in. Warszawa. Potem nie.", 2),
        ("ru", "В 2014 г. Крым и т.д. Это в обл. Киев. Да.", 2),
        ("uk", "У 2014 р. Крим, див. Закон, млн. Так було. Ні.", 2),
        ("cs", "Dne 1. ledna např. Praha. Ano.", 2),
    ],
)
def test_abbreviations_are_those_of_the_language(language: str, text: str, sentences: int) -> None:
    assert len(split_sentences(text, language)) == sentences


def test_a_long_thai_text_is_cut_at_its_spaces() -> None:
    clause = "รัฐบาลประกาศว่าจะเพิ่มงบประมาณด้านสาธารณสุขในปีหน้าทั่วประเทศไทย"
    assert split_sentences(f"{clause} {clause}") == [clause, clause]
    assert split_sentences("สวัสดี ครับ") == ["สวัสดี ครับ"]


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
    for token in tokens(normalise(text), "en"):
        upper = token.upper()
        assert fold(upper, "en") == fold(upper.lower(), "en") or not token.isascii()


def test_a_language_without_an_algorithm_compares_the_beginnings_of_words() -> None:
    assert stem("болгарски", "bg") == stem("болгарските", "bg") == "болгар"


@pytest.mark.parametrize("language", ["en", "fr", "ru"])
@pytest.mark.parametrize(
    "unit",
    [
        ".", "...a", '."', "。」", "ก", "ก ", "e\u0301", "a\u0430", "a\u0431", "l'", "1.", "1 ",
        "000 ", "www.", "#aA", "\u200b", "क्", "α;", "Mr. ", 'א"', "\u05d0\u05be", ".\u00a0", "x",
    ],
)  # fmt: skip
def test_no_text_takes_more_than_a_few_looks_at_each_character(unit: str, language: str) -> None:
    # 100,000 characters end in a moment where the work grows with the text, and in minutes
    # where it grows with its square.
    text = unit * (100_000 // len(unit))
    clean = normalise(text)
    assert len(clean) <= 2 * len(text)
    assert "".join("".join(split_sentences(text, language)).split()) == "".join(text.split())
    assert len(words(clean, language)) <= len(clean)


LONG = """
import sys
from matcher.text import split_sentences

for unit in sys.argv[1:]:
    split_sentences(unit * (600_000 // len(unit)))
"""


def test_to_cut_a_long_line_takes_moments_whatever_it_repeats() -> None:
    # In minutes each, where the work grows with the square of a run.
    units = [".", "...a", '."', ".)", "…", "。」", ". ", "?!", "'", "ก", "ก ", "α;", "1."]
    subprocess.run([sys.executable, "-c", LONG, *units], check=True, timeout=HANG_S)


MARKED = st.text(
    st.sampled_from("aеéŠİıßσςהךлЯ北ก็एं١２9'’\".。।!?؟… \u00a0\u200b\u0301\u0307\u05be\u0640#@,-")
)


@given(MARKED, st.sampled_from(sorted(LANGUAGES)))
def test_texts_of_many_scripts_are_read_as_any_language(text: str, language: str) -> None:
    once = normalise(text)
    assert normalise(once) == once
    assert all(stems(once, language)) or "'" in once
    joined = "".join("".join(split_sentences(text, language)).split())
    assert joined == "".join(text.split())


@given(MARKED)
def test_invisible_characters_change_nothing(text: str) -> None:
    assert normalise("\u2060".join(text)) == normalise(text)
