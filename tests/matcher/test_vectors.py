from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from matcher import vectors
from matcher.vectors import KnownVectors

TEXTS = [f"claim number {i}" for i in range(50)]


class Counting:
    """An encoder that remembers what it was asked for."""

    name = "counting"
    languages = frozenset({"en"})

    def __init__(self) -> None:
        self.asked: list[str] = []

    def vectors(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.asked += texts
        made = [np.random.default_rng([*text.encode("utf-8", "replace")]) for text in texts]
        rows = np.array([draw.normal(size=8) for draw in made]).reshape(-1, 8)
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


@pytest.fixture(autouse=True)
def _look_always(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vectors, "LOOK_S", 0.0)


def test_a_vector_that_was_kept_is_not_made_again_by_any_process(tmp_path: Path) -> None:
    encoder = Counting()
    one = KnownVectors(encoder, tmp_path / "vectors")
    other = KnownVectors(encoder, tmp_path / "vectors")  # there before the file is
    one.learn(TEXTS)
    one.keep()
    encoder.asked.clear()
    np.testing.assert_allclose(other.vectors(TEXTS), Counting().vectors(TEXTS), atol=1e-3)
    assert encoder.asked == []
    assert other.vectors(["new", TEXTS[0]]).shape == (2, 8)
    assert encoder.asked == ["new"]


@given(st.lists(st.text(), max_size=30), st.lists(st.text(), max_size=30))
def test_vectors_are_the_same_whichever_are_known(known: list[str], asked: list[str]) -> None:
    with TemporaryDirectory() as folder:
        table = KnownVectors(Counting(), Path(folder))
        table.learn(known[::2])
        table.keep()
        table.learn(known)
        table.keep()
        np.testing.assert_allclose(
            table.vectors(known + asked).reshape(-1, 8),
            Counting().vectors(known + asked),
            atol=1e-3,
        )
        assert table.unknown(known) == []
        assert len(table) == len(set(known))


def test_what_is_kept_grows_and_forgets_what_is_no_longer_wanted(tmp_path: Path) -> None:
    table = KnownVectors(Counting(), tmp_path)
    table.learn(TEXTS[:30])
    table.keep()
    table.learn(TEXTS[30:])
    assert table.unknown([*TEXTS, "new", "new"]) == ["new"]
    table.keep()
    assert len(table) == 50
    table.keep(only=iter(TEXTS[10:20]))
    assert len(table) == 10
    assert table.unknown(TEXTS) == TEXTS[:10] + TEXTS[20:]


def test_the_table_of_an_encoder_no_longer_used_is_removed(tmp_path: Path) -> None:
    (tmp_path / "former.npy").write_bytes(b"")
    table = KnownVectors(Counting(), tmp_path)
    table.learn(TEXTS)
    table.keep()
    assert [file.name for file in tmp_path.iterdir()] == ["counting.npy"]


@pytest.mark.parametrize("damage", [b"", b"\x93NUMPY", b"no table"])
def test_a_damaged_table_is_as_good_as_none(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "counting.npy").write_bytes(damage)
    table = KnownVectors(Counting(), tmp_path)
    np.testing.assert_array_equal(table.vectors(TEXTS), Counting().vectors(TEXTS))
    table.learn(TEXTS)
    table.keep()
    assert len(table) == len(TEXTS)


def test_a_table_of_another_kind_is_as_good_as_none(tmp_path: Path) -> None:
    np.save(tmp_path / "counting.npy", np.zeros((3, 8)))
    assert len(KnownVectors(Counting(), tmp_path)) == 0


def test_where_the_disk_refuses_the_table_stays_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    table = KnownVectors(Counting(), tmp_path / "file")
    table.learn(TEXTS)
    with pytest.raises(OSError, match="file"):
        table.keep()
    assert table.fresh == 0
    assert table.vectors(TEXTS).shape == (50, 8)
