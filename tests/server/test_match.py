"""``POST /v1/match``: what readers' browsers rely on, and what no request can break."""

from __future__ import annotations

import io
import json
import logging
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import EnvironBuilder

from matcher.limits import MAX_BODY_BYTES, MAX_SENTENCE_CHARS, MAX_SENTENCES, MAX_TEXT_CHARS
from tests.server.conftest import Service

CLAIM = "The West gave guarantees that NATO would not expand to the east"
JSON = "application/json"
SECRET = "Zanzibar-Quokka-81"


def sentence(text: str = CLAIM, **more: Any) -> dict[str, Any]:
    return {"id": "s1", "text": text} | more


def ask(service: Service, body: Any) -> Any:
    answer = service.client.post("/v1/match", json=body)
    assert answer.status_code == 200, answer.text
    return answer.get_json()


def refuse(service: Service, data: bytes | str | dict[str, Any], **options: Any) -> Any:
    body = json.dumps(data) if isinstance(data, dict) else data
    answer = service.client.post("/v1/match", data=body, **{"content_type": JSON} | options)
    assert answer.mimetype == "application/problem+json", answer.text
    assert answer.status_code == answer.get_json()["status"]
    return answer.get_json()


def test_repeated_claim_comes_back_with_its_case_and_what_surrounds_it(reading: Service) -> None:
    answer = ask(reading, {"sentences": [sentence(), sentence("The bus was late.", id="s2")]})
    (match,) = answer["matches"]
    assert (match["sentence_id"], match["case_id"]) == ("s1", "nato-guarantees")
    assert (match["band"], match["why"]["guard"]) == ("match", None)
    assert "nato" in match["why"]["shared"]
    case = answer["cases"]["nato-guarantees"]
    assert case["summary"].startswith("No treaty")
    assert case["verdict"] == "false"
    assert case["rating"] == "Disinformation"
    assert case["url"] == "https://example.org/cases/nato-guarantees"
    assert case["publisher"] == {"name": "Example Checkers", "url": "https://example.org"}
    assert case["published"] == "2022-01-25"


def test_related_cases_say_which_an_editor_pinned(reading: Service) -> None:
    answer = ask(reading, {"sentences": [sentence()]})
    related = answer["cases"]["nato-guarantees"]["related"]
    assert [near["pinned"] for near in related[:2]] == [True, True]
    assert {near["id"] for near in related[:2]} == {"kazakhstan-colour-revolution", None}


def test_answer_names_the_version_and_the_content_it_came_from(reading: Service) -> None:
    current = reading.wait_for(lambda current: not current.stale)
    assert ask(reading, {"sentences": [sentence()]})["index"] == {
        "version": current.version,
        "digest": current.index.digest,
        "cases": 4,
        "stale": False,
    }


def test_text_is_split_and_its_sentences_are_told(reading: Service) -> None:
    answer = ask(reading, {"text": f"A cold day. {CLAIM}.\n\nNobody listened."})
    assert [each["text"] for each in answer["sentences"]] == [
        "A cold day.",
        f"{CLAIM}.",
        "Nobody listened.",
    ]
    assert [match["sentence_id"] for match in answer["matches"]] == [answer["sentences"][1]["id"]]


def test_sentences_are_not_echoed_where_they_were_sent(reading: Service) -> None:
    assert "sentences" not in ask(reading, {"sentences": [sentence()]})


def test_piece_of_a_text_too_long_to_be_a_sentence_is_skipped_and_told(reading: Service) -> None:
    answer = ask(reading, {"text": "x" * (MAX_SENTENCE_CHARS + 1) + f"\n{CLAIM}."})
    assert answer["skipped"] == [{"sentence_id": "s1", "reason": "length"}]
    assert [match["sentence_id"] for match in answer["matches"]] == ["s2"]
    assert len(answer["sentences"]) == 2


def test_limit_and_min_score_zero_give_the_best_candidates_whatever_their_score(
    reading: Service,
) -> None:
    query = {"sentences": [sentence("NATO and the protests in Kazakhstan")], "limit": 2}
    found = ask(reading, query | {"min_score": 0})["matches"]
    assert len(found) == 2
    assert found[0]["score"] >= found[1]["score"]
    assert {match["band"] for match in found} <= {None, "match", "similar"}
    assert len(ask(reading, query | {"limit": 1, "min_score": 0})["matches"]) == 1


