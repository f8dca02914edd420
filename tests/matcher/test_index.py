from __future__ import annotations

import gc
import random
import weakref
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matcher.case import Case
from matcher.errors import SnapshotError
from matcher.index import Index
from matcher.passages import passages
from matcher.types import Band, Sentence
from tests.matcher.conftest import make_case, starter_cases

NATO = "NATO promised Russia that the alliance would never expand to the east"
GAS = "European sanctions make household gas unaffordable in Germany"


def _ask(index: Index, text: str, language: str | None = "en", **options: object):  # type: ignore[no-untyped-def]
    return index.match([Sentence("s", text, language)], **options)  # type: ignore[arg-type]


def test_a_copy_of_a_claim_is_a_match_with_the_words_in_common() -> None:
    index = Index.build([make_case("nato", NATO), make_case("gas", GAS)])
    (match,) = _ask(index, NATO).matches
    assert (match.case_id, match.band, match.claim) == ("nato", Band.MATCH, NATO)
    assert {"nato", "russia", "alliance", "expand", "east"} <= set(match.why.shared)
    assert match.why.guard is None


def test_matches_come_in_the_order_of_the_sentences_and_best_first() -> None:
    index = Index.build([make_case("nato", NATO), make_case("gas", GAS)])
    outcome = index.match(
        [Sentence("b", GAS, "en"), Sentence("a", NATO, "en")], limit=5, min_score=0
    )
    order = [match.sentence_id for match in outcome.matches]
    assert order == sorted(order, key=["b", "a"].index)
    for sentence in "ab":
        scores = [m.score for m in outcome.matches if m.sentence_id == sentence]
        assert scores == sorted(scores, reverse=True)


def test_a_case_with_several_wordings_is_shown_once_by_the_one_that_matched() -> None:
    index = Index.build([make_case("nato", NATO, "The West broke its word on NATO enlargement")])
    matches = _ask(index, "The West broke its word on NATO enlargement", limit=5).matches
    assert [match.claim for match in matches] == ["The West broke its word on NATO enlargement"]


def test_one_sentence_of_a_claim_told_in_a_paragraph_is_enough() -> None:
    paragraph = f"{NATO}. It was a lie. Afterwards fourteen countries joined the alliance anyway."
    index = Index.build([make_case("nato", paragraph)])
    assert _ask(index, NATO).matches[0].band is Band.MATCH
    assert _ask(index, paragraph).matches[0].band is Band.MATCH
    assert not _ask(index, "It was a lie.").matches


def test_a_claim_of_a_few_words_is_never_more_than_similar() -> None:
    index = Index.build([make_case("short", "Vaccines kill")])
    (match,) = _ask(index, "Vaccines kill", min_score=0).matches
    assert match.band is not Band.MATCH


def test_a_sentence_in_a_language_without_wordings_is_skipped_by_name() -> None:
    index = Index.build([make_case("nato", NATO)])
    outcome = _ask(index, "Die Sonne scheint heute über ganz Deutschland und Österreich", "de")
    assert [(s.sentence_id, s.reason) for s in outcome.skipped] == [("s", "language")]


def test_a_page_that_declares_the_wrong_language_is_matched_all_the_same() -> None:
    index = Index.build([make_case("nato", NATO)])
    assert _ask(index, NATO, "fi").matches[0].case_id == "nato"
    assert _ask(index, NATO, None).matches[0].case_id == "nato"


@pytest.mark.parametrize("text", ["", " ", "...", "\u200b", "the of and", "🙂"])
def test_a_sentence_without_words_is_skipped_as_empty(text: str) -> None:
    index = Index.build([make_case("nato", NATO)])
    outcome = _ask(index, text)
    assert not outcome.matches
    assert [s.reason for s in outcome.skipped] == ["empty"]


def test_an_empty_index_answers_nothing() -> None:
    index = Index.build([])
    assert len(index) == 0
    assert not _ask(index, NATO, min_score=0).matches
    assert index.search("nato") == []


