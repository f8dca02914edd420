"""The dearest requests, beside ordinary text of the same size; as one worker answers them."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from http import HTTPStatus
from itertools import count, cycle, islice
from typing import Any, Final

from matcher.filter import Filter
from matcher.index import Index
from matcher.limits import MAX_LIMIT, MAX_SENTENCE_CHARS, MAX_SENTENCES, MAX_TEXT_CHARS
from server.bench.corpus import page
from server.bench.running import Running

ANY: Final = {"limit": MAX_LIMIT, "min_score": 0.0}
FEW: Final = 100
LONG: Final = MAX_TEXT_CHARS // MAX_SENTENCE_CHARS
KEYS: Final = 300
"""Unknown keys of each sentence with which a body is nearly as long as one may be."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of request: its sentences, the next ones of an endless stream, and its options."""

    what: str
    sentences: int
    texts: Iterator[str]
    options: Mapping[str, Any] = field(default_factory=dict)

    def requests(self) -> Iterator[dict[str, Any]]:
        """Requests of this kind, of which no two are alike."""
        while True:
            yield {"sentences": page(list(islice(self.texts, self.sentences))), **self.options}


@dataclass(frozen=True, slots=True)
class Whole:
    """A kind of request that holds one text, or nothing that could be taken, and its answer."""

    what: str
    requests: Iterator[dict[str, Any]]
    status: HTTPStatus = HTTPStatus.OK


def tell(index: Index, texts: Sequence[str], running: Running) -> None:
    """Print what each costs a service of one worker."""
    # Others may grow past the limits when they are normalised.
    texts = [text for text in texts if text.isascii()]
    passing = list(filter(Filter.build(index).passes, texts))
    print(f"\ndearest legal requests, {len(index):,} cases, over HTTP; milliseconds of processors,")
    print("and times the cost of as many sentences of news of that size: all; those that the local")
    print("filter lets through, as browsers send; all, asked for as many cases of any score.")
    print("No text is sent twice.")
    print(
        f"{'':43}{'sentences':>10}{'characters':>12}{'this':>8}{'news':>16}{'filtered':>16}"
        f"{'the same':>16}"
    )
    for kind in kinds(index):
        first = next(kind.requests())["sentences"]
        characters = sum(len(one["text"]) for one in first)
        spent = running.cost(kind.requests())
        told = f"{kind.what:43}{kind.sentences:10,}{characters:12,}{spent:8.1f}"
        bases: list[tuple[str, Sequence[str], Mapping[str, Any]]] = [
            ("news", texts, {}),
            ("filtered", passing, {}),
        ]
        if kind.options:
            bases.append(("same", texts, kind.options))
        for base, of, options in bases:
            mark = f"{kind.what} {base}"
            news = ordinary(of, characters / kind.sentences, mark)
            usually = running.cost(Kind(mark, kind.sentences, news, options).requests())
            told += f"{usually:8.1f}{spent / usually:7.1f}x"
        print(told, flush=True)
    _tell_wholes(index, texts, running)


def _tell_wholes(index: Index, texts: Sequence[str], running: Running) -> None:
    print(f"\nthe same for requests with one text of {MAX_TEXT_CHARS:,} characters, or with faults")
    print(f"{'':43}{'bytes':>10}{'this':>20}{'news':>16}")
    news = _texts(ordinary(texts, 100, "whole"))
    usually = running.cost(news)
    for whole in wholes(index):
        length = len(json.dumps(next(whole.requests)))
        spent = running.cost(whole.requests, answered_by=whole.status)
        ratio = f"{usually:8.1f}{spent / usually:7.1f}x"
        print(f"{whole.what:43}{length:10,}{spent:20.1f}{ratio}", flush=True)


