"""Vectors of claims, made before anybody waits for them and shared by a machine's processes.

A claim is compared with one sentence after another: to make its vector anew each time would cost
more than all else.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from matcher.encoder import Encoder
from matcher.snapshot import UNFIT

LOOK_S: Final = 1.0
"""How often a process looks whether another one has written the table anew."""
WRITTEN_AT_ONCE: Final = 10_000


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
        if time.monotonic() >= self._look_at:
            self._look()
        table = self._table
        places = table.places(_keys(texts)).tolist()
        rest = [text for text, place in zip(texts, places, strict=True) if place < 0]
        made = iter(self._encoder.vectors(rest))
        vectors = [next(made) if place < 0 else table.vectors[place] for place in places]
        return np.array(vectors, dtype=np.float32)

    def unknown(self, texts: Sequence[str]) -> list[str]:
        """Those of the texts whose vectors have not been learned, each once."""
        keys = _keys(texts)
        at = self._table.places(keys).tolist()
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
        old = self._table
        keys = np.concatenate((old.keys, np.fromiter(fresh, np.uint64, len(fresh))))
        order = np.unique(keys, return_index=True)[1]  # in the order of the keys
        if only is not None:
            order = order[np.isin(keys[order], _keys(only))]
        if not len(order):
            return
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
        draft = self._file.with_suffix(f".draft-{os.getpid()}")
        try:
            kind = rows(order[:0]).dtype
            mapped = np.lib.format.open_memmap(draft, mode="w+", dtype=kind, shape=(len(order),))
            for start in range(0, len(order), WRITTEN_AT_ONCE):
                mapped[start : start + WRITTEN_AT_ONCE] = rows(order[start:][:WRITTEN_AT_ONCE])
            mapped.flush()
            del mapped
            draft.replace(self._file)
            for other in self._file.parent.glob("*.npy"):  # of encoders that are no longer used
                if other != self._file:
                    other.unlink(missing_ok=True)
        finally:
            draft.unlink(missing_ok=True)
        self._look()

    def _look(self) -> None:
        """Map the table that is there now; one that cannot be read is as good as none."""
        self._look_at = time.monotonic() + LOOK_S
        try:
            stat = self._file.stat()
            seen = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
            if seen == self._seen:
                return
            self._seen = seen
            rows = np.load(self._file, mmap_mode="r", allow_pickle=False)
            keys = np.array(rows["key"], dtype=np.uint64)  # side by side, to be searched
            vectors = rows["vector"]
            if (keys[1:] <= keys[:-1]).any() or vectors.ndim != 2 or vectors.dtype != np.float16:
                raise ValueError("no table of vectors")
            self._table = _Table(keys, vectors)
        except (*UNFIT, IndexError):
            self._table = NOTHING


def _keys(texts: Iterable[str]) -> NDArray[np.uint64]:
    """A number for each text, the same in every process; two of a million hardly ever share one."""
    encoded = (text.encode(errors="surrogatepass") for text in texts)
    digests = (blake2b(each, digest_size=8).digest() for each in encoded)
    return np.frombuffer(b"".join(digests), dtype="<u8")
