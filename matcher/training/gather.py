"""Claims of a corpus, and the evidence of sentences against their best candidates."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from matcher.evidence import overlap, wording
from matcher.lexical import Lexical, Rows, candidates, compile_rows, look_up
from matcher.reading import Reading, read
from matcher.text import normalise
from matcher.training.corpora import rows
from matcher.weighing import rough

BATCH: Final = 200


@dataclass(frozen=True, slots=True)
class Claims:
    """Claims of one corpus with their sparse index; one row a claim."""

    texts: list[str]
    readings: list[Reading]
    lexical: Lexical


def index(texts: Sequence[str]) -> Claims:
    """Index English claims, leaving out those without a content word."""
    pairs = [(text, reading) for text in texts if len(reading := read(normalise(text), "en"))]
    readings = [reading for _, reading in pairs]
    indptr = np.cumsum([0, *map(len, readings)], dtype=np.int64)
    return Claims(
        texts=[text for text, _ in pairs],
        readings=readings,
        lexical=compile_rows(
            Rows(
                hashes=np.array([h for r in readings for h in r.hashes], dtype=np.uint64),
                zipfs=np.array([z for r in readings for z in r.zipfs], dtype=np.float32),
                indptr=indptr,
                case=np.arange(len(readings), dtype=np.int32),
            )
        ),
    )


@dataclass(frozen=True, slots=True)
class Pairs:
    """Evidence of sentence-claim pairs: position of sentence, row of claim, columns."""

    sentence: NDArray[np.int64]
    row: NDArray[np.int64]
    evidence: NDArray[np.float32]


def pairs(
    claims: Claims, texts: Sequence[str], *, best: int, also: Sequence[set[int]] = ()
) -> Pairs:
    """The best candidates of each text, and those of ``also`` that were proposed at all."""
    sentences: list[int] = []
    claim_rows: list[int] = []
    evidence: list[NDArray[np.float32]] = []
    for start in range(0, len(texts), BATCH):
        readings = [read(normalise(text), "en") for text in texts[start : start + BATCH]]
        batch = look_up(claims.lexical, readings)
        proposed = candidates(claims.lexical, batch)
        common = overlap(claims.lexical, batch, proposed)
        worth = rough(common)
        for i, reading in enumerate(readings):
            own = np.flatnonzero(proposed.sentence == i)
            own = own[np.argsort(-worth[own], kind="stable")]
            wanted = also[start + i] if also else set()
            kept = [*own[:best], *(k for k in own[best:] if int(proposed.row[k]) in wanted)]
            for k in kept:
                row = int(proposed.row[k])
                sentences.append(start + i)
                claim_rows.append(row)
                words = np.array(wording(reading, claims.readings[row]), dtype=np.float32)
                evidence.append(np.concatenate((common[k], words)))
    return Pairs(np.array(sentences), np.array(claim_rows), np.array(evidence, dtype=np.float32))


def spelling(title: str) -> str:
    """One spelling for titles that differ in case or punctuation only."""
    return re.sub(r"\W+", " ", title.lower()).strip()


def euvsdisinfo_titles() -> list[str]:
    """The distinct titles of the EUvsDisinfo cases."""
    return list(
        {spelling(row["title"]): row["title"] for row in rows("euvsdisinfo/cases")}.values()
    )
