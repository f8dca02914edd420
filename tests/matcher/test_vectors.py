from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher import vectors
from matcher.text import text_key
from matcher.vectors import KnownVectors
from tests.matcher.conftest import Counting

TEXTS = [f"claim number {i}" for i in range(50)]


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


def test_cosines_are_those_of_the_vectors_and_none_for_texts_not_known(tmp_path: Path) -> None:
    table = KnownVectors(Counting(), tmp_path)
    keys = np.array([text_key(text) for text in TEXTS], dtype=np.uint64)
    mine = Counting().vectors([f"sentence {i}" for i in range(len(TEXTS))])
    assert np.isneginf(table.cosines(mine, keys)).all()
    assert np.isneginf(table.paired(mine, keys)).all()
    table.learn(TEXTS[:20])
    table.keep()
    expected = mine @ Counting().vectors(TEXTS).T
    expected[:, 20:] = -np.inf
    np.testing.assert_allclose(table.cosines(mine, keys), expected, atol=1e-3)
    np.testing.assert_allclose(table.paired(mine, keys), np.diag(expected), atol=1e-3)


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


def test_what_another_process_kept_meanwhile_is_not_lost(tmp_path: Path) -> None:
    one, other = KnownVectors(Counting(), tmp_path), KnownVectors(Counting(), tmp_path)
    one.learn(TEXTS[:30])
    one.keep()
    assert other.unknown(TEXTS) == TEXTS[30:]
    one.learn(TEXTS[30:40])
    one.keep()
    other.learn(TEXTS[40:])
    other.keep()
    assert len(other) == 50


def test_where_nothing_is_wanted_there_is_no_table(tmp_path: Path) -> None:
    table = KnownVectors(Counting(), tmp_path)
    table.learn(TEXTS)
    table.keep()
    table.keep(only=())
    assert len(table) == 0
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_half_written_is_removed(tmp_path: Path) -> None:
    (tmp_path / "counting.draft-1").write_bytes(b"half")
    table = KnownVectors(Counting(), tmp_path)
    table.learn(TEXTS)
    table.keep()
    assert [file.name for file in tmp_path.iterdir()] == ["counting.npy"]


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from tests.matcher.test_vectors import TEXTS, Counting
from matcher.vectors import KnownVectors

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (500, 500))
table = KnownVectors(Counting(), Path(sys.argv[1]))
table.learn(TEXTS)
try:
    table.keep()
except OSError as error:
    print("refused", error.strerror)
"""


def test_a_disk_that_takes_no_more_is_told_of_and_ends_no_process(tmp_path: Path) -> None:
    table = KnownVectors(Counting(), tmp_path)
    table.learn(TEXTS[:3])
    table.keep()
    told = subprocess.run(
        [sys.executable, "-c", FULL_DISK, tmp_path], capture_output=True, text=True, check=False
    )
    assert (told.returncode, told.stdout) == (0, "refused File too large\n"), told.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["counting.npy"]
    assert KnownVectors(Counting(), tmp_path).unknown(TEXTS) == TEXTS[3:]


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
