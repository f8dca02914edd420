"""Quality of the matching as one table beside the committed baseline: ``make evaluate``.

The project's own ``data/quality`` is always measured; the shared datasets where they lie
beside the checkout. What the scorer was fitted on is marked so: those rows flatter it.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from matcher.case import Case
from matcher.filter import Filter
from matcher.index import Index
from matcher.limits import MAX_LIMIT
from matcher.local import Judge
from matcher.local import Rule as LocalRule
from matcher.pack import Pack, wordings
from matcher.score import THRESHOLDS
from matcher.semantic import shipped
from matcher.text import split_sentences
from matcher.training.corpora import DATASETS, HELD_OUT, fold, rows
from matcher.training.gather import euvsdisinfo_titles, spelling
from matcher.types import Band, Match, Sentence

DATA: Final = Path(__file__).parents[1] / "data"
BASELINE: Final = DATA / "quality" / "baseline.json"
ON_TOPIC: Final = re.compile(
    r"russia|ukrain|\bnato\b|putin|kremlin|belarus|moscow|crimea|kyiv|kiev|donbas", re.IGNORECASE
)
"""News sentences about the very subject of the EUvsDisinfo cases."""
UNSEEN_NEWS_FOLDS: Final = 7
BATCH: Final = 1
"""Sentences a request: so few that no bound on the cost of one is met."""
CASES: Final = 5
"""Cases asked for a sentence where it counts whether the very one is among them."""
FAINT: Final = 0.01
"""Least score asked for where a threshold is sought."""
NEWS: Final = "ordinary news shown"
RATES: Final = {"1 false hint per 1,000": 1 / 1_000, "1 per 200": 1 / 200}
RESAMPLES: Final = 1_000


@dataclass(frozen=True, slots=True)
class Row:
    """One figure: its name, value, 95 % interval (bootstrap), unit, and what data it stands on.

    ``better`` is ``higher`` or ``lower``; ``data`` is ``own``, ``apart`` or ``fitted``.
    """

    name: str
    value: float
    low: float
    high: float
    unit: str
    better: str
    data: str


def row(name: str, hits: Iterable[bool | float], *, better: str, data: str, per: int = 1) -> Row:
    """A mean over sentences or cases with its bootstrap interval; ``per`` 1 or 1,000."""
    values = np.array(list(hits), dtype=np.float64) * per
    sampler = np.random.default_rng(0)
    means = [values[sampler.integers(0, len(values), len(values))].mean() for _ in range(RESAMPLES)]
    low, high = np.quantile(means, (0.025, 0.975))
    return Row(
        name=name,
        value=round(float(values.mean()), 4),
        low=round(float(low), 4),
        high=round(float(high), 4),
        unit="share" if per == 1 else f"per {per:,}",
        better=better,
        data=data,
    )


def best_matches(
    index: Index,
    texts: Sequence[str],
    language: str | None = "en",
    **options: Any,
) -> list[list[Match]]:
    """The matches of each text, best first."""
    found: list[list[Match]] = [[] for _ in texts]
    for start in range(0, len(texts), BATCH):
        batch = [
            Sentence(str(start + i), text, language)
            for i, text in enumerate(texts[start : start + BATCH])
        ]
        for match in index.match(batch, **options).matches:
            found[int(match.sentence_id)].append(match)
    return found


def shown(found: list[list[Match]], band: Band) -> list[bool]:
    """Whether each text has a hint of the band, or of a higher one."""
    bands = {Band.MATCH} if band is Band.MATCH else {Band.MATCH, Band.SIMILAR}
    return [any(match.band in bands for match in matches) for matches in found]


# -- the project's own sentences -------------------------------------------------------------


def starter_index() -> Index:
    """The index of the starter cases."""
    return Index.build(
        (
            Case.model_validate_json(line)
            for file in sorted((DATA / "cases").glob("*.jsonl"))
            for line in file.read_text(encoding="utf-8").splitlines()
        ),
        semantic=shipped(),
    )


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


def news_in_other_languages(index: Index) -> Iterator[Row]:
    """Ordinary news in other languages against the starter cases."""
    for language in ("en", "de", "fr", "ru"):
        texts = unseen_news() if language == "en" else [r["text"] for r in rows(f"news/{language}")]
        hits = shown(best_matches(index, texts, language), Band.MATCH)
        name = f"starter cases: ordinary news ({language}) shown as match"
        yield row(name, hits, better="lower", data="apart", per=1_000)


# -- the shared datasets ---------------------------------------------------------------------


def _title(case_id: str, *wordings: str) -> Case:
    return Case.model_validate(
        {
            "id": case_id,
            "claims": [{"text": text[:2_000], "language": "en"} for text in wordings if text],
            "verdict": "false",
            "url": "https://example.org/",
            "publisher": {"name": "-"},
            "published": "2020-01-01",
        }
    )


@cache
def titles_index() -> Index:
    """The titles of the EUvsDisinfo cases, each distinct one once."""
    made = (_title(f"c{i}", title) for i, title in enumerate(euvsdisinfo_titles()))
    return Index.build(made, semantic=shipped())


def unseen_news() -> list[str]:
    """Ordinary news sentences that the pair model was not trained on."""
    return [r["text"] for r in rows("news/en") if fold(r["text"]) < UNSEEN_NEWS_FOLDS]


def euvsdisinfo_scores(index: Index) -> dict[str, list[float]]:
    """The best score of each case or sentence kept apart, on the index of EUvsDisinfo titles."""
    asked: dict[str, Any] = {"limit": CASES, "min_score": FAINT}
    summaries = [r for r in rows("euvsdisinfo/pairs") if fold(r["case_id"]) in HELD_OUT]
    found = [best_matches(index, split_sentences(s["text"]), **asked) for s in summaries]
    own = [
        [[m for m in matches if spelling(m.claim) == spelling(s["claim"])] for matches in f]
        for s, f in zip(summaries, found, strict=True)
    ]
    said = [r["text"] for r in rows("propaganda_diary/quotes") if fold(r["fake"]) in HELD_OUT]
    disproofs = [
        r for r in rows("euvsdisinfo/disproof_sentences") if fold(r["case_id"]) in HELD_OUT
    ]
    texts = unseen_news()
    news = best_matches(index, texts, **asked)
    return {
        "cases found, any": [max(map(_best, f), default=0.0) for f in found],
        "cases found, the very one": [max(map(_best, f), default=0.0) for f in own],
        "diary quotes with a hint": [*map(_best, best_matches(index, said, **asked))],
        NEWS: [*map(_best, news)],
        "news on the subject shown": [
            _best(f) for text, f in zip(texts, news, strict=True) if ON_TOPIC.search(text)
        ],
        "honest sentences shown": [
            *map(_best, best_matches(index, [r["text"] for r in disproofs], **asked))
        ],
    }


def euvsdisinfo(index: Index) -> Iterator[Row]:
    """Cases found, false hints and honest sentences on the index of EUvsDisinfo titles."""
    best = euvsdisinfo_scores(index)
    ordinary = sorted(best[NEWS])
    least = {f"as {band}": THRESHOLDS[band] for band in Band} | {
        f"at {name}": ordinary[-round(rate * len(ordinary)) - 1] + 1e-6
        for name, rate in RATES.items()
    }
    for at, threshold in least.items():
        for name, scores in best.items():
            wrong = "shown" in name
            yield row(
                f"EUvsDisinfo: {name}, {at}",
                [score >= threshold for score in scores],
                better="lower" if wrong else "higher",
                data="apart",
                per=1_000 if wrong else 1,
            )


def _best(matches: list[Match]) -> float:
    return max((match.score for match in matches), default=0.0)


def hinted(index: Index) -> Iterator[tuple[int, str, Band | None]]:
    """Sentences meant to repeat EUvsDisinfo's claims, with their fold and the engine's band."""
    meant = [
        (fold(row["case_id"]), sentence)
        for row in rows("euvsdisinfo/pairs")
        for sentence in split_sentences(row["text"])
    ]
    meant += [(fold(row["fake"]), row["text"]) for row in rows("propaganda_diary/quotes")]
    for (number, text), found in zip(
        meant, best_matches(index, [t for _, t in meant]), strict=True
    ):
        yield number, text, found[0].band if found else None


def in_the_browser(index: Index) -> Iterator[Row]:
    """What the local filter and strict mode cost beside asking the engine about everything."""
    meant = list(hinted(index))
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

    judge = Judge(filter_, wordings(Pack.of(index)).__getitem__, LocalRule.shipped(len(index)))
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


def checkthat(year: str, part: str, data: str) -> Iterator[Row]:
    """Retrieval of CheckThat! tweets, and news on an index that no threshold was tuned to."""
    claims = rows(f"checkthat{year}/claims")
    made = (
        _title(f"c{i}", c["claim"], c["title"], c.get("subtitle") or "")
        for i, c in enumerate(claims)
    )
    index = Index.build(made, semantic=shipped())
    number = {c["id"]: f"c{i}" for i, c in enumerate(claims)}
    text = {c["id"]: c["claim"] for c in claims}
    tweets = [
        t for t in rows(f"checkthat{year}/{part}") if fold(text[t["relevant"][0]]) in HELD_OUT
    ]
    found = best_matches(index, [t["text"] for t in tweets], limit=20, min_score=0)
    relevant = [{number[i] for i in t["relevant"]} for t in tweets]
    ranks = [
        [place for place, m in enumerate(matches, start=1) if m.case_id in wanted]
        for matches, wanted in zip(found, relevant, strict=True)
    ]
    for name, values in {
        "MAP@5": [_average_precision(r, len(w)) for r, w in zip(ranks, relevant, strict=True)],
        "P@1": [float(1 in r) for r in ranks],
        "R@20": [float(bool(r)) for r in ranks],
    }.items():
        yield row(f"CheckThat! {year} {part}: {name}", values, better="higher", data=data)
    claimed = (_title(f"c{i}", c["claim"]) for i, c in enumerate(claims))
    news = best_matches(Index.build(claimed, semantic=shipped()), unseen_news())
    name = f"Snopes claims {year}: ordinary news shown as match"
    yield row(name, shown(news, Band.MATCH), better="lower", data="apart", per=1_000)


def _average_precision(places: list[int], relevant: int, *, depth: int = 5) -> float:
    """Average precision at ``depth`` from the ranks, ascending, at which the right cases stand."""
    hits = [place for place in places if place <= depth]
    return sum(number / place for number, place in enumerate(hits, start=1)) / min(relevant, depth)


def contradictions() -> Iterator[Row]:
    """Texts that contradict, or repeat, a claim of the index."""
    pairs = [r for r in rows("negation/relations") if fold(r["claim"]) in HELD_OUT]
    claims = sorted({p["claim"] for p in pairs})
    made = (_title(f"c{i}", claim) for i, claim in enumerate(claims))
    index = Index.build(made, semantic=shipped())
    found = best_matches(index, [p["text"] for p in pairs])
    for relation, better in (("repeats", "higher"), ("contradicts", "lower"), ("neither", "lower")):
        hits = [
            any(m.claim == p["claim"] and m.band is Band.MATCH for m in f)
            for p, f in zip(pairs, found, strict=True)
            if p["relation"] == relation
        ]
        yield row(f"pairs: {relation}, shown as match", hits, better=better, data="apart")


def negated_tweets() -> Iterator[Row]:
    """Tweets that repeat a claim of fact-checkers, as they were and turned into their opposite."""
    tweets = [r for r in rows("negation/negated_tweets") if fold(r["claim"]) in HELD_OUT]
    checked = {r["claim"] for r in rows("checkthat2020/claims")} | {r["claim"] for r in tweets}
    made = (_title(f"c{i}", claim) for i, claim in enumerate(sorted(checked)))
    index = Index.build(made, semantic=shipped())
    for name, texts, better in (
        ("as they were", [r["text"] for r in tweets], "higher"),
        ("turned into their opposite", [r["negated"][0] for r in tweets], "lower"),
    ):
        hits = [
            any(m.claim == r["claim"] and m.band is Band.MATCH for m in f)
            for r, f in zip(tweets, best_matches(index, texts), strict=True)
        ]
        yield row(f"tweets {name}: shown as match", hits, better=better, data="apart")


def measure(tell: Callable[[str], None]) -> Iterator[Row]:
    """All rows that can be measured here; ``tell`` hears what is left out, and why."""
    starter = starter_index()
    yield from own_quality(starter)
    yield from own_languages(starter)
    if not DATASETS.exists():
        tell(f"left out: the shared datasets, which are not at {DATASETS}")
        return
    yield from news_in_other_languages(starter)
    yield from euvsdisinfo(titles_index())
    yield from in_the_browser(titles_index())
    yield from checkthat("2020", "dev", "apart")
    yield from checkthat("2021", "train", "fitted")
    yield from contradictions()
    yield from negated_tweets()


def _table(measured: Sequence[Row], baseline: dict[str, float]) -> Iterator[str]:
    yield f"{'':64} {'now':>8}  {'95 %':>17}  {'baseline':>8}  data"
    for r in measured:
        before = baseline.get(r.name)
        was = "" if before is None else f"{before:8.3f}"
        span: NDArray[np.float64] | str = f"{r.low:.3f} to {r.high:.3f}"
        unit = "" if r.unit == "share" else f" ({r.unit})"
        yield f"{r.name + unit:64} {r.value:8.3f}  {span:>17}  {was:>8}  {r.data}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table; ``--json`` for programs, ``--update`` to keep it as the baseline."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--update", action="store_true", help="keep the figures as the baseline")
    parser.add_argument("--json", action="store_true", help="print the rows as JSON")
    options = parser.parse_args(arguments)
    measured = list(measure(lambda text: print(text, file=sys.stderr)))
    baseline = json.loads(BASELINE.read_text(encoding="utf-8")) if BASELINE.exists() else {}
    if options.json:
        print(json.dumps([asdict(r) for r in measured], indent=1))
    else:
        print("\n".join(_table(measured, baseline)))
    if options.update:
        kept = baseline | {r.name: r.value for r in measured}
        BASELINE.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
