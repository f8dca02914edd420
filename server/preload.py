"""What all workers of a machine share: loaded once, in the master, before they are forked.

A forked process shares the memory of its parent until one of them writes to it.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from pathlib import Path

from matcher import background, detect
from matcher.errors import ModelError
from matcher.index import Index
from matcher.semantic import Semantic
from server.memory import give_back_memory


def preload(encoder: Path | None, *, tell: Callable[[str], None]) -> Semantic | None:
    """Load models and tables, and hold them in memory that forks share; return the pair model.

    None where ``encoder`` is None or unfit: the service then runs on words alone, and says so.
    """
    gc.disable()  # so that nothing is freed below what stays, and its gaps refilled by a worker
    semantic = _semantic(encoder, tell)
    background.tables()
    detect.load()
    Index.build(())
    gc.collect()
    gc.freeze()  # the collector writes to every object it visits
    gc.enable()
    give_back_memory()
    return semantic


def _semantic(folder: Path | None, tell: Callable[[str], None]) -> Semantic | None:
    if folder is None:
        return None
    try:
        return Semantic.load(folder)
    except ModelError as error:
        tell(f"words alone decide: {error}")
        return None
