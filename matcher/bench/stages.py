"""Where the time of a sentence goes: the engine's own functions, each with a stopwatch on it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from matcher import layers, pipeline, weighing
from matcher.bench.ways import BATCH
from matcher.index import Index
from matcher.semantic import Semantic
from matcher.types import Sentence
from matcher.vectors import KnownVectors

REST: Final = "all else"
"""What is between the stages, the making of the answer above all."""


def stage_costs(index: Index, earlier: Sequence[str], texts: Sequence[str]) -> dict[str, float]:
    """Microseconds a sentence of each stage, in order, after the earlier ones have been read.

    What a stage calls is not counted twice.
    """
    _match(index, earlier)
    stages: dict[str, list[tuple[Any, str]]] = {
        "read: normalise, stem": [(pipeline, "reading_language"), (pipeline, "passages")],
        "candidates": [(layers, "look_up"), (layers, "candidates")],
        "evidence": [(layers, "overlap"), (weighing, "wording"), (index.layers, "reading")],
        "scales and guards": [(pipeline, "judge")],
        "nearest": [(weighing, "nearest_by_words")],
        "encoder": [(Semantic, "cosines"), (KnownVectors, "vectors")],
        "pair model": [(Semantic, "logits")],
    }
    watch = _Stopwatch()
    began = time.process_time()
    with watch.on(stages):
        _match(index, texts)
    whole = time.process_time() - began
    costs = {name: watch.seconds.get(name, 0.0) for name in stages}
    costs[REST] = whole - sum(costs.values())
    return {name: 1e6 * seconds / len(texts) for name, seconds in costs.items()}


def _match(index: Index, texts: Sequence[str]) -> None:
    for start in range(0, len(texts), BATCH):
        batch = texts[start : start + BATCH]
        index.match([Sentence(str(i), text, "en") for i, text in enumerate(batch)])


class _Stopwatch:
    """Seconds spent in stages, without what is spent in a stage that is called from it."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._running: list[str] = []
        self._since = 0.0

    def _turn(self) -> None:
        now = time.process_time()
        if self._running:
            stage = self._running[-1]
            self.seconds[stage] = self.seconds.get(stage, 0.0) + now - self._since
        self._since = now

    def _timed(self, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **options: Any) -> Any:
            self._turn()
            self._running.append(stage)
            try:
                return function(*args, **options)
            finally:
                self._turn()
                self._running.pop()

        return run

    @contextlib.contextmanager
    def on(self, stages: dict[str, list[tuple[Any, str]]]) -> Iterator[None]:
        """Time the functions of some stages for as long as the context lasts."""
        with contextlib.ExitStack() as undo:
            for stage, functions in stages.items():
                for owner, name in functions:
                    original = getattr(owner, name)
                    setattr(owner, name, self._timed(stage, original))
                    undo.callback(setattr, owner, name, original)
            yield
