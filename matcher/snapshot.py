"""An index on disk: one folder of plain arrays that any number of processes map into memory.

Written whole or not at all, readable by this format number only, and never executed: no
pickle. The arrays are NumPy's own files; the cases are JSON Lines with their offsets.
"""

from __future__ import annotations

import json
import mmap
import os
import shutil
import tempfile
import tokenize
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from matcher.errors import SnapshotError

FORMAT: Final = 4
_HEADER: Final = "header.json"
_CASES: Final = "cases.jsonl"

# NumPy takes the header of an array apart with Python's own tokenizer and parser.
UNFIT: Final = (OSError, EOFError, ValueError, KeyError, TypeError, OverflowError, RecursionError,
                 tokenize.TokenError, SyntaxError)  # fmt: skip

Arrays = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What an index consists of, in memory or mapped: its header, its arrays, its cases."""

    header: Mapping[str, Any]
    arrays: Arrays
    cases: bytes | mmap.mmap


def save(snapshot: Snapshot, folder: Path) -> None:
    """Write a snapshot; ``folder`` appears whole, replacing nothing.

    Raises
    ------
    SnapshotError
        where the disk refuses.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        try:
            for name, array in snapshot.arrays.items():
                np.save(draft / f"{name}.npy", array, allow_pickle=False)
            (draft / _CASES).write_bytes(snapshot.cases[:])
            header = {**snapshot.header, "format": FORMAT, "arrays": sorted(snapshot.arrays)}
            (draft / _HEADER).write_text(json.dumps(header, indent=1), encoding="utf-8")
            # Equal digest means equal content, so whoever came first wrote what we would.
            if not folder.exists():
                draft.chmod(0o700)
                os.rename(draft, folder)  # noqa: PTH104  (Path.rename would read the same)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    except OSError as error:
        if not (folder / _HEADER).exists():
            raise SnapshotError(f"cannot write the snapshot {folder}: {error}") from error


def load(folder: Path) -> Snapshot:
    """Map a snapshot into memory.

    Raises
    ------
    SnapshotError
        where it is missing, damaged, or of another format.
    """
    try:
        header = json.loads((folder / _HEADER).read_text(encoding="utf-8"))
        if header["format"] != FORMAT:
            raise SnapshotError(f"{folder} has format {header['format']}, not {FORMAT}")
        arrays = {
            # Copy-on-write: nobody writes, so all processes share the pages; but the sparse
            # product takes no array that is marked read-only.
            name: np.load(folder / f"{name}.npy", mmap_mode="c", allow_pickle=False)
            for name in header["arrays"]
        }
        return Snapshot(header=header, arrays=arrays, cases=_map(folder / _CASES))
    except UNFIT as error:
        raise SnapshotError(f"cannot read the snapshot {folder}: {error}") from error


def _map(path: Path) -> bytes | mmap.mmap:
    with path.open("rb") as file:
        if not path.stat().st_size:
            return b""
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
