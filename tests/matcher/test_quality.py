"""Quality is guarded here and measured by ``make evaluate``."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest

from matcher.evaluate.asking import best_matches, shown
from matcher.evaluate.indexes import starter_index, titles_index
from matcher.evaluate.news import ON_TOPIC, unseen_news
from matcher.evaluate.own import own_languages, own_quality, own_sentences
from matcher.evaluate.table import BASELINE
from matcher.index import Index
from matcher.training.corpora import DATASETS
from matcher.types import Band

TOLERANCE = 0.06
"""Two or three of our sentences: the pair model's last digits differ between processors."""
SEED = "kazakhstan-protests-us-colour-revolution"

REWORDED = [
    "After the Soviet Union collapsed, the West guaranteed that NATO would not expand to the east.",
    "When the USSR fell apart, Western leaders gave guarantees that NATO would not move east.",
    "The West promised that NATO would not expand eastward after the Warsaw Pact collapsed.",
    "NATO promised Russia not to expand eastwards.",
    "NATO broke its promise not to expand to the east.",
    "What happens in Belarus, Ukraine and Kazakhstan are communicating vessels.",
    "The revolt in Kazakhstan, the troops and the Polish-Belarusian border are one hidden plan.",
]
DISPROVED = [
    "A pro-Kremlin narrative alleges that a US policy staged the protests in Kazakhstan.",
    "Pro-Kremlin media often falsely portray popular protests as instigated from abroad.",
    "The Lukashenko regime drew migrants to the EU's borders with false promises of easy entry.",
    "The protests in Kazakhstan began when the government lifted price controls on gas.",
    "Later the notion of a colour revolution was added.",
    "No guarantee that NATO would not expand to the east was ever given by the West.",
]


@pytest.fixture(scope="module")
def index() -> Index:
    return starter_index()


def test_the_seed_is_met_in_its_own_words_and_in_others(index: Index) -> None:
    own = [claim.text for claim in index.case(SEED).claims if claim.language == "en"]
    for text, matches in zip(own + REWORDED, best_matches(index, own + REWORDED), strict=True):
        assert [(m.case_id, m.band) for m in matches] == [(SEED, Band.MATCH)], text


def test_what_disproves_the_seed_is_not_shown_as_a_match(index: Index) -> None:
    found = shown(best_matches(index, DISPROVED), Band.MATCH)
    assert not [text for text, hint in zip(DISPROVED, found, strict=True) if hint]


def test_no_figure_on_our_own_sentences_falls_behind_the_baseline(index: Index) -> None:
    baseline = json.loads(BASELINE.read_text(encoding="utf-8"))
    worse = {
        row.name: (row.value, baseline[row.name])
        for row in (*own_quality(index), *own_languages(index))
        if (row.value - baseline[row.name]) * (1 if row.better == "lower" else -1) > TOLERANCE
    }
    assert not worse


@pytest.mark.datasets
def test_ordinary_news_hardly_ever_meets_a_real_index() -> None:
    if not DATASETS.exists():
        pytest.skip(f"the shared datasets are not at {DATASETS}")
    texts = unseen_news()
    found = shown(best_matches(titles_index(), texts), Band.MATCH)
    assert sum(found) / len(texts) <= 1 / 500
    # The bands are of use only if what they let through is about the subject at all.
    assert any(ON_TOPIC.search(text) for text in texts)


def test_the_bands_are_one_scale(index: Index) -> None:
    lower = sorted(index.thresholds.values())
    assert all(0 < a < b < 1 for a, b in pairwise(lower))


def test_what_is_asked_for_whatever_its_score_is_not_shown_for_that(index: Index) -> None:
    texts = [row["text"] for row in own_sentences() if row["language"] == "en"][::6]
    usual = best_matches(index, texts, limit=10)
    everything = best_matches(index, texts, limit=10, min_score=0)
    assert sum(map(len, usual)) > len(texts) / 2
    for text, some, every in zip(texts, usual, everything, strict=True):
        hints = {match.case_id: match.score for match in every if match.band is not None}
        assert hints == pytest.approx({match.case_id: match.score for match in some}), text


def test_a_denial_of_one_claim_is_not_shown_as_similar_to_another(index: Index) -> None:
    denial = (
        "Crimea did not join Russia after a legitimate referendum; "
        "the vote was held under the guns of soldiers."
    )
    assert best_matches(index, [denial], limit=10) == [[]]
