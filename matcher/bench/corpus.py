"""What the benchmark matches: claims of any number, ordinary sentences, repeats of known claims.

With the shared datasets the claims are EUvsDisinfo titles; without them, starter claims.
``python -m matcher.bench.corpus CASES FOLDER`` writes cases and sentences for other benches.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from matcher.case import Case
from matcher.evaluate.indexes import bare_case, starter_index
from matcher.evaluate.own import own_sentences
from matcher.text import split_sentences
from matcher.training.corpora import DATASETS, rows


@dataclass(frozen=True, slots=True)
class Corpus:
    """Claims to index, ordinary sentences to time, and sentences that repeat a known claim.

    ``earlier`` are other ordinary sentences, which a service has read before.
    The first ``real`` claims are as somebody wrote them; each other one is the first half of
    the one and the second half of the other of its two ``sources``.
    """

    name: str
    claims: list[str]
    real: int
    sources: list[tuple[int, int]]
    earlier: list[str]
    ordinary: list[str]
    repeats: list[tuple[str, str]]


def corpus(cases: int) -> Corpus:
    """A corpus of the wanted size; sizes beyond the real claims recombine their words."""
    if DATASETS.exists():
        claims = list(dict.fromkeys(row["title"] for row in rows("euvsdisinfo/cases")))
        news = [row["text"] for row in rows("news/en")]
        ordinary, earlier = news[:3_000], news[3_000:9_000]
        repeats = [
            (sentence, row["claim"])
            for row in rows("euvsdisinfo/pairs")
            for sentence in split_sentences(row["text"])[:1]
        ]
        name = "EUvsDisinfo titles"
    else:
        index = starter_index()
        claims = [c.text for case in index.cases() for c in case.claims if c.language == "en"]
        labelled = own_sentences()
        earlier = [s["text"] for s in labelled if s["label"] == "ordinary"]
        ordinary = earlier * 10
        repeats = [
            (s["text"], index.case(s["case"]).claim)
            for s in labelled
            if s["label"] == "paraphrase" and s["language"] == "en"
        ]
        name = "starter claims"
    wanted = {claim for _, claim in repeats}
    claims.sort(key=lambda claim: claim not in wanted)
    repeats = [repeat for repeat in repeats if repeat[1] in set(claims[:cases])]
    made = _recombined(claims, cases - len(claims))
    return Corpus(
        name=f"{name}, recombined" if made else name,
        claims=[*claims, *made][:cases],
        real=min(len(claims), cases),
        sources=list(made.values()),
        earlier=earlier,
        ordinary=ordinary,
        repeats=repeats,
    )


def _recombined(claims: Sequence[str], wanted: int) -> dict[str, tuple[int, int]]:
    """New claims from the first half of one and the second of another, and those two."""
    halves = [(c.split()[: len(c.split()) // 2], c.split()[len(c.split()) // 2 :]) for c in claims]
    known, made = set(claims), dict[str, tuple[int, int]]()
    draw = np.random.default_rng(0)
    while len(made) < wanted:
        for first, second in draw.integers(0, len(halves), (wanted, 2)).tolist():
            claim = " ".join(halves[first][0] + halves[second][1])
            if claim not in known and len(made) < wanted:
                made.setdefault(claim, (first, second))
    return made


def cases(claims: Sequence[str]) -> list[Case]:
    """One case a claim, named by its position."""
    return [bare_case(i, claim) for i, claim in enumerate(claims)]


def main() -> None:
    """Write ``cases.jsonl`` and ``sentences.json``, ordinary sentences in their order."""
    size, folder = int(sys.argv[1]), Path(sys.argv[2])
    data = corpus(size)
    lines = (case.model_dump_json(exclude_none=True) for case in cases(data.claims))
    (folder / "cases.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "sentences.json").write_text(json.dumps(data.ordinary), encoding="utf-8")


if __name__ == "__main__":
    main()
