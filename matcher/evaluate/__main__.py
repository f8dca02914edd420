"""Measure and print: ``python -m matcher.evaluate``."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict

from matcher import evaluate as package
from matcher.evaluate.browser import in_the_browser
from matcher.evaluate.checkthat import checkthat
from matcher.evaluate.euvsdisinfo import euvsdisinfo
from matcher.evaluate.indexes import starter_index, titles_index
from matcher.evaluate.negation import contradictions, negated_tweets
from matcher.evaluate.news import news_in_other_languages
from matcher.evaluate.own import own_languages, own_quality
from matcher.evaluate.table import BASELINE, Row, table
from matcher.training.corpora import DATASETS


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


def main(
    arguments: Sequence[str] | None = None, *, called: str = "python -m matcher.evaluate"
) -> None:
    """Print the table; ``--json`` for programs, ``--update`` to keep it as the baseline."""
    parser = argparse.ArgumentParser(prog=called, description=package.__doc__)
    parser.add_argument("--update", action="store_true", help="keep the figures as the baseline")
    parser.add_argument("--json", action="store_true", help="print the rows as JSON")
    options = parser.parse_args(arguments)
    measured = list(measure(lambda text: print(text, file=sys.stderr)))
    baseline = json.loads(BASELINE.read_text(encoding="utf-8")) if BASELINE.exists() else {}
    if options.json:
        print(json.dumps([asdict(r) for r in measured], indent=1))
    else:
        print("\n".join(table(measured, baseline)))
    if options.update:
        kept = baseline | {r.name: r.value for r in measured}
        BASELINE.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
