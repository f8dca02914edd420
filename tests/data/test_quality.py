"""The labelled sentences are whole and balanced, and the sample article is what it says."""

import json
import re
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from matcher.case import Case
from matcher.language import check_language, primary

DATA = Path(__file__).parents[2] / "data"
LEAST = {"paraphrase": 110, "opposite": 60, "innocent": 60, "quoted": 40, "ordinary": 60}


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


SENTENCES = lines(DATA / "quality" / "sentences.jsonl")
CASES = {
    case.id: case
    for path in sorted((DATA / "cases").glob("*.jsonl"))
    for case in map(Case.model_validate, lines(path))
}


def test_sentences_have_the_documented_fields() -> None:
    for row in SENTENCES:
        assert list(row) == ["text", "language", "label", "case", "part"], row
        assert 1 <= len(row["text"]) <= 2_000, row
        assert check_language(row["language"])
        assert row["part"] in {"dev", "test"}, row
        assert (row["case"] is None) == (row["label"] == "ordinary"), row


def test_there_are_enough_sentences_of_every_label() -> None:
    counts = Counter(row["label"] for row in SENTENCES)
    assert set(counts) == set(LEAST)
    assert [label for label, least in LEAST.items() if counts[label] < least] == []


def test_every_label_is_halved_between_the_parts() -> None:
    parts: dict[str, Counter[str]] = defaultdict(Counter)
    for row in SENTENCES:
        parts[row["label"]][row["part"]] += 1
    assert [label for label, n in parts.items() if abs(n["dev"] - n["test"]) > 2] == []


def test_thresholds_are_never_chosen_on_the_cases_they_are_measured_on() -> None:
    parts: dict[str, set[str]] = defaultdict(set)
    for row in SENTENCES:
        if row["case"] is not None:
            parts[row["case"]].add(row["part"])
    assert [case for case, found in parts.items() if len(found) > 1] == []


def test_sentences_name_cases_that_exist() -> None:
    assert {row["case"] for row in SENTENCES} - {None} - set(CASES) == set()


def test_paraphrases_can_be_met_in_their_own_language() -> None:
    foreign = [
        row["text"]
        for row in SENTENCES
        if row["label"] == "paraphrase"
        and row["language"] not in {primary(c.language) for c in CASES[row["case"]].claims}
    ]
    assert foreign == []


def test_no_sentence_repeats_another_or_a_wording() -> None:
    texts = Counter(row["text"].casefold() for row in SENTENCES)
    wordings = {claim.text.casefold() for case in CASES.values() for claim in case.claims}
    assert [text for text, n in texts.items() if n > 1 or text in wordings] == []


def test_sample_article_holds_the_sentences_it_promises() -> None:
    article = (DATA / "sample-article.md").read_text(encoding="utf-8")
    _, front, body = article.split("---\n", 2)
    sentences = re.findall(r"^  - sentence: (.+)$", front, re.MULTILINE)
    cases = re.findall(r"^    case: (.+)$", front, re.MULTILINE)
    assert len(sentences) == len(cases) == 3
    assert set(cases) <= set(CASES)
    assert [sentence for sentence in sentences if body.count(sentence) != 1] == []