def test_matches_come_in_the_order_of_the_sentences(reading: Service) -> None:
    texts = ["Sanctions on Russia cost the European Union 450 billion euros every year", CLAIM]
    sentences = [sentence(text, id=f"n{number}") for number, text in enumerate(texts)]
    found = ask(reading, {"sentences": sentences})["matches"]
    assert [match["sentence_id"] for match in found] == ["n0", "n1"]


def test_sentence_of_white_space_is_skipped_not_refused(reading: Service) -> None:
    answer = ask(reading, {"sentences": [sentence(" \n ", language="en")]})
    assert answer["skipped"] == [{"sentence_id": "s1", "reason": "empty"}]


def test_full_sized_request_is_answered(reading: Service) -> None:
    texts = [("word " * 77 + f"{number:05}") for number in range(MAX_SENTENCES)]
    sentences = [sentence(text, id=str(number)) for number, text in enumerate(texts)]
    assert sum(map(len, texts)) <= MAX_TEXT_CHARS
    ask(reading, {"sentences": sentences, "limit": 10, "min_score": 0})
    ask(reading, {"text": "word " * (MAX_TEXT_CHARS // 5), "limit": 10})


def test_heap_of_marks_is_measured_and_matched_like_any_text(reading: Service) -> None:
    answer = ask(reading, {"text": f"{CLAIM}\ne" + "\u0315\u0300" * 49_900})
    assert answer["matches"][0]["sentence_id"] == "s1"
    assert answer["skipped"] == [{"sentence_id": "s2", "reason": "length"}]


def test_answers_are_kept_by_nobody(reading: Service) -> None:
    answer = reading.client.post("/v1/match", json={"sentences": [sentence()]})
    assert answer.headers["Cache-Control"] == "no-store"


LONG = "x" * (MAX_SENTENCE_CHARS + 1)
BAD: list[tuple[str, Any, str, str]] = [
    ("no keys", {}, "", "found neither"),
    ("both", {"sentences": [sentence()], "text": CLAIM}, "", "found both"),
    ("not an object", "[1]", "", "a list of 1"),
    ("sentences a text", {"sentences": "x"}, "/sentences", "a text of 1 character"),
    ("sentences null", {"sentences": None}, "", "found neither"),
    ("no sentence", {"sentences": []}, "/sentences", "at least 1 item; found a list of 0"),
    (
        "257 sentences",
        {"sentences": [sentence(id=str(number)) for number in range(257)]},
        "/sentences",
        "at most 256 items",
    ),
    ("2,001 characters", {"sentences": [sentence(LONG)]}, "/sentences/0/text", "2000"),
    ("empty sentence", {"sentences": [sentence("")]}, "/sentences/0/text", "at least 1"),
    (
        "too long once normalised",
        {"sentences": [sentence("\ufdfa" * 200)]},
        "/sentences/0/text",
        "3,600 characters once normalised (NFKC); the limit is 2,000",
    ),
    (
        "too much together",
        {"sentences": [sentence("y" * 2_000, id=str(number)) for number in range(51)]},
        "/sentences",
        "together 102,000 characters; the limit is 100,000",
    ),
    ("text too long", {"text": "x" * 100_001}, "/text", "100000"),
    ("text too long normalised", {"text": "\ufdfa" * 9_000}, "/text", "the limit is 100,000"),
    ("text without a space", {"text": "x" * 1_000_000}, "/text", "found a text of 1,000,000"),
    ("text a number", {"text": 5}, "/text", "found 5"),
    ("no id", {"sentences": [{"text": CLAIM}]}, "/sentences/0/id", "absent"),
    ("id a number", {"sentences": [sentence(id=1)]}, "/sentences/0/id", "valid string; found 1"),
    ("long id", {"sentences": [sentence(id="i" * 129)]}, "/sentences/0/id", "128"),
    ("repeated id", {"sentences": [sentence(), sentence()]}, "/sentences/1/id", "sentence 0"),
    ("NUL", {"text": "a\x00b"}, "/text", "U+0000 at position 1"),
    ("escape character", {"sentences": [sentence("\x1b[2J")]}, "/sentences/0/text", "U+001B"),
    ("C1 control", {"text": "a\x9bb"}, "/text", "U+009B"),
    ("NUL in an id", {"sentences": [sentence(id="\x00")]}, "/sentences/0/id", "U+0000"),
    (
        "lone surrogate, escaped",
        r'{"sentences": [{"id": "a", "text": "x \ud83d y"}]}',
        "/sentences/0/text",
        "U+D83D) at position 2",
    ),
    ("lone surrogate, raw", b'{"text": "x \xed\xa0\xbd y"}', "", "not UTF-8: byte 0xED"),
    ("surrogate in a key", r'{"\udc00": 1}', "", "half a character"),
    ("unknown key", {"text": CLAIM, "lang": "en"}, "/lang", "unknown key"),
    (
        "unknown key inside",
        {"sentences": [sentence(url="https://example.org")]},
        "/sentences/0/url",
        "unknown key",
    ),
    ("slashes in a key", {"text": CLAIM, "a/b~c": 1}, "/a~1b~0c", "unknown key"),
    ("long key", {"text": CLAIM, "k" * 9_000: 1}, "/kkkk", "unknown key"),
    ("unknown language", {"text": CLAIM, "language": "xx"}, "/language", "not a known language"),
    ("language a list", {"text": CLAIM, "language": ["en"]}, "/language", "a list of 1"),
    (
        "unknown language inside",
        {"sentences": [sentence(language="english")]},
        "/sentences/0/language",
        "not a known language",
    ),
    ("limit 0", {"text": CLAIM, "limit": 0}, "/limit", "greater than or equal to 1; found 0"),
    ("limit 11", {"text": CLAIM, "limit": 11}, "/limit", "less than or equal to 10; found 11"),
    ("limit 1.5", {"text": CLAIM, "limit": 1.5}, "/limit", "found 1.5"),
    ("limit a text", {"text": CLAIM, "limit": "1"}, "/limit", "a text of 1 character"),
    ("limit true", {"text": CLAIM, "limit": True}, "/limit", "found true"),
    ("limit huge", f'{{"text": "a", "limit": {"9" * 4000}}}', "/limit", "4,000 digits"),
    ("limit beyond numbers", f'{{"text": "a", "limit": {"9" * 9000}}}', "", "out of range"),
    ("min_score -0.1", {"text": CLAIM, "min_score": -0.1}, "/min_score", "found -0.1"),
    ("min_score 1.1", {"text": CLAIM, "min_score": 1.1}, "/min_score", "found 1.1"),
    ("min_score 1e999", '{"text": "a", "min_score": 1e999}', "/min_score", "found inf"),
    ("min_score NaN", '{"text": "a", "min_score": NaN}', "/min_score", "found nan"),
    ("no body", "", "", "the body is empty"),
    ("white space", " \n ", "", "the body is empty"),
    ("cut off", '{"text": "a', "", "line 1 column 11"),
    ("two documents", "{} {}", "", "trailing characters"),
    ("not UTF-8", b'{"text": "caf\xe9"}', "", "not UTF-8: byte 0xE9 at offset 13"),
    ("UTF-16", '{"text": "a"}'.encode("utf-16"), "", "not UTF-8"),
    ("deep list", "[" * 100_000, "", "recursion limit"),
    ("deep object", '{"text":' * 50_000, "", "recursion limit"),
]


@pytest.mark.parametrize(
    ("data", "pointer", "message"), [row[1:] for row in BAD], ids=[row[0] for row in BAD]
)
def test_bad_request_is_told_the_place_the_finding_and_the_limit(
    reading: Service, data: Any, pointer: str, message: str
) -> None:
    problem = refuse(reading, data)
    assert problem["status"] == 400
    assert problem["errors"][0]["pointer"].startswith(pointer)
    assert len(problem["errors"][0]["pointer"]) <= 250
    assert message in problem["errors"][0]["message"]


def test_each_wrong_place_is_told_at_once(reading: Service) -> None:
    bad = [sentence("", id="a"), sentence(id="b", language="xx"), sentence("\x00", id="c")]
    problem = refuse(reading, {"sentences": bad, "limit": 99})
    assert [fault["pointer"] for fault in problem["errors"]] == [
        "/sentences/0/text",
        "/sentences/1/language",
        "/sentences/2/text",
        "/limit",
    ]


def test_thousands_of_faults_do_not_make_a_huge_answer(reading: Service) -> None:
    problem = refuse(reading, {"text": CLAIM} | {f"k{number}": 1 for number in range(20_000)})
    assert len(problem["errors"]) == 100


def test_unknown_keys_in_every_sentence_are_told_at_once(reading: Service) -> None:
    unknown: dict[str, Any] = {f"k{number}": 0 for number in range(78)}
    sentences = [sentence(id=str(number), **unknown) for number in range(256)]
    problem = refuse(reading, {"sentences": sentences})  # compared in pairs, 400 million of them
    assert len(problem["errors"]) == 100
    assert problem["errors"][99]["pointer"] == "/sentences/1/k21"


def test_a_body_of_nothing_but_faults_is_told_how_many_it_has(reading: Service) -> None:
    problem = refuse(reading, {f"{number}": 0 for number in range(80_000)})
    assert problem["detail"] == "80,000 faults, too many to tell apart"


def test_body_over_a_mebibyte_is_refused_with_the_limit(reading: Service) -> None:
    problem = refuse(reading, b" " * (MAX_BODY_BYTES + 1))
    assert problem["status"] == 413
    assert problem["detail"] == "The body has 1,048,577 bytes; the limit is 1,048,576 bytes."


def test_body_of_unknown_length_is_held_to_the_limit_as_well(reading: Service) -> None:
    environ = EnvironBuilder("/v1/match", method="POST", content_type=JSON).get_environ()
    environ["wsgi.input"] = io.BytesIO(b" " * 4 * MAX_BODY_BYTES)
    environ["wsgi.input_terminated"] = True  # as a server says of a chunked body
    environ.pop("CONTENT_LENGTH", None)
    answer = reading.client.open(environ)
    assert answer.status_code == 413
    assert "the limit is 1,048,576 bytes" in answer.get_json()["detail"]


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_other_media_types_are_refused_so_that_no_page_can_send_a_form(
    reading: Service, content_type: str
) -> None:
    problem = refuse(reading, {"text": CLAIM}, content_type=content_type)
    assert problem["status"] == 415
    assert "application/json" in problem["detail"]


def test_media_type_may_name_its_charset(reading: Service) -> None:
    answer = reading.client.post(
        "/v1/match", data="\ufeff{}", content_type="application/json; charset=utf-8"
    )
    assert (
        "found neither" in answer.get_json()["detail"]
    )  # the mark is read over, the object is there


def test_reader_is_told_to_wait_while_there_is_no_index(waiting: Service) -> None:
    answer = waiting.client.post("/v1/match", json={"text": CLAIM})
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "1"
    assert "The first index is being prepared." in answer.get_json()["detail"]


def test_no_text_is_logged_or_repeated_whatever_is_sent(
    reading: Service, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    good = {"sentences": [sentence(SECRET), sentence(CLAIM, id="s2")]}
    assert SECRET not in json.dumps(ask(reading, good))
    for bad in (
        {"sentences": [sentence(SECRET + "\x00")]},
        {"text": [SECRET]},
        {"text": SECRET * 10_000},
        {"sentences": [SECRET]},
        f'{{"text": "{SECRET}',
        f'{{"text": "{SECRET} \\ud800"}}',
        SECRET.encode() + b"\xff",
    ):
        assert SECRET not in json.dumps(refuse(reading, bad))
    assert "sentences 2, matches 1" in caplog.text
    assert SECRET not in caplog.text


def test_unexpected_fault_is_a_problem_and_its_log_holds_no_text(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> str:
        raise RuntimeError(SECRET)

    service.app.add_url_rule("/fail", view_func=fail)
    answer = service.client.get("/fail")
    assert answer.status_code == 500
    assert answer.mimetype == "application/problem+json"
    assert SECRET not in answer.text + caplog.text
    assert "RuntimeError in fail" in caplog.text


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=12,
)
nearly_right = st.fixed_dictionaries(
    {},
    optional={
        "sentences": st.lists(
            st.fixed_dictionaries(
                {"id": st.text(max_size=5) | json_values, "text": st.text() | json_values},
                optional={"language": st.sampled_from(["en", "de", "xx", "", 1, None])},
            )
            | json_values,
            max_size=5,
        )
        | json_values,
        "text": st.text(max_size=300) | json_values,
        "language": st.sampled_from(["en", "ru", "pt-BR", "tlh", "EN", None]) | json_values,
        "limit": st.integers(-1, 12) | json_values,
        "min_score": st.floats(-1, 2) | json_values,
        "more": json_values,
    },
)


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(body=nearly_right | json_values)
def test_no_json_is_answered_with_a_fault_of_the_service(reading: Service, body: Any) -> None:
    answer = reading.client.post("/v1/match", data=json.dumps(body), content_type=JSON)
    assert answer.status_code in (200, 400), answer.text


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(body=st.binary(max_size=200))
def test_no_bytes_are_answered_with_a_fault_of_the_service(reading: Service, body: bytes) -> None:
    answer = reading.client.post("/v1/match", data=body, content_type=JSON)
    assert answer.status_code == 400
