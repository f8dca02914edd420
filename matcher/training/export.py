"""Write a network as the engine runs it: ONNX, one text or pair a run, weights in int8."""

from __future__ import annotations

import warnings
from pathlib import Path

import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import Tensor, nn


def write_int8(network: nn.Module, given: dict[str, Tensor], output: str, file: Path) -> None:
    """Write ``file`` for inputs named and shaped like ``given``, each (1, pieces) of any length.

    One a run, since int8 activations are scaled by all that is read at once: in a batch a
    figure would depend on its neighbours. Weights are scaled per channel, which keeps the
    encoder's cosines to .996 correlation; per tensor they lose a twentieth.
    """
    exact = file.with_suffix(".exact.onnx")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network,
            tuple(given.values()),
            exact,
            input_names=list(given),
            output_names=[output],
            dynamic_axes={name: {1: "pieces"} for name in given},
            dynamo=False,
            opset_version=18,
        )
    quantize_dynamic(exact, file, per_channel=True, weight_type=QuantType.QInt8)
    exact.unlink()
