"""The way down a loss, and the mean of several ways: what all trained networks share."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor, nn

DECAY: Final = 0.01
LONGEST_STEP: Final = 1.0
"""Norm to which a gradient is cut."""
LAST_RATE: Final = 0.02
"""Share of the first rate below which none falls."""
STEPS_A_NOTE: Final = 50


def descend(
    network: nn.Module,
    groups: Sequence[dict[str, Any]],
    batches: Sequence[list[int]],
    loss_of: Callable[[list[int]], Tensor],
    *,
    warm_up: float,
) -> None:
    """Take a step for each batch, and print how far it is.

    Parameters
    ----------
    groups
        parameters and their first rate (``params``, ``lr``), as PyTorch's optimisers take them.
    loss_of
        the loss of a batch.
    warm_up
        share of the steps within which the rate rises; it falls in a line afterwards.
    """
    steps = len(batches)
    optimiser = torch.optim.AdamW(list(groups), weight_decay=DECAY, fused=True)
    slope = torch.optim.lr_scheduler.LambdaLR(
        optimiser,
        lambda step: min(1.0, (step + 1) / (warm_up * steps)) * max(LAST_RATE, 1 - step / steps),
    )
    network.train()
    begun, average = time.monotonic(), 0.0
    for step, batch in enumerate(batches):
        loss = loss_of(batch)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), LONGEST_STEP)
        optimiser.step()
        slope.step()
        average += (0.02 if step else 1.0) * (loss.item() - average)
        if step % STEPS_A_NOTE == 0:
            note = {"step": step, "of": steps, "loss": round(average, 3)}
            print(json.dumps(note | {"seconds": round(time.monotonic() - begun)}), flush=True)  # noqa: T201


def mean_of(files: Sequence[Path]) -> dict[str, Tensor]:
    """The weights of one network whose every weight is the mean of that of several."""
    states = [torch.load(file, weights_only=True) for file in files]
    return {name: sum(state[name].float() for state in states) / len(states) for name in states[0]}
