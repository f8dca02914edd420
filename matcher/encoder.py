"""A text as a vector, near those of texts that mean about the same.

Tells what a sentence is about more surely than words do, and what it says of it hardly at all:
a contradiction lies as near as a paraphrase.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from matcher import onnx
from matcher.errors import ModelError
from matcher.text import normalise
from matcher.weights import ENCODER_FILE, VOCABULARY_FILE
from matcher.wordpiece import WordPiece

INPUTS: Final = ["ids"]
PIECES: Final = 94
"""Word pieces read of a text; a sentence of news has 30."""
LANGUAGES_FILE: Final = "languages.json"
CACHED_TEXTS: Final = 4_000
"""Texts whose vectors are kept, about 5 MB when full: the sentences of pages that many read."""


class Encoder(Protocol):
    """What turns texts into vectors."""

    name: str
    """Changes whenever the vectors may: by it they are kept."""
    languages: frozenset[str]
    """Primary subtags of the languages whose texts may be compared with each other."""

    def vectors(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, shape (texts, dimensions); a text's does not depend on the others."""
        ...


class OnnxEncoder:
    """An ``Encoder`` from a folder with ``encoder.onnx``: a small transformer, weights in int8.

    The shipped one is made by ``python -m matcher.training.encoder``.

    Another model takes ``ids`` (numbers of word pieces, one text a run) and gives one unit
    vector; its languages stand in ``languages.json``, a list of primary subtags, without which
    it is taken to read English. Texts are read one by one, for the reasons of ``OnnxPairModel``:
    about 2 ms for 30 pieces.
    """

    def __init__(self, folder: Path, pieces: WordPiece) -> None:
        """Load the model; ModelError, naming the file and what is wrong with it."""
        self._pieces = pieces
        self._session = onnx.session(folder / ENCODER_FILE, INPUTS)
        files = (folder / ENCODER_FILE, folder / VOCABULARY_FILE)
        self.name = f"encoder-{onnx.digest(*files)}-{PIECES}"
        self.languages = _languages(folder / LANGUAGES_FILE)
        self._vector = lru_cache(maxsize=CACHED_TEXTS)(self._read)

    def vectors(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """See ``Encoder``."""
        if not texts:
            return np.zeros((0, 0), dtype=np.float32)
        return np.stack([self._vector(text) for text in texts]).astype(np.float32)

    def _read(self, text: str) -> NDArray[np.float16]:
        pieces = self._pieces
        ids = [pieces.start, *pieces.ids(normalise(text), PIECES), pieces.end]
        ((vector,),) = self._session.run(None, {"ids": np.array([ids])})
        return np.asarray(vector, dtype=np.float16)


def _languages(file: Path) -> frozenset[str]:
    if not file.exists():
        return frozenset({"en"})
    try:
        return frozenset(map(str, json.loads(file.read_text(encoding="utf-8"))))
    except (OSError, ValueError, TypeError) as error:
        raise ModelError(f"{file} is no list of languages: {error}") from error
