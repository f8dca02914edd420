"""``claimlight match``: what a reader of these sentences would be shown."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click
from rich.markup import escape

from matcher.limits import MAX_SENTENCE_CHARS, MAX_SENTENCES, MAX_TEXT_CHARS
from matcher.text import split_sentences
from server.commands.terminal import (
    EXIT_CODES,
    client_of,
    client_options,
    complain,
    console,
    print_json,
    progress,
    read_settings,
    speaks,
)
from server.errors import ServiceError


@click.command(epilog=EXIT_CODES, short_help="Match sentences against the published cases.")
@click.argument("sentences", nargs=-1, metavar='"SENTENCE"…')
@click.option("--file", "files", multiple=True, metavar="F", help="A text; - for standard input.")
@click.option("--language", help="Of the sentences, such as en; default: detected.")
@click.option("--limit", type=click.IntRange(1, 10), default=1, show_default=True, help="Cases.")
@click.option(
    "--min-score", type=click.FloatRange(0, 1), help="Show weaker matches as well; 0: the best."
)
@client_options
@speaks
def match(
    sentences: tuple[str, ...],
    *,
    files: tuple[str, ...],
    language: str | None,
    limit: int,
    min_score: float | None,
    server: str | None,
    data_dir: str | None,
    as_json: bool,
) -> None:
    """Match each SENTENCE, or the sentences of the text in F, and show the hints."""
    texts = [*sentences, *(piece for name in files for piece in _sentences_of(name))]
    if not texts:
        raise click.UsageError("give a sentence in quotes, or --file")
    client = client_of(read_settings(server=server, data_dir=data_dir))
    options = {"limit": limit, "language": language, "min_score": min_score}
    asked = {name: value for name, value in options.items() if value is not None}
    answers = []
    with progress() as bars:
        task = bars.add_task("matching", total=len(texts))
        for batch in batches(texts):
            rows = [{"id": str(number), "text": text} for number, text in batch]
            body = _json({"sentences": rows, **asked})
            answers.append(client.post("/v1/match", body))
            bars.update(task, advance=len(batch))
    matches = [found for answer in answers for found in answer["matches"]]
    skipped = [each for answer in answers for each in answer["skipped"]]
    cases = {case_id: case for answer in answers for case_id, case in answer["cases"].items()}
    if as_json:
        told = [{"id": str(number), "text": text} for number, text in enumerate(texts, start=1)]
        print_json(
            {
                "index": answers[-1]["index"],
                "sentences": told,
                "matches": matches,
                "skipped": skipped,
                "cases": cases,
            }
        )
        return
    _show(texts, matches, cases, skipped)


def batches(texts: Sequence[str]) -> Iterator[list[tuple[int, str]]]:
    """Yield the sentences with their numbers from 1, in requests the service takes."""
    batch: list[tuple[int, str]] = []
    chars = 0
    for number, text in enumerate(texts, start=1):
        if batch and (len(batch) == MAX_SENTENCES or chars + 2 * len(text) > MAX_TEXT_CHARS):
            yield batch
            batch, chars = [], 0
        batch.append((number, text))
        chars += 2 * len(text)  # the limit holds after normalisation, which can make it longer
    if batch:
        yield batch


def _sentences_of(name: str) -> list[str]:
    try:
        raw = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        text = raw.decode("utf-8-sig")
    except OSError as error:
        raise ServiceError(f"{name} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ServiceError(f"{name} is not UTF-8: byte {error.start} is not") from error
    pieces = split_sentences(text)
    long = [piece for piece in pieces if len(piece) > MAX_SENTENCE_CHARS]
    if long:
        complain(
            f"{name}: {len(long)} sentence(s) have more than {MAX_SENTENCE_CHARS:,} characters "
            "and are left out",
            style="yellow",
        )
    return [piece for piece in pieces if len(piece) <= MAX_SENTENCE_CHARS]


def _show(
    texts: Sequence[str],
    matches: Sequence[dict[str, Any]],
    cases: dict[str, dict[str, Any]],
    skipped: Sequence[dict[str, Any]],
) -> None:
    for found in matches:
        case = cases[found["case_id"]]
        band = found["band"] or "weak"
        colour = {"match": "red", "similar": "yellow"}.get(band, "dim")
        sentence = texts[int(found["sentence_id"]) - 1]
        verdict = case["verdict"] + (f" ({case['rating']})" if case["rating"] else "")
        console.print(f"[bold]{escape(sentence)}[/]", soft_wrap=True)
        lines = [
            f"[{colour}]{band}[/] {found['score']:.2f}  {escape(found['claim'])}",
            f"{escape(verdict)}, {escape(case['publisher']['name'])}, {case['published']}",
            escape(case["summary"] or ""),
            escape(case["url"]),
            f"in common: {escape(', '.join(found['why']['shared']))}"
            + (f"; lowered: {found['why']['guard']}" if found["why"]["guard"] else ""),
        ]
        for line in lines:
            if line:
                console.print(f"  {line}", soft_wrap=True)
    hinted = len({found["sentence_id"] for found in matches})
    sentences = f"{len(texts):,} sentence{'s' if len(texts) != 1 else ''}"
    rest = f", {len(skipped):,} skipped" if skipped else ""
    console.print(f"{sentences}, {hinted:,} with a hint{rest}", style="bold")


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")
