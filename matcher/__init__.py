"""Sentences in, matches out; knows neither the web nor Redis, and tells nobody of either."""

import os

# ONNX Runtime starts to write to its makers, over the network, as soon as it is imported. It has
# to be told not to before that, and this runs before any module that imports it.
# Source: Privacy.md of its package, "Disabling Telemetry".
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
