"""Export the sentence encoder: ``python -m matcher.training.encoder WEIGHTS FOLDER``.

WEIGHTS is the folder of all-MiniLM-L6-v2 as published; see ``matcher.training.pairs``. Nothing
is trained.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from matcher.training.export import write_int8
from matcher.training.network import Encoder, published_encoder
from matcher.weights import ENCODER_FILE


class MeanVector(nn.Module):
    """The mean of a text's states, as a unit vector."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, ids: Tensor) -> Tensor:
        """Unit vectors (texts, WIDTH)."""
        return functional.normalize(self.encoder(ids, torch.zeros_like(ids)).mean(1), dim=-1)


def main() -> None:
    """Write ``encoder.onnx``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", type=Path)
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    network = MeanVector(published_encoder(options.weights)).eval()
    write_int8(
        network, {"ids": torch.full((1, 40), 1_000)}, "vector", options.folder / ENCODER_FILE
    )


if __name__ == "__main__":
    main()
