"""One way to match on one corpus: its cost, its memory, what it finds.

Each is measured in a process of its own, so that it pays for its own memory alone, and in
processor time, so that it does not pay for what else the machine does.
"""

from __future__ import annotations

import gc
import multiprocessing
import resource
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

from matcher.bench.corpus import Corpus
from matcher.bench.stages import stage_costs
from matcher.bench.ways import BATCH, Engine, Hit, Way

TIMED_S: Final = 5.0
"""Seconds of processor time for which a way is timed; the dear ones get through fewer sentences."""
LEAST_SENTENCES: Final = 5
FOUND_S: Final = 8.0
"""The same for the repeats of known claims."""
LEAST_REPEATS: Final = 25


@dataclass(frozen=True, slots=True)
class Cost:
    """What one way costs and finds on one corpus.

    Attributes
    ----------
    microseconds, build_s
        of processor time: a sentence of ordinary news, mean; and the making of the index,
        without the vectors of its claims, which are made in the background.
    memory_bytes, disk_bytes
        that the process holds more than before; and what of it lies on disk, to be mapped by
        any number of processes. None: not known, or nothing.
    hits
        share of ordinary sentences with a claim proposed, by the way's own threshold if it
        has one.
    finds
        share of the repeats whose very claim comes first, where the threshold lets as small a
        share of ordinary sentences through as the engine's own.
    sentences, repeats
        how many were asked.
    stages
        microseconds a sentence of each; empty for the others' ways.
    """

    microseconds: float
    build_s: float
    memory_bytes: int | None
    disk_bytes: int | None
    hits: float
    finds: float
    sentences: int
    repeats: int
    stages: dict[str, float] = field(default_factory=dict)


def cost(make: Callable[[Corpus], Way], data: Corpus, *, allowed: float | None) -> Cost:
    """Measure a way in a forked process.

    Parameters
    ----------
    allowed
        share of ordinary sentences that may be hit; None: as many as the way hits by itself.

    Raises
    ------
    RuntimeError
        where the process ends without an answer, killed for its memory most likely.
    """
    forks = multiprocessing.get_context("fork")
    receive, send = forks.Pipe(duplex=False)
    process = forks.Process(target=_measure, args=(send, make, data, allowed))
    process.start()
    send.close()
    try:
        measured = receive.recv()
    except EOFError as error:
        raise RuntimeError(f"{make.__name__} ended without an answer") from error
    finally:
        process.join()
    if not isinstance(measured, Cost):
        raise TypeError(f"{make.__name__} answered {measured!r}, which is no cost")
    return measured


def _measure(
    send: Connection, make: Callable[[Corpus], Way], data: Corpus, allowed: float | None
) -> None:
    gc.collect()
    gc.freeze()
    before, began = _memory(), time.process_time()
    way = make(data)
    build_s = time.process_time() - began
    # A service has met the words and the claims of ordinary news before.
    way(data.earlier if isinstance(way, Engine) else data.earlier[:1])
    batch = BATCH if isinstance(way, Engine) else LEAST_SENTENCES
    asked, took, hits = _ask(way, data.ordinary, TIMED_S, LEAST_SENTENCES, batch)
    # Few at a time, as they are met: what is read together of one request is bounded.
    repeats = [text for text, _ in data.repeats]
    repeated, _, found = _ask(way, repeats, FOUND_S, LEAST_REPEATS, LEAST_SENTENCES)
    gc.collect()
    least = _threshold(hits, allowed)
    right = [
        hit is not None and hit.score > least and hit.claim == claim
        for hit, (_, claim) in zip(found, data.repeats[:repeated], strict=True)
    ]
    send.send(
        Cost(
            microseconds=1e6 * took / asked,
            build_s=way.build_s if isinstance(way, Engine) else build_s,
            memory_bytes=_memory() - before,
            disk_bytes=way.disk_bytes if isinstance(way, Engine) else None,
            hits=sum(hit is not None for hit in hits) / asked,
            finds=sum(right) / max(repeated, 1),
            sentences=asked,
            repeats=repeated,
            stages=stage_costs(way.anew(), data.earlier, data.ordinary[:asked])
            if isinstance(way, Engine)
            else {},
        )
    )
    send.close()
    del way  # and its folder with it


def _ask(
    way: Way, texts: Sequence[str], budget_s: float, least: int, size: int
) -> tuple[int, float, list[Hit | None]]:
    """Ask about as many as the time allows: how many, how long it took, and what was found."""
    found: list[Hit | None] = []
    took = 0.0
    while len(found) < len(texts) and (took < budget_s or len(found) < least):
        batch = texts[len(found) : len(found) + size]
        began = time.process_time()
        found += way(batch)
        took += time.process_time() - began
    return len(found), took, found


def _threshold(hits: Sequence[Hit | None], allowed: float | None) -> float:
    """The score above which at most the allowed share of ordinary sentences lies."""
    scores = sorted((hit.score for hit in hits if hit is not None), reverse=True)
    most = len(hits) if allowed is None else int(allowed * len(hits))
    return scores[most] if most < len(scores) else float("-inf")


def _memory() -> int:
    """Bytes of memory that this process alone holds, or its peak where that is not told."""
    rollup = Path("/proc/self/smaps_rollup")
    if rollup.exists():
        lines = (line.split() for line in rollup.read_text().splitlines()[1:])
        return sum(1024 * int(line[1]) for line in lines if line[0].startswith("Private_"))
    unit = 1 if sys.platform == "darwin" else 1024
    return unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