def kinds(index: Index) -> Iterator[Kind]:
    """Legal requests made to cost."""
    claims = _claims(index)
    many = f"{MAX_SENTENCES} claims"
    yield Kind(f"{many} of the index", MAX_SENTENCES, _altered(claims, "indeed"))
    yield Kind(f"{many}, ten cases each", MAX_SENTENCES, _altered(claims, "so"), {"limit": 10})
    yield Kind(f"{many}, ten cases each, any score", MAX_SENTENCES, _altered(claims, "yes"), ANY)
    yield Kind(
        f"{many}, one case each, any score",
        MAX_SENTENCES,
        _altered(claims, "ah"),
        {"min_score": 0.0},
    )
    full = f"{LONG} x {MAX_SENTENCE_CHARS:,} characters"
    yield Kind(f"{full} of claims", LONG, _joined(_altered(claims, "well")))
    yield Kind(f"{full} of claims, ten, any score", LONG, _joined(_altered(claims, "oh")), ANY)
    yield Kind(f"{full} of one claim", LONG, cycle([((claims[0] + " ") * 40)[:MAX_SENTENCE_CHARS]]))
    yield Kind(f"{full} of combining marks", LONG, cycle(["e" + "\u0301" * 1_900]))
    common = cycle(["the of and to in that is was"])
    yield Kind(f"{MAX_SENTENCES} x commonest words, any score", MAX_SENTENCES, common, ANY)
    for few in (1, 10):
        name = f"{few} claim" + "s" * (few > 1)
        yield Kind(name, few, _altered(claims, "no"))
        yield Kind(f"{name}, ten cases each, any score", few, _altered(claims, "hm"), ANY)


def wholes(index: Index) -> Iterator[Whole]:
    """Texts and bodies made to cost, most of which no reader would send."""
    yield Whole("a text of claims", _texts(_altered(_claims(index), "eh")))
    for what, unit in (
        ("full stops", "."),
        ("words with a full stop", "Go. "),
        ("quotations that do not end", '." '),
        ("one word without a space", "x"),
        ("combining marks out of order", "\u0315\u0300"),
    ):
        yield Whole(f"a text of {what}", _texts(cycle([unit * 10_000])))
    sentence = {"id": "s", "text": "x", **{f"{number:05}": 0 for number in range(KEYS)}}
    bodies = ({"sentences": [sentence] * MAX_SENTENCES, "limit": number} for number in count())
    yield Whole("unknown keys in all sentences", bodies, HTTPStatus.BAD_REQUEST)


def _texts(parts: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Requests with one text each, of which no two are alike."""
    for number, text in enumerate(_joined(parts, MAX_TEXT_CHARS - 10)):
        yield {"text": f"{number:09} {text}", "language": "en"}


def _claims(index: Index) -> list[str]:
    wordings = (case.claims[0] for case in index.cases())
    return [each.text for each in wordings if each.language == "en" and each.text.isascii()]


def ordinary(texts: Sequence[str], characters: float, mark: str) -> Iterator[str]:
    """Whole sentences of news of about so many characters: those that are, or several as one.

    Where there are hardly any, longer ones are cut. Those of two ``mark`` differ in a word that
    says nothing.
    """
    most = min(1.4 * characters, MAX_SENTENCE_CHARS)
    order = random.Random(mark).sample(texts, len(texts))  # noqa: S311
    fit = [text for text in order if len(text) <= most]
    if len(fit) < FEW:
        fit = [text[: int(characters)] for text in order]
    stream = (text for lap in count() for text in _marked(fit, _word(f"{mark} {lap}")))
    for text in stream:
        made = text
        while len(made) < 0.6 * characters:
            made += " " + next(stream)
        yield made[:MAX_SENTENCE_CHARS]


def _word(mark: str) -> str:
    """A word that nobody has written."""
    return "".join(chr(ord("a") + byte % 26) for byte in sha256(mark.encode()).digest()[:5])


def _marked(texts: Sequence[str], word: str) -> Iterator[str]:
    """The texts, each with a word at its end that makes it another one."""
    return (f"{text[: MAX_SENTENCE_CHARS - len(word) - 1]} {word}" for text in texts)


def _altered(claims: Sequence[str], word: str) -> Iterator[str]:
    """The claims in random order, each with a word that no other kind's has: nobody met them."""
    order = random.Random(word).sample(claims, len(claims))  # noqa: S311
    return cycle(list(_marked(order, word)))


def _joined(texts: Iterable[str], size: int = MAX_SENTENCE_CHARS) -> Iterator[str]:
    """The same in one stream, cut into pieces as long as a sentence may be, or as ``size``."""
    rest = ""
    for text in texts:
        rest += text + ". "
        if len(rest) >= size:
            yield rest[:size]
            rest = rest[size:]