def test_asking_for_any_score_returns_the_nearest_cases_without_a_band() -> None:
    index = Index.build([make_case("nato", NATO), make_case("gas", GAS)])
    (match,) = _ask(index, "Gas was delivered to the east of the country", min_score=0).matches
    assert match.band is None
    assert match.score < index.thresholds["similar"]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text(max_size=60), max_size=5))
def test_any_text_gets_an_answer(texts: list[str]) -> None:
    index = Index.build([make_case("nato", NATO), make_case("gas", GAS)])
    sentences = [Sentence(str(i), text, "en") for i, text in enumerate(texts)]
    outcome = index.match(sentences, limit=3, min_score=0)
    assert all(0 <= match.score <= 1 for match in outcome.matches)


def test_a_megabyte_without_a_space_is_just_a_long_word() -> None:
    index = Index.build([make_case("nato", NATO)])
    assert not _ask(index, "x" * 1_000_000).matches


def test_cases_in_any_order_make_the_same_index() -> None:
    cases = starter_cases()
    shuffled = random.Random(7).sample(cases, len(cases))
    one, other = Index.build(cases), Index.build(shuffled)
    assert one.digest == other.digest
    assert [case.id for case in one.cases()] == [case.id for case in other.cases()]


def test_an_update_from_the_previous_index_equals_building_anew() -> None:
    cases = starter_cases()
    before = Index.build(cases)
    after = [*cases[3:], make_case("new", GAS), make_case(cases[0].id, NATO)]
    updated, anew = Index.build(after, previous=before), Index.build(after)
    assert updated.digest == anew.digest
    for name, array in anew.layers.base.snapshot.arrays.items():
        np.testing.assert_array_equal(array, updated.layers.base.snapshot.arrays[name])


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_an_index_revised_step_by_step_equals_one_built_at_once(data: st.DataObject) -> None:
    texts = st.sampled_from(
        ["NATO expands to the east.", "Вакцины опасны для всех.", "Cheese on the Moon, says NASA."]
    )
    index = Index.build([])
    published: dict[str, Case] = {}
    for _ in range(data.draw(st.integers(1, 4))):
        ids = data.draw(st.lists(st.sampled_from("abcdefgh"), unique=True, max_size=5))
        put = [make_case(each, data.draw(texts), data.draw(texts)) for each in ids]
        gone = data.draw(st.sets(st.sampled_from("abcdefghi"))) - set(ids)
        published |= {case.id: case for case in put}
        published = {each: case for each, case in published.items() if each not in gone}
        index = index.revised(put, gone)
    built = Index.build(published.values())
    assert (index.digest, index.languages, index.claims) == (
        built.digest,
        built.languages,
        built.claims,
    )
    assert list(index.cases()) == list(built.cases())
    for name, array in built.layers.base.snapshot.arrays.items():
        np.testing.assert_array_equal(index.layers.base.snapshot.arrays[name], array, err_msg=name)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_an_index_amended_step_by_step_answers_like_one_built_at_once(data: st.DataObject) -> None:
    texts = st.sampled_from([NATO, GAS, "Вакцины опасны для всех.", "NASA says cheese is Moon."])
    cases = st.builds(make_case, st.sampled_from("abcdefghij"), texts, texts)
    put = st.lists(cases, unique_by=lambda case: case.id, max_size=4)
    first = data.draw(put)
    index = Index.build(first)
    published = {case.id: case for case in first}
    for _ in range(data.draw(st.integers(1, 4))):
        fresh = data.draw(put)
        gone = data.draw(st.sets(st.sampled_from("abcdefghijk"))) - {case.id for case in fresh}
        published |= {case.id: case for case in fresh}
        published = {each: case for each, case in published.items() if each not in gone}
        index = index.amended(fresh, gone)
    built = Index.build(published.values())
    told = [(len(i), i.digest, i.languages, i.claims, list(i.cases())) for i in (index, built)]
    assert told[0] == told[1]
    assert index.search("") == built.search("")
    assert [case_id in index for case_id in "abcdefghijk"] == [
        case_id in built for case_id in "abcdefghijk"
    ]
    for text in (NATO, GAS, "NATO promised that it would not expand, said the minister."):
        ours, theirs = (_ask(each, text, limit=10).matches for each in (index, built))
        assert {match.case_id for match in ours} == {match.case_id for match in theirs}
        assert set(index.search(text)) == set(built.search(text))
    again = index.revised()
    assert again.digest == built.digest
    for name, array in built.layers.base.snapshot.arrays.items():
        np.testing.assert_array_equal(again.layers.base.snapshot.arrays[name], array, err_msg=name)


