"""Compare a sentence and a claim by meaning: by their vectors, then reading both together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from matcher.encoder import Encoder, OnnxEncoder
from matcher.errors import ModelError
from matcher.pairs import OnnxPairModel, PairModel
from matcher.vectors import KnownVectors
from matcher.weights import MODEL_FOLDER, PAIRS_FILE, VOCABULARY_FILE
from matcher.wordpiece import WordPiece

PAIR_LANGUAGE: Final = "en"
"""The language that the pair model was trained on."""


@dataclass(frozen=True, slots=True)
class Semantic:
    """The models of one folder. ``pair_model`` None: the vectors decide."""

    encoder: Encoder
    pair_model: PairModel | None

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Load ``encoder.onnx`` and, where it is there, ``pairs.onnx``; nothing is fetched.

        Raises
        ------
        ModelError
            naming the file and what is wrong with it.
        """
        try:
            pieces = WordPiece.load(folder / VOCABULARY_FILE)
        except (OSError, KeyError, UnicodeError) as error:
            raise ModelError(f"no vocabulary in {folder / VOCABULARY_FILE}: {error}") from error
        has_pairs = (folder / PAIRS_FILE).exists()
        return cls(
            OnnxEncoder(folder, pieces), OnnxPairModel(folder, pieces) if has_pairs else None
        )

    @property
    def name(self) -> str:
        """Changes whenever a score may."""
        return (
            f"{self.encoder.name} {self.pair_model.name}" if self.pair_model else self.encoder.name
        )

    @property
    def known(self) -> KnownVectors | None:
        """The vectors of claims, where they are made beforehand."""
        return self.encoder if isinstance(self.encoder, KnownVectors) else None

    def compares(self, language: str, other: str) -> bool:
        """Whether texts in two languages can be compared by their vectors."""
        return language in self.encoder.languages and other in self.encoder.languages

    def reads(self, language: str, other: str) -> bool:
        """Whether texts in two languages can be read together."""
        return self.pair_model is not None and language == other == PAIR_LANGUAGE

    def cosines(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        """The cosine of each pair of texts, in [-1, 1]."""
        if not pairs:
            return np.zeros(0, dtype=np.float32)
        places = {
            text: i for i, text in enumerate(dict.fromkeys(t for pair in pairs for t in pair))
        }
        vectors = self.encoder.vectors(list(places))
        first, second = zip(*pairs, strict=True)
        a, b = ([places[text] for text in side] for side in (first, second))
        return np.asarray(np.einsum("ij,ij->i", vectors[a], vectors[b]))

    def logits(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        """The logit of each pair that can be read together; see ``PairModel.scores``."""
        if not pairs or self.pair_model is None:
            return np.zeros(0, dtype=np.float32)
        return self.pair_model.scores(pairs)


@cache
def shipped() -> Semantic | None:
    """The models shipped with the engine; None where their files are missing or unfit."""
    try:
        return Semantic.load(MODEL_FOLDER)
    except ModelError:
        return None
