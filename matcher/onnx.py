"""Open a model for ONNX Runtime: on one thread, nothing fetched, faults named."""

from __future__ import annotations

from hashlib import file_digest, sha256
from pathlib import Path
from typing import Final

import onnxruntime

from matcher.errors import ModelError

_FAULTS: Final = (
    onnxruntime.capi.onnxruntime_pybind11_state.Fail,
    onnxruntime.capi.onnxruntime_pybind11_state.InvalidProtobuf,
    onnxruntime.capi.onnxruntime_pybind11_state.InvalidGraph,
    onnxruntime.capi.onnxruntime_pybind11_state.NotImplemented,
    onnxruntime.capi.onnxruntime_pybind11_state.NoSuchFile,
)


def session(path: Path, inputs: list[str]) -> onnxruntime.InferenceSession:
    """A session for the model in a file, which takes ``inputs`` (sorted).

    On one thread a session has no threads of its own, so processes forked after it was made
    may use it, and share its weights.

    Raises
    ------
    ModelError
        naming the file and what is wrong with it.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        # By its path: a session keeps what it is given, and bytes would be kept twice.
        opened = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    # ONNX Runtime's own exceptions have no common base but RuntimeError and Exception.
    except (OSError, RuntimeError, *_FAULTS) as error:
        raise ModelError(f"no model in {path}: {error}") from error
    given = sorted(each.name for each in opened.get_inputs())
    if given != inputs:
        raise ModelError(f"{path} takes {given}, not {inputs}")
    return opened


def digest(*paths: Path) -> str:
    """The first twelve digits of the SHA-256 of files; ModelError where one cannot be read."""
    together = sha256()
    for path in paths:
        try:
            with path.open("rb") as file:
                together.update(file_digest(file, "sha256").digest())
        except OSError as error:
            raise ModelError(f"no model in {path}: {error}") from error
    return together.hexdigest()[:12]
