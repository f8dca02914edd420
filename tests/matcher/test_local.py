"""Strict mode: the browser judges alone, as is judged here, and cautiously."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.case import Case
from matcher.evaluate.own import own_sentences
from matcher.filter import Filter
from matcher.index import Index
from matcher.local import WORDING, Judge, Rule, plain_words, row_key, toned
from matcher.pack import CASES_A_PART, Pack, part_count, part_of, wordings
from matcher.types import Band
from tests.matcher.conftest import starter_cases
from tests.matcher.filter_vectors import CLAIMS
from tests.matcher.filter_vectors import cases as vector_cases
from tests.matcher.local_vectors import VECTORS, vectors

CaseMaker = Callable[..., Case]


def judge_of(index: Index) -> Judge:
    found = wordings(Pack.of(index))
    return Judge(Filter.build(index), lambda key: found.get(key, ()), Rule.shipped(len(index)))


@cache
def starter_judge() -> Judge:
    return judge_of(Index.build(starter_cases()))


def test_vectors_for_the_browser_are_what_this_code_computes() -> None:
    kept, now = json.loads(VECTORS.read_text(encoding="utf-8")), vectors()
    # Compressed bytes depend on the version of zlib; what is in them is named by its digest.
    for name in ("sentences", "keys", "digest"):
        assert kept[name] == now[name], "meant? python -m tests.matcher.local_vectors"
    names = [part["name"] for part in (kept["rule"], *kept["parts"])]
    assert names == [part["name"] for part in (now["rule"], *now["parts"])]


def test_a_claim_in_its_own_words_is_a_match_of_its_case(case: CaseMaker) -> None:
    claim = "The West promised Gorbachev that NATO would never expand to the east."
    index = Index.build([*starter_cases(), case("promise-to-gorbachev", claim)])
    judged = judge_of(index).judge(claim, "en")
    assert judged is not None
    assert judged.wording.text == claim
    assert judged.band is Band.MATCH


@pytest.mark.parametrize(
    ("sentence", "guard"),
    [
        ("The West never promised Gorbachev that NATO would not expand eastwards.", "negated"),
        ("The myth that the West promised Gorbachev to expand NATO eastwards", "quoted"),
    ],
)
def test_what_denies_or_quotes_a_claim_is_no_match(
    case: CaseMaker, sentence: str, guard: str
) -> None:
    claim = "The West promised Gorbachev that NATO would expand eastwards."
    index = Index.build([*starter_cases(), case("promise-to-gorbachev", claim)])
    best = judge_of(index).best(sentence, "en")
    assert best is not None
    assert best.band is Band.SIMILAR
    assert best.guard == guard


def test_ordinary_sentences_of_our_own_are_not_shown() -> None:
    ordinary = [s for s in own_sentences() if s["label"] == "ordinary"]
    shown = [s for s in ordinary if starter_judge().judge(s["text"], s["language"])]
    assert len(shown) <= 0.02 * len(ordinary)


def test_a_wording_in_another_language_than_the_page_declares_is_left_out() -> None:
    case = next(case for case in starter_cases() if case.claims[0].language == "en")
    claim = case.claims[0].text
    assert starter_judge().best(claim, "en") is not None
    best = starter_judge().best(claim, "de")
    assert best is None or best.wording.language == "de"


def test_contractions_deny() -> None:
    assert plain_words("They don’t, can't and ISN'T; Antonia’s") == [
        *("they", "do", "not", "ca", "not", "and", "is", "not", "antonia"),
    ]


def test_words_have_their_tone_once_whatever_follows_their_beginning() -> None:
    tones = {"disinf": -126, "accord": -51, "coup": 82}
    assert toned(["disinformation", "disinformers", "according", "to"], tones) == -177
    assert toned([], tones) == 0


def test_tones_are_those_of_the_wordings_language() -> None:
    judge = judge_of(Index.build(vector_cases()))
    assert WORDING[-1] == "tone"
    for language, toneless in (("de", True), ("en", False)):
        best = judge.best(f"Disinformation, annexation: {CLAIMS[language]}", language)
        assert best is not None
        assert (best.evidence[-1] == 0) is toneless


@given(st.lists(st.integers(0, 2**24 - 1), max_size=20, unique=True))
def test_keys_of_rows_are_numbers_of_32_bits(hashes: list[int]) -> None:
    assert 0 <= row_key(sorted(hashes)) < 2**32


@given(st.text())
def test_any_text_can_be_judged(text: str) -> None:
    starter_judge().judge(text)
    starter_judge().judge(text, "en", eager=True)


def test_a_change_of_one_case_is_a_change_of_one_part(case: CaseMaker) -> None:
    many = [
        case(f"c{n}", f"The secret society number {n} rules country {n * n}.") for n in range(600)
    ]
    before = Pack.of(Index.build(many))
    after = Pack.of(Index.build([*many[:-1], case("c599", "The Moon is a hologram.")]), before)
    changed = [b.name for b, a in zip(before.parts, after.parts, strict=True) if a.name != b.name]
    assert len(before.parts) == part_count(600) == 8
    assert len(changed) == 1


def test_a_pack_made_from_the_one_before_is_that_made_anew(case: CaseMaker) -> None:
    cases = starter_cases()
    before = Pack.of(Index.build(cases))
    changed = Index.build([*cases[3:], case("another", "The Moon is a hologram.")])
    assert Pack.of(changed, before).digest == Pack.of(changed).digest


def test_a_pack_holds_every_case_and_no_more_than_a_card_shows() -> None:
    pack = Pack.of(Index.build(starter_cases()))
    held = [case for part in pack.parts for case in part.content()]
    assert sorted(case["id"] for case in held) == sorted(case.id for case in starter_cases())
    for number, part in enumerate(pack.parts):
        assert {part_of(c["id"], len(pack.parts)) for c in part.content()} <= {number}
    assert not {"keywords", "countries", "outlets"} & {key for case in held for key in case}


@pytest.mark.parametrize(
    ("cases", "parts"), [(0, 1), (1, 1), (CASES_A_PART, 1), (CASES_A_PART + 1, 2), (12_026, 128)]
)
def test_parts_grow_with_the_index(cases: int, parts: int) -> None:
    assert part_count(cases) == parts
