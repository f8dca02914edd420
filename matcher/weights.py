"""Where the weights are that are shipped with the engine; apart, since to load them is slow."""

from __future__ import annotations

from pathlib import Path
from typing import Final

MODEL_FOLDER: Final = Path(__file__).parent / "model"
"""The models shipped with the engine; made by ``python -m matcher.training.pairs``."""
ENCODER_FILE: Final = "encoder.onnx"
PAIRS_FILE: Final = "pairs.onnx"
VOCABULARY_FILE: Final = "vocab.txt"