@pytest.mark.parametrize("count", [1, 30])
def test_the_wordings_of_a_case_that_is_gone_hide_no_other(count: int) -> None:
    nearest = [f"{NATO}, said minister {number}" for number in range(count)]
    cases = [make_case(f"gone{n}", *nearest) for n in range(4)] + [make_case("left", NATO)]
    gone = {case.id for case in cases[:4]}
    index = Index.build(cases)
    asked = f"{NATO}, said minister 3"
    (revised,), (amended,) = (
        _ask(each, asked).matches for each in (index.revised((), gone), index.amended((), gone))
    )
    assert (amended.case_id, amended.band) == (revised.case_id, revised.band) == ("left", "match")


def test_a_case_that_stands_beside_the_others_is_scored_as_if_it_were_compiled_with_them() -> None:
    cases = starter_cases()
    sentences = [Sentence(case.id, case.claim, case.claims[0].language) for case in cases]
    amended = Index.build(cases[7:]).amended(cases[:7])
    compiled, beside = (
        {(m.sentence_id, m.case_id): m.score for m in index.match(sentences, limit=10).matches}
        for index in (Index.build(cases), amended)
    )
    # One that hardly passes a gate or reaches a band may miss it by the third digit.
    surely = {pair for pair, score in compiled.items() if score >= 0.8}
    assert len(surely) >= len(cases)
    assert surely <= beside.keys()
    for pair in surely:
        assert beside[pair] == pytest.approx(compiled[pair], abs=0.05)
    for case in cases:
        pinned = {pin for pin in case.related if isinstance(pin, str)}
        assert {each.id for each in amended.related(case.id)} >= pinned


def test_an_amended_index_is_saved_compiled(tmp_path: Path) -> None:
    index = Index.build([make_case("a", NATO), make_case("b", GAS)])
    amended = index.amended([make_case("c", "Vaccines turn people into frogs.")], ["a"])
    assert (amended.whole, amended.beside, len(amended)) == (False, 1, 2)
    amended.save(tmp_path / "one")
    loaded = Index.load(tmp_path / "one")
    assert (loaded.whole, loaded.digest) == (True, amended.digest)
    assert [case.id for case in loaded.cases()] == ["b", "c"]


def test_a_revision_that_names_a_case_twice_is_refused() -> None:
    index = Index.build([make_case("a", "NATO expands to the east.")])
    case = make_case("b", "NATO expands to the west.")
    with pytest.raises(ValueError, match="twice"):
        index.revised([case, case])
    with pytest.raises(ValueError, match="twice"):
        index.revised([case], ["b"])


def test_two_cases_with_one_id_are_refused() -> None:
    with pytest.raises(ValueError, match="'same'"):
        Index.build([make_case("same", NATO), make_case("same", GAS)])


def test_a_saved_index_answers_as_before(starter: Index, tmp_path: Path) -> None:
    starter.save(tmp_path / "one")
    starter.save(tmp_path / "one")
    loaded = Index.load(tmp_path / "one")
    assert (loaded.digest, loaded.languages, len(loaded)) == (
        starter.digest,
        starter.languages,
        len(starter),
    )
    sentences = [Sentence(c.id, c.claim, c.claims[0].language) for c in starter.cases()]
    assert loaded.match(sentences) == starter.match(sentences)
    assert [path.name for path in tmp_path.iterdir()] == ["one"]


