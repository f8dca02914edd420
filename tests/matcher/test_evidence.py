from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.evidence import OVERLAP, WORDING, overlap, wording
from matcher.index import Index
from matcher.lexical import candidates, look_up
from matcher.reading import read
from tests.matcher.conftest import make_case

CLAIM = "NATO promised Russia in 1990 that it would not expand to the east"
SHARES = ("claim_cover", "sentence_cover", "compact", "in_order")


def _wording(sentence: str, claim: str = CLAIM, language: str = "en") -> dict[str, float]:
    columns = wording(read(sentence, language), read(claim, language))
    return dict(zip(WORDING, columns, strict=True))


def _overlap(sentence: str, claim: str = CLAIM) -> dict[str, float]:
    index = Index.build([make_case("c", claim)])
    batch = look_up(index.layers.base.lexical, [read(sentence, "en")])
    columns = overlap(
        index.layers.base.lexical, batch, candidates(index.layers.base.lexical, batch)
    )
    return dict(zip(OVERLAP, map(float, columns[0]), strict=True))


def test_a_verbatim_copy_has_all_the_evidence_there_is() -> None:
    evidence = _overlap(CLAIM) | _wording(CLAIM)
    for name in ("claim_cover", "sentence_cover", "in_order", "sort_ratio", "set_ratio"):
        assert evidence[name] == pytest.approx(1)
    for name in ("missing_idf", "negation_differs", "framed", "number_differs", "names_missing"):
        assert evidence[name] == 0


def test_a_longer_sentence_around_the_claim_covers_it_still() -> None:
    around = _overlap("Every schoolbook says that " + CLAIM + ", wrote the magazine on Tuesday")
    assert around["claim_cover"] == pytest.approx(1)
    assert around["sentence_cover"] < 1


@given(
    st.lists(st.sampled_from([*CLAIM.split(), "Ukraine", "gas", "not"]), min_size=1).map(" ".join)
)
def test_shares_stay_between_nothing_and_everything(sentence: str) -> None:
    index = Index.build([make_case("c", CLAIM)])
    batch = look_up(index.layers.base.lexical, [read(sentence, "en")])
    columns = overlap(
        index.layers.base.lexical, batch, candidates(index.layers.base.lexical, batch)
    )
    assert np.isfinite(columns).all()
    for name in SHARES:
        assert (
            (columns[:, OVERLAP.index(name)] >= 0) & (columns[:, OVERLAP.index(name)] <= 1.0001)
        ).all()


@pytest.mark.parametrize(
    ("sentence", "differs"),
    [
        ("NATO promised Russia that it would not expand to the east", False),
        ("NATO never promised Russia that it would not expand to the east", True),
        ("NATO promised Russia that it would expand to the east", True),
        ("NATO promised that it wouldn't expand to the east", False),
    ],
)
def test_a_negation_within_the_matched_words_is_seen(sentence: str, differs: bool) -> None:
    assert bool(_wording(sentence)["negation_differs"]) is differs


def test_two_denials_do_not_make_an_affirmation() -> None:
    claim = "Bill Gates plans to implant microchips through vaccines"
    sentence = "Vaccines implant no microchips, and Bill Gates has no plans"
    assert _wording(sentence, claim)["negation_differs"]


def test_a_negation_far_from_the_matched_words_is_not_counted() -> None:
    sentence = (
        "NATO promised Russia that it would not expand to the east, said the old minister in the "
        "interview, although nobody in the room wrote it down"
    )
    assert not _wording(sentence)["negation_differs"]


@pytest.mark.parametrize(
    ("sentence", "differs"),
    [
        ("Ukraine is not a normal state, but an American colony", False),
        ("Ukraine isn't any normal state: it is an American colony", False),
        ("Not only is Ukraine an American colony, it is also poor", False),
        ("It was not invited because Ukraine is an American colony", False),
        ("Ukraine is not an American colony, but a normal state", True),
        ("It isn't true: Ukraine is an American colony", True),
        ("No, Ukraine is an American colony only in the Kremlin's mind", True),
        ("Ukraine does not resemble that picture at all, but an American colony", False),
        ("The minister denied, when asked, Ukraine is an American colony", True),
        ("There is no evidence, that Ukraine is an American colony", True),
        ("Ukraine is not, and has never been, an American colony", True),
    ],
)
def test_what_is_set_against_the_claim_does_not_negate_it(sentence: str, differs: bool) -> None:
    claim = "Ukraine is an American colony"
    assert bool(_wording(sentence, claim)["negation_differs"]) is differs


