"""Read a sentence and a claim together, to tell whether the one repeats the other.

A small transformer reads both at once, so that who did what to whom, a negation or a frame
can count. It is run on the few pairs that the sparse stage leaves in doubt.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from hashlib import file_digest
from pathlib import Path
from typing import Final, Protocol

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from matcher.errors import PairModelError
from matcher.text import normalise
from matcher.weights import MODEL_FILE, MODEL_FOLDER, VOCABULARY_FILE
from matcher.wordpiece import WordPiece

INPUTS: Final = ["ids", "sides"]
"""What the model is given: numbers of word pieces, and 1 for those of the claim."""
SENTENCE_PIECES: Final = 64
CLAIM_PIECES: Final = 40
"""Word pieces read of each side, as in training."""


_FAULTS: Final = (
    onnxruntime.capi.onnxruntime_pybind11_state.Fail,
    onnxruntime.capi.onnxruntime_pybind11_state.InvalidProtobuf,
    onnxruntime.capi.onnxruntime_pybind11_state.InvalidGraph,
    onnxruntime.capi.onnxruntime_pybind11_state.NotImplemented,
)


class PairModel(Protocol):
    """What reads a sentence and a claim together."""

    name: str
    """Changes whenever the scores may: enters the digest of an index."""

    def scores(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        """One logit a pair (sentence, claim): the higher, the surer that the one repeats the other.

        Unbounded, most in [-6, 6]; a pair's score does not depend on the others in the call.
        """
        ...


class OnnxPairModel:
    """A ``PairModel`` from a folder with ``pairs.onnx`` and ``vocab.txt``, on one thread.

    Pairs are read one by one: a batch is no faster on one thread, and in int8 the scores
    would depend on it. About 5 ms a pair of 48 pieces. On one thread a session has no threads
    of its own, so processes forked after it was made may use it, and share its weights.
    """

    def __init__(self, folder: Path) -> None:
        """Load the model; nothing is fetched.

        Raises
        ------
        PairModelError
            naming the folder and what is wrong with it.
        """
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            with (folder / MODEL_FILE).open("rb") as file:
                content = file_digest(file, "sha256").hexdigest()
            self._pieces = WordPiece.load(folder / VOCABULARY_FILE)
            # By its path: a session keeps what it is given, and bytes would be kept twice.
            self._session = onnxruntime.InferenceSession(
                folder / MODEL_FILE, options, providers=["CPUExecutionProvider"]
            )
        # ONNX Runtime's own exceptions have no common base but RuntimeError and Exception.
        except (OSError, KeyError, UnicodeError, RuntimeError, *_FAULTS) as error:
            raise PairModelError(f"no pair model in {folder}: {error}") from error
        given = sorted(each.name for each in self._session.get_inputs())
        if given != INPUTS:
            raise PairModelError(f"{folder / MODEL_FILE} takes {given}, not {INPUTS}")
        self.name = f"pairs-{content[:12]}"

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


@cache
def shipped() -> PairModel | None:
    """The pair model shipped with the engine; None where its files are missing or unfit."""
    try:
        return OnnxPairModel(MODEL_FOLDER)
    except PairModelError:
        return None
