"""Vectors of claims, made before anybody waits for them and shared by a machine's processes.

A claim is compared with one sentence after another: to make its vector anew each time would cost
more than all else.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from matcher.encoder import Encoder
from matcher.snapshot import UNFIT
from matcher.text import text_key

LOOK_S: Final = 1.0
"""How often a process looks whether another one has written the table anew."""
AT_ONCE: Final = 10_000
"""Rows made and written at once, some 8 MB."""
COMPARED_AT_ONCE: Final = 1_000
"""Rows copied to be compared, 1.5 MB: what a processor keeps at hand."""
DRAFT: Final = ".draft-"


@dataclass(frozen=True, slots=True)
class _Table:
    """Keys of texts (uint64, ascending) and their vectors (float16), row by row."""

    keys: NDArray[np.uint64]
    vectors: NDArray[np.float16]

    def places(self, keys: NDArray[np.uint64]) -> NDArray[np.int64]:
        """The row of each key; -1 for one that is not here."""
        if not len(self.keys):
            return np.full(len(keys), -1)
        at = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where(self.keys[at] == keys, at, -1)


NOTHING: Final = _Table(np.zeros(0, np.uint64), np.zeros((0, 0), np.float16))


class KnownVectors:
    """An ``Encoder`` that knows the vectors of some texts and asks another for those of the rest.

    One process learns and keeps; the others find what it has kept within a second, and none of
    them copies it. Safe from any thread, but for ``learn`` and ``keep``, which are for one.

    Parameters
    ----------
    encoder
        makes the vectors.
    folder
        where the table is kept; made when it is first written.
    """

    def __init__(self, encoder: Encoder, folder: Path) -> None:
        self.name = encoder.name
        self.languages = encoder.languages
        self._encoder = encoder
        self._file = folder / f"{encoder.name}.npy"
        self._table = NOTHING
        self._fresh: dict[int, NDArray[np.float16]] = {}
        self._seen: tuple[int, ...] = ()  # what tells one file from another of its name
        self._look_at = 0.0
        self._look()

    def __len__(self) -> int:
        """How many vectors are kept."""
        return len(self._table.keys)

    @property
    def fresh(self) -> int:
        """How many were learned since they were last kept."""
        return len(self._fresh)

    def vectors(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """See ``Encoder``."""
        table = self._newest()
        places = table.places(_keys(texts)).tolist()
        rest = [text for text, place in zip(texts, places, strict=True) if place < 0]
        made = iter(self._encoder.vectors(rest))
        vectors = [next(made) if place < 0 else table.vectors[place] for place in places]
        return np.array(vectors, dtype=np.float32)

    def knows(self, keys: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Whether the vectors of the texts of some keys (``text_key``) are known."""
        return self._newest().places(keys) >= 0

    def cosines(
        self, vectors: NDArray[np.float32], keys: NDArray[np.uint64]
    ) -> NDArray[np.float32]:
        """Cosines of unit vectors with the texts of some keys (``text_key``), each with each.

        Shape (vectors, keys); -inf for a text whose vector is not known.
        """
        table = self._newest()
        places = table.places(keys)
        known = np.flatnonzero(places >= 0)
        found = np.full((len(keys), len(vectors)), -np.inf, dtype=np.float32)
        for start in range(0, len(known), COMPARED_AT_ONCE):
            some = known[start : start + COMPARED_AT_ONCE]
            found[some] = table.vectors[places[some]].astype(np.float32) @ vectors.T
        return found.T

    def paired(self, vectors: NDArray[np.float32], keys: NDArray[np.uint64]) -> NDArray[np.float32]:
        """The same for pairs: the first vector with the first text, the second with the second."""
        table = self._newest()
        places = table.places(keys)
        known = np.flatnonzero(places >= 0)
        found = np.full(len(keys), -np.inf, dtype=np.float32)
        if len(known):
            theirs = table.vectors[places[known]].astype(np.float32)
            found[known] = np.einsum("ij,ij->i", vectors[known], theirs)
        return found

    def unknown(self, texts: Sequence[str]) -> list[str]:
        """Those of the texts whose vectors have not been learned, each once."""
        keys = _keys(texts)
        at = self._newest().places(keys).tolist()
        return list(
            dict.fromkeys(
                text
                for text, key, place in zip(texts, keys.tolist(), at, strict=True)
                if place < 0 and key not in self._fresh
            )
        )

    def learn(self, texts: Sequence[str]) -> None:
        """Make the vectors of texts, for ``keep`` to put into the table."""
        made = self._encoder.vectors(texts).astype(np.float16)
        self._fresh.update(zip(_keys(texts).tolist(), made, strict=True))

    def keep(self, *, only: Iterable[str] | None = None) -> None:
        """Write the table with what was learned; ``only``: without what is not among these.

        Raises
        ------
        OSError
            where the disk refuses; what was learned is forgotten then, and the table as it was.
        """
        fresh, self._fresh = self._fresh, {}
        self._load()  # whoever kept last may have been another process
        old = self._table
        keys = np.concatenate((old.keys, np.fromiter(fresh, np.uint64, len(fresh))))
        order = np.unique(keys, return_index=True)[1]  # in the order of the keys
        if only is not None:
            order = order[np.isin(keys[order], _keys(only))]
        made = list(fresh.values())

        def rows(places: NDArray[np.int64]) -> NDArray[Any]:
            """Rows of the new table, by their places in the old one and then the fresh."""
            width = old.vectors.shape[1] if len(old.keys) else len(made[0])
            part = np.zeros(len(places), dtype=[("key", "<u8"), ("vector", "<f2", (width,))])
            part["key"] = keys[places]
            known = places < len(old.keys)
            if known.any():
                part["vector"][known] = old.vectors[places[known]]
            for place in np.flatnonzero(~known).tolist():
                part["vector"][place] = made[places[place] - len(old.keys)]
            return part

        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        for left in self._file.parent.glob(f"*{DRAFT}*"):  # by a process that was killed
            left.unlink(missing_ok=True)
        if len(order):
            self._write(len(order), (rows(order[i : i + AT_ONCE]) for i in count(0, AT_ONCE)))
        else:
            self._file.unlink(missing_ok=True)
        for other in self._file.parent.glob("*.npy"):  # of encoders that are no longer used
            if other != self._file:
                other.unlink(missing_ok=True)
        self._look()

    def _write(self, length: int, parts: Iterator[NDArray[Any]]) -> None:
        """Put a table of so many rows in the place of the one that is there, whole or not at all.

        Through a file and not through memory, where a full disk ends the process.
        """
        draft = self._file.with_suffix(f"{DRAFT}{os.getpid()}")
        try:
            with draft.open("wb") as file:
                part = next(parts)
                header = np.lib.format.header_data_from_array_1_0(part) | {"shape": (length,)}
                np.lib.format.write_array_header_1_0(file, header)
                while len(part):
                    file.write(part.tobytes())
                    part = next(parts)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self._file)
        finally:
            draft.unlink(missing_ok=True)

    def _newest(self) -> _Table:
        """The table, looked for anew where that was some time ago."""
        if time.monotonic() >= self._look_at:
            self._look()
        return self._table

    def _look(self) -> None:
        """Map the table that is there now; one that the system refuses is asked for again."""
        self._look_at = time.monotonic() + LOOK_S
        with contextlib.suppress(OSError):
            self._load()

    def _load(self) -> None:
        """Map the table that is there now; one that is damaged is as good as none (OSError)."""
        try:
            stat = self._file.stat()
        except (FileNotFoundError, NotADirectoryError):
            self._table, self._seen = NOTHING, ()
            return
        seen = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
        if seen == self._seen:
            return
        try:
            rows = np.load(self._file, mmap_mode="r", allow_pickle=False)
            keys = np.array(rows["key"], dtype=np.uint64)  # side by side, to be searched
            vectors = rows["vector"]
            if (keys[1:] <= keys[:-1]).any() or vectors.ndim != 2 or vectors.dtype != np.float16:
                raise ValueError("no table of vectors")
            self._table = _Table(keys, vectors)
        except OSError:
            raise
        except (*UNFIT, IndexError):
            self._table = NOTHING
        self._seen = seen


def _keys(texts: Iterable[str]) -> NDArray[np.uint64]:
    return np.fromiter(map(text_key, texts), np.uint64)
