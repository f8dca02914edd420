"""What the local filter and strict mode cost beside asking the engine about everything."""

from __future__ import annotations

from collections.abc import Iterator

from matcher.evaluate.asking import best_matches
from matcher.evaluate.news import ON_TOPIC
from matcher.evaluate.table import Row, row
from matcher.filter import Filter
from matcher.index import Index
from matcher.local import Judge, Rule
from matcher.pack import Pack, wordings
from matcher.text import split_sentences
from matcher.training.corpora import HELD_OUT, fold, rows
from matcher.types import Band


def _hinted(index: Index) -> list[tuple[int, str, Band | None]]:
    """Sentences meant to repeat EUvsDisinfo's claims, with their fold and the engine's band."""
    meant = [
        (fold(r["case_id"]), sentence)
        for r in rows("euvsdisinfo/pairs")
        for sentence in split_sentences(r["text"])
    ]
    meant += [(fold(r["fake"]), r["text"]) for r in rows("propaganda_diary/quotes")]
    found = best_matches(index, [text for _, text in meant])
    return [
        (number, text, matches[0].band if matches else None)
        for (number, text), matches in zip(meant, found, strict=True)
    ]


def in_the_browser(index: Index) -> Iterator[Row]:
    """What the local filter and strict mode cost beside asking the engine about everything."""
    meant = _hinted(index)
    filter_ = Filter.build(index)
    for band in Band:
        hints = [text for _, text, its in meant if its is band]
        name = f"local filter: hints of band {band} that survive"
        yield row(name, map(filter_.passes, hints), better="higher", data="fitted")
    news = [r["text"] for r in rows("news/en")]
    for name, leaving in {
        "ordinary news that leaves": news,
        "news on the subject that leaves": [text for text in news if ON_TOPIC.search(text)],
    }.items():
        name = f"local filter: {name}"
        yield row(name, map(filter_.passes, leaving), better="lower", data="fitted")

    judge = Judge(filter_, wordings(Pack.of(index)).__getitem__, Rule.shipped(len(index)))
    yield row(
        "strict mode: hints of band match found",
        [
            judge.judge(text, "en") is not None
            for number, text, its in meant
            if number in HELD_OUT and its is Band.MATCH
        ],
        better="higher",
        data="apart",
    )
    held_out = {
        "ordinary news shown": [t for t in news if fold(t) in HELD_OUT],
        "honest sentences shown": [
            r["text"]
            for r in rows("euvsdisinfo/disproof_sentences")
            if fold(r["case_id"]) in HELD_OUT
        ],
    }
    for name, texts in held_out.items():
        yield row(
            f"strict mode: {name}",
            [judge.judge(text, "en") is not None for text in texts],
            better="lower",
            data="apart",
            per=1_000,
        )
