"""Read a sentence and a claim together, to tell whether the one repeats the other.

A small transformer reads both at once, so that who did what to whom, a negation or a frame
can count. It is run on the few pairs that words and vectors leave in doubt.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from matcher import onnx
from matcher.text import normalise
from matcher.weights import PAIRS_FILE, VOCABULARY_FILE
from matcher.wordpiece import WordPiece

INPUTS: Final = ["ids", "sides"]
"""What the model is given: numbers of word pieces, and 1 for those of the claim."""
SENTENCE_PIECES: Final = 64
CLAIM_PIECES: Final = 40
"""Word pieces read of each side, as in training."""


class PairModel(Protocol):
    """What reads a sentence and a claim together."""

    name: str
    """Changes whenever the scores may."""

    def scores(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        """One logit a pair (sentence, claim): the higher, the surer that the one repeats the other.

        Unbounded, most in [-6, 6]; a pair's score does not depend on the others in the call.
        """
        ...


class OnnxPairModel:
    """A ``PairModel`` from a folder with ``pairs.onnx``.

    Pairs are read one by one: a batch is no faster on one thread, and in int8 the scores
    would depend on it. About 5 ms a pair of 48 pieces.
    """

    def __init__(self, folder: Path, pieces: WordPiece) -> None:
        """Load the model; ModelError, naming the file and what is wrong with it."""
        self._pieces = pieces
        self._session = onnx.session(folder / PAIRS_FILE, INPUTS)
        self.name = f"pairs-{onnx.digest(folder / PAIRS_FILE, folder / VOCABULARY_FILE)}"

    def scores(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        """See ``PairModel``."""
        logits = np.zeros(len(pairs), dtype=np.float32)
        for i, (sentence, claim) in enumerate(pairs):
            ids, claim_at = encode(self._pieces, sentence, claim)
            sides = (np.arange(len(ids)) >= claim_at).astype(np.int64)
            given = {"ids": np.array([ids]), "sides": sides[None]}
            (logits[i : i + 1],) = self._session.run(None, given)
        return logits


def encode(pieces: WordPiece, sentence: str, claim: str) -> tuple[list[int], int]:
    """Numbers of the pieces of a pair, and where the claim begins."""
    first = [pieces.start, *pieces.ids(normalise(sentence), SENTENCE_PIECES), pieces.end]
    return [*first, *pieces.ids(normalise(claim), CLAIM_PIECES), pieces.end], len(first)
