from __future__ import annotations

from pathlib import Path

import pytest

from matcher.bench.corpus import Corpus, corpus
from matcher.bench.figure import draw
from matcher.bench.measure import Cost, cost
from matcher.bench.stages import REST, stage_costs
from matcher.bench.ways import WAYS, Engine, Hit


@pytest.fixture(scope="module")
def data() -> Corpus:
    return corpus(120)


@pytest.mark.parametrize("name", WAYS)
def test_each_way_finds_a_claim_by_its_own_words_and_nothing_in_none(
    data: Corpus, name: str
) -> None:
    claims = data.claims[:5]
    found = WAYS[name](data)([*claims, "Zyzzyva quokka xylophone."])
    assert [hit and hit.claim for hit in found[:5]] == claims
    assert found[5] is None


def test_a_corpus_has_as_many_different_claims_as_wanted_and_only_what_repeats_them() -> None:
    small, large = corpus(50), corpus(30_000)
    for data, size in ((small, 50), (large, 30_000)):
        assert len(set(data.claims)) == size
        assert {claim for _, claim in data.repeats} <= set(data.claims)
        assert data.real + len(data.sources) >= size
    assert corpus(30_000).claims == large.claims


def test_the_stages_are_those_of_the_engine(data: Corpus) -> None:
    way = WAYS["Claimlight"](data)
    assert isinstance(way, Engine)
    texts = [text for text, _ in data.repeats] + data.ordinary[:100]
    stages = stage_costs(way.index, data.earlier[:100], texts)
    assert all(microseconds > 0 for microseconds in stages.values()), stages
    assert list(stages)[-1] == REST
    assert way(texts) == way(texts)  # the stopwatches are off again


def test_a_way_is_held_to_the_false_hints_of_another(data: Corpus) -> None:
    def eager(_: Corpus):  # type: ignore[no-untyped-def]
        scores = {text: float(number) for number, text in enumerate(data.ordinary)}
        return lambda texts: [Hit(data.claims[0], scores.get(text, 2.0)) for text in texts]

    free = cost(eager, data, allowed=1.0)
    held = cost(eager, data, allowed=0.0)
    assert free.hits == held.hits == 1.0
    assert free.finds > held.finds == 0.0


def test_the_picture_is_drawn(tmp_path: Path) -> None:
    one = Cost(10.0, 1.0, 1, None, 0.1, 0.5, 10, 10)
    draw({100: {"Claimlight": one}, 1000: {"Claimlight": one}}, tmp_path / "images" / "cost.png")
    assert (tmp_path / "images" / "cost.png").read_bytes().startswith(b"\x89PNG")