def test_a_snapshot_gives_the_readings_of_claims_that_were_read_when_it_was_made(
    starter: Index, tmp_path: Path
) -> None:
    starter.save(tmp_path / "one")
    loaded = Index.load(tmp_path / "one")
    read = [
        reading
        for case in sorted(starter_cases(), key=lambda case: case.id)
        for claim in case.claims
        for reading in passages(claim.text, claim.language)
    ]
    assert [loaded.layers.reading(row) for row in range(len(loaded.layers.base.rows))] == read


def test_an_index_that_is_replaced_leaves_at_once(tmp_path: Path) -> None:
    index = Index.build([make_case("nato", NATO), make_case("gas", GAS)])
    _ask(index, NATO)
    index.related("nato")
    left = weakref.ref(index)
    gc.disable()
    try:
        del index
        assert left() is None
    finally:
        gc.enable()


def test_a_damaged_snapshot_is_refused_by_name(starter: Index, tmp_path: Path) -> None:
    starter.save(tmp_path / "one")
    (tmp_path / "one" / "idf.npy").write_bytes(b"not an array")
    with pytest.raises(SnapshotError, match="one"):
        Index.load(tmp_path / "one")
    with pytest.raises(SnapshotError, match="absent"):
        Index.load(tmp_path / "absent")


def test_every_case_is_found_by_its_id(starter: Index) -> None:
    for case in starter_cases():
        assert case.id in starter
        assert starter.case(case.id) == case
    assert "no-such-case" not in starter
    assert "ünknown" not in starter
    with pytest.raises(KeyError):
        starter.case("no-such-case")


def test_related_cases_are_the_pinned_ones_then_the_nearest() -> None:
    elsewhere = {"title": "Elsewhere", "url": "https://elsewhere.example/"}
    index = Index.build(
        [
            make_case("nato", NATO, related=["gas", elsewhere, "gone"]),
            make_case("gas", GAS),
            make_case("east", "NATO wants to expand to the east and surround Russia"),
            make_case("far", "Vaccines were tested on orphans in secret"),
        ]
    )  # fmt: skip
    related = index.related("nato")
    assert [(r.id, r.pinned) for r in related] == [("gas", True), (None, True), ("east", False)]


@given(st.data())
def test_cases_are_listed_by_every_language_that_they_have_a_wording_in(
    data: st.DataObject,
) -> None:
    claims = st.fixed_dictionaries(
        {
            "text": st.sampled_from([NATO, GAS, "the of and", "...", '"language":"fr"', "Да."]),
            "language": st.sampled_from(["en", "en-GB", "de", "uk", "pt-BR"]),
        }
    )
    wordings = st.lists(claims, min_size=1, max_size=3)
    made = st.builds(lambda i, put: make_case(i, claims=put), st.sampled_from("abcdefgh"), wordings)
    cases = st.lists(made, unique_by=lambda case: case.id, max_size=5)
    index = Index.build(data.draw(cases))
    index = index.amended(data.draw(cases), data.draw(st.sets(st.sampled_from("xyz"))))
    for language in ("en", "en-US", "de", "uk", "pt", "fr"):
        code = language[:2]
        expected = [
            case_id
            for case_id in index.search("")
            if any(claim.language[:2] == code for claim in index.case(case_id).claims)
        ]
        assert index.search("", language=language) == expected
        assert index.search("", language=language, limit=2, offset=1) == expected[1:3]


def test_people_find_cases_by_words_and_by_date(starter: Index) -> None:
    assert "kazakhstan-protests-us-colour-revolution" in starter.search(
        "Kazakhstan colour revolution", limit=5
    )
    newest = [starter.case(i).published for i in starter.search("", limit=10)]
    assert newest == sorted(newest, reverse=True)
    first, second = starter.search("", limit=5), starter.search("", limit=5, offset=5)
    assert not set(first) & set(second)
    for case_id in starter.search("", language="uk", limit=5):
        assert any(claim.language == "uk" for claim in starter.case(case_id).claims)
