from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from matcher.index import Index
from matcher.semantic import shipped
from matcher.types import Sentence
from matcher.vectors import KnownVectors
from server import vectors
from server.vectors import VectorMaker
from tests.matcher.conftest import make_case

CLAIMS = [f"Minister number {i} said that the border would be closed" for i in range(100)]


def finish(maker: VectorMaker, index: Index) -> int:
    """Let it work until there is no more to do; how often it had to be asked."""
    for turn in range(1_000):
        if not maker.work(index):
            return turn
    raise AssertionError("it never ends")


@pytest.fixture
def known(tmp_path: Path) -> KnownVectors:
    semantic = shipped()
    assert semantic is not None
    return KnownVectors(semantic.encoder, tmp_path / "vectors")


def test_every_claim_gets_its_vector_a_few_at_a_time(known: KnownVectors) -> None:
    index = Index.build(make_case(f"c{i}", claim) for i, claim in enumerate(CLAIMS))
    maker = VectorMaker(known)
    assert finish(maker, index) >= len(CLAIMS) / vectors.AT_ONCE
    assert known.unknown(list(index.texts(known.languages))) == []
    assert len(known) == len(CLAIMS)
    assert finish(maker, index) == 0


def test_only_what_is_new_is_made_and_what_is_gone_is_dropped(
    known: KnownVectors, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = Index.build(make_case(f"c{i}", claim) for i, claim in enumerate(CLAIMS))
    maker = VectorMaker(known)
    finish(maker, index)
    learned: list[str] = []
    learn = known.learn

    def noted(texts: Sequence[str]) -> None:
        learned.extend(texts)
        learn(texts)

    monkeypatch.setattr(known, "learn", noted)
    new = "A wholly new claim about the harvest of 2021"
    finish(maker, index.revised([make_case("new", new)], {f"c{i}" for i in range(90)}))
    assert learned == [new]
    assert len(known) == 11


def test_the_best_case_of_a_sentence_is_the_same_before_and_after(known: KnownVectors) -> None:
    semantic = shipped()
    assert semantic is not None
    cases = [make_case(f"c{i}", claim) for i, claim in enumerate(CLAIMS[:20])]
    index = Index.build(cases, semantic=replace(semantic, encoder=known))
    asked = [Sentence("s", "The border would be closed, minister number 7 said", "en")]
    before = index.match(asked, min_score=0)
    finish(VectorMaker(known), index)
    after = index.match(asked, min_score=0)
    assert [match.case_id for match in after.matches] == [m.case_id for m in before.matches]
    np.testing.assert_allclose(
        [match.score for match in after.matches], [m.score for m in before.matches], atol=1e-3
    )


def test_a_disk_that_refuses_costs_the_vectors_and_nothing_else(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    semantic = shipped()
    assert semantic is not None
    (tmp_path / "file").write_bytes(b"")
    maker = VectorMaker(KnownVectors(semantic.encoder, tmp_path / "file"))
    index = Index.build(make_case(f"c{i}", claim) for i, claim in enumerate(CLAIMS[:3]))
    finish(maker, index)
    assert "cannot be kept" in caplog.text
    assert finish(maker, index) == 0
    assert caplog.text.count("cannot be kept") == 1
    other = index.revised([make_case("new", CLAIMS[5])])
    finish(maker, other)
    assert caplog.text.count("cannot be kept") == 2