@pytest.mark.parametrize(
    ("language", "sentence", "claim", "differs"),
    [
        ("de", "Kiew liefert noch immer Waffen", "Kiew liefert Waffen", False),
        ("de", "Kiew liefert weder Waffen noch Geld", "Kiew liefert Waffen und Geld", True),
        ("fr", "Toute personne vaccinée transmet le virus", "Les vaccinés transmettent", False),
        ("fr", "Personne n'est mort du virus", "Des gens sont morts du virus", True),
        ("nn", "NATO rykkjer ikkje austover", "NATO rykkjer austover", True),
        ("nb", "NATO rykkjer ikkje austover", "NATO rykkjer austover", True),
        ("en", "NATO doesnt move eastwards", "NATO does move eastwards", True),
    ],
)
def test_a_word_denies_where_it_does_so_in_its_language(
    language: str, sentence: str, claim: str, *, differs: bool
) -> None:
    assert bool(_wording(sentence, claim, language)["negation_differs"]) is differs


def test_a_denial_is_heard_in_each_text_s_own_language() -> None:
    sentence = read("армія має американські ракети в Одесі", "uk")
    claim = read("армия не имеет американских ракет в Одессе", "ru")
    found = dict(zip(WORDING, wording(sentence, claim), strict=True))
    assert found["negation_differs"]
    denial = dict(zip(WORDING, wording(claim, sentence), strict=True))
    assert denial["negation_differs"]


@pytest.mark.parametrize(
    ("language", "sentence", "claim"),
    [
        ("de", "Die EU schadet nicht nur Russland", "Die EU schadet Russland"),
        ("fr", "Non seulement l'Europe nuit à la Russie", "L'Europe nuit à la Russie"),
        ("ru", "Европа вредит не только России", "Европа вредит России"),
        ("pl", "Europa szkodzi nie tylko Rosji", "Europa szkodzi Rosji"),
        ("de", "Die EU schadet nicht bloß Russland", "Die EU schadet Russland"),
        ("nn", "EU skadar ikkje berre Russland", "EU skadar Russland"),
    ],
)
def test_not_only_negates_nothing(language: str, sentence: str, claim: str) -> None:
    assert not _wording(sentence, claim, language)["negation_differs"]


@pytest.mark.parametrize(
    ("language", "sentence", "claim"),
    [
        ("de", "Das Narrativ, die NATO rücke vor, ist falsch", "Die NATO rückt vor"),
        ("fr", "La rumeur selon laquelle l'OTAN avance", "L'OTAN avance"),
        ("ru", "Это фейк: НАТО наступает", "НАТО наступает"),
        ("en", "The myth that NATO is advancing", "NATO is advancing"),
    ],
)
def test_a_claim_shown_from_outside_is_framed(language: str, sentence: str, claim: str) -> None:
    assert _wording(sentence, claim, language)["framed"] >= 1


def test_framing_words_of_the_claim_itself_do_not_count() -> None:
    claim = "Reports of Russian troops are a hoax"
    assert _wording("The reports about Russian troops are a hoax", claim)["framed"] == 0


def test_other_numbers_and_shared_numbers_are_told_apart() -> None:
    other = _wording("NATO promised in 1997 not to expand")
    assert (other["number_differs"], other["number_shared"]) == (1, 0)
    same = _wording("In 1990 NATO promised not to expand")
    assert (same["number_differs"], same["number_shared"]) == (0, 1)


def test_names_of_the_claim_that_a_sentence_lacks_are_noticed() -> None:
    assert _wording("A promise to Russia was broken")["names_missing"] == 0
    assert _wording("A promise to China was broken")["names_missing"] == 1
