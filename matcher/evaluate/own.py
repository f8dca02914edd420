"""The project's own labelled sentences against the starter cases."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from matcher.evaluate.asking import best_matches, shown
from matcher.evaluate.indexes import DATA
from matcher.evaluate.table import Row, row
from matcher.index import Index
from matcher.limits import MAX_LIMIT
from matcher.types import Band


def own_sentences() -> list[dict[str, Any]]:
    """The labelled sentences of ``data/quality``."""
    file = DATA / "quality" / "sentences.jsonl"
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def own_quality(index: Index) -> Iterator[Row]:
    """Our English sentences against the starter cases; half ``dev``, half ``test``."""
    for part in ("dev", "test"):
        sentences = [s for s in own_sentences() if s["part"] == part and s["language"] == "en"]
        found = [
            best_matches(index, [s["text"]], s["language"], limit=MAX_LIMIT)[0] for s in sentences
        ]
        for label in ("paraphrase", "opposite", "quoted", "innocent", "ordinary"):
            own = [(s, f) for s, f in zip(sentences, found, strict=True) if s["label"] == label]
            if label == "paraphrase":
                right = [[m for m in f[:1] if m.case_id == s["case"]] for s, f in own]
                for band in Band:
                    name = f"{part}: paraphrase meets its case as {band}"
                    yield row(name, shown(right, band), better="higher", data="own")
            else:
                for band in Band:
                    name = f"{part}: {label} shown as {band}"
                    hits = shown([f for _, f in own], band)
                    yield row(name, hits, better="lower", data="own")


def own_languages(index: Index) -> Iterator[Row]:
    """Our sentences in other languages, which the pair model does not read; both halves."""
    others = [s for s in own_sentences() if s["language"] != "en"]
    for language in sorted({s["language"] for s in others}):
        own = [s for s in others if s["language"] == language]
        found = best_matches(index, [s["text"] for s in own], language)
        right = [
            [m for m in f if m.case_id == s["case"]]
            for s, f in zip(own, found, strict=True)
            if s["label"] == "paraphrase"
        ]
        name = f"{language}: paraphrase meets its case as match"
        yield row(name, shown(right, Band.MATCH), better="higher", data="own")
        for name, labels in {
            "denied or quoted": ("opposite", "quoted"),
            "other sentences": ("innocent", "ordinary"),
        }.items():
            wrong = [f for s, f in zip(own, found, strict=True) if s["label"] in labels]
            if wrong:
                name = f"{language}: {name} shown as match"
                yield row(name, shown(wrong, Band.MATCH), better="lower", data="own")
