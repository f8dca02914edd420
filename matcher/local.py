"""What a browser says of a sentence by itself: the filter's evidence and the claims' wordings.

Readers who send nothing at all get hints from this alone. All arithmetic is on integers, so that
a browser judges exactly as is judged here; ``docs/filter.md`` defines it.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from matcher.cues import FRAMES, NEGATORS
from matcher.filter import EVIDENCE as FILTER_EVIDENCE
from matcher.filter import Filter, by_chance
from matcher.folding import CACHED_WORDS, PREFIX_UNITS, fold, words
from matcher.language import primary
from matcher.types import Band

MODEL: Final = Path(__file__).parent / "model" / "local.json"
"""The rule, made by ``python -m matcher.training.local``."""
NEAREST: Final = 6
"""Rows of a sentence, best first, whose wordings are looked at."""
WORDING: Final = (
    "top",
    "second",
    "missing",
    "negated",
    "framed",
    "number",
    "alike",
    "words",
    "claim_words",
    "names",
    "same_number",
    "in_a_row",
    "rank",
    "rows",
    "tone",
)
"""Names of what the wordings add to the filter's evidence; see ``Judge.candidates``."""
EVIDENCE: Final = FILTER_EVIDENCE + len(WORDING)
WINDOW_WORDS: Final = 3
"""Words on either side of the shared ones in which a negation belongs to them."""
MOST_FRAMES: Final = 3
LITERAL_COVER: Final = 192
"""256ths of the claim's weight that a sentence shows as ``match`` must share: three quarters."""
LITERAL_PART: Final = 128
"""256ths of its own weight that it must share with the claim: half."""
_RUN: Final = re.compile(r"[^ \t\n\r\f\v]+")
_NOT: Final = re.compile("[nN]['\u2019\u02bc`][tT](?![a-zA-Z])")
_COVER: Final = 5
_PART: Final = 6


@dataclass(frozen=True, slots=True)
class Rule:
    """How a pair is decided by, in whole numbers.

    ``bias`` and ``coefficients`` (those of the filter's evidence, then of WORDING) give its
    score; from ``least_score`` on a hint is shown, from ``eager_score`` on to readers who want to
    see more. ``tones`` are weights of words by language, cut to PREFIX_UNITS: below nought for
    what those say who state the facts, above for what those say who repeat the claims.
    """

    bias: int
    coefficients: tuple[int, ...]
    least_score: int
    eager_score: int
    tones: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    @classmethod
    def shipped(cls, cases: int) -> Rule:
        """The rule for an index of so many cases: the best of more is better by chance."""
        model = json.loads(MODEL.read_text(encoding="utf-8"))
        more = by_chance(model, cases)
        return cls(
            bias=model["bias"],
            coefficients=tuple(model["coefficients"].values()),
            least_score=model["least_score"] + more,
            eager_score=model["eager_score"] + more,
            tones=model["tones"],
        )


@dataclass(frozen=True, slots=True)
class Wording:
    """A claim as it is worded, by the case that it belongs to."""

    case_id: str
    text: str
    language: str


Find = Callable[[int], Sequence[Wording]]
"""The wordings that have a row, by its key (``row_key``)."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A sentence and a wording: the score, the evidence, and how the reader would see it."""

    score: int
    wording: Wording
    evidence: tuple[int, ...]
    band: Band

    @property
    def guard(self) -> str | None:
        """What speaks against ``match``: ``negated``, ``quoted``, ``number`` or None."""
        signs = dict(zip(WORDING, self.evidence[FILTER_EVIDENCE:], strict=True))
        named = (("negated", "negated"), ("framed", "quoted"), ("number", "number"))
        return next((guard for sign, guard in named if signs[sign]), None)


def row_key(hashes: Sequence[int]) -> int:
    """A row as a number of 32 bits, from the ascending hashes of its terms.

    Two rows of 100,000 share one about once; then both wordings are looked at, which does no harm.
    """
    key = 0x811C9DC5
    for hashed in hashes:
        key = (key ^ hashed) * 0x85EBCA6B & 0xFFFFFFFF
        key ^= key >> 13
    return key


def plain_words(text: str) -> list[str]:
    """The words of a text with English contractions opened: "don't" is "do", "not"."""
    return words(_NOT.sub(" not", text))


def toned(found: Iterable[str], tones: Mapping[str, int]) -> int:
    """The tone of a text from its ``plain_words``, each distinct one once."""
    return sum(tones.get(word, 0) for word in {word[:PREFIX_UNITS] for word in found})


def cue_words(lists: dict[str, frozenset[str]]) -> dict[str, list[str]]:
    """Lists of cues as ``plain_words`` spells them; those of several words are left out."""
    return {
        language: sorted({w[0] for cue in cues if len(w := plain_words(cue)) == 1})
        for language, cues in lists.items()
    }


_NEGATORS: Final = {language: frozenset(cues) for language, cues in cue_words(NEGATORS).items()}
_FRAMES: Final = {language: frozenset(cues) for language, cues in cue_words(FRAMES).items()}
_NONE: Final[frozenset[str]] = frozenset()


@dataclass(frozen=True, slots=True)
class _Words:
    words: tuple[str, ...]
    hashes: tuple[int, ...]
    counts: Counter[int]
    numbers: frozenset[str]
    names: frozenset[int]

    @classmethod
    def of(cls, text: str) -> _Words:
        found = plain_words(text)
        hashes = tuple(fold(word).hashed for word in found)
        numbers = frozenset(word for word in found if "0" <= word[0] <= "9")
        capitals = (run for run in _RUN.findall(text)[1:] if run != run.lower())
        names = frozenset(fold(word).hashed for run in capitals for word in words(run))
        return cls(tuple(found), hashes, Counter(hashes), numbers, names)

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """Each word with the one that follows."""
        return list(pairwise(self.hashes))


_words = lru_cache(maxsize=CACHED_WORDS)(_Words.of)


class Judge:
    """A filter with the wordings of its claims."""

    def __init__(self, filter_: Filter, find: Find, rule: Rule) -> None:
        self._filter = filter_
        self._find = find
        self._rule = rule

    def candidates(
        self, sentence: str, language: str | None
    ) -> list[tuple[Wording, tuple[int, ...]]]:
        """The wordings nearest to a sentence, best row first, with their evidence.

        That of the filter, that of both wordings, then how many rows the filter scores higher,
        how many were worth a look, and the sentence's tone in the wording's language.

        ``language``: that of the sentence where it is known; wordings in others are left out.
        """
        filter_ = self._filter
        worth, evidence, terms = filter_.weigh(sentence)
        scores = filter_.scores(evidence)
        order = sorted(range(len(worth)), key=lambda at: (-int(scores[at]), int(worth[at])))
        mine = _Words.of(sentence)
        found: list[tuple[Wording, tuple[int, ...]]] = []
        for rank, at in enumerate(order[:NEAREST]):
            row = filter_.rows[int(worth[at])]
            common = tuple(int(number) for number in evidence[at])
            key = row_key(sorted(filter_.hashes[term] for term in row))
            for wording in self._find(key):
                code = primary(wording.language)
                if language is None or primary(language) == code:
                    words_ = self._worded(mine, _words(wording.text), code, row, terms)
                    tone = toned(mine.words, self._rule.tones.get(code, {}))
                    found.append((wording, (*common, *words_, rank, len(worth), tone)))
        return found

    def _worded(
        self,
        mine: _Words,
        its: _Words,
        code: str,
        row: tuple[int, ...],
        terms: frozenset[int],
    ) -> tuple[int, ...]:
        """Evidence from both wordings, named by WORDING.

        The greatest and the second weight shared, and the greatest that the claim has alone;
        whether one denies near the shared words what the other does not; framing words that the
        claim does not use; whether both name numbers and none is the same; 512 times the words
        in common by those of both; the sentence's words and the claim's; the weight shared in
        words that the claim writes with capitals; whether a number is in both; 256 times the
        share of the claim's neighbours that are neighbours in the sentence.
        """
        weights = self._filter.weights
        shared = sorted((weights[term] for term in row if term in terms), reverse=True)
        alone = max((weights[term] for term in row if term not in terms), default=0)
        hashes = {self._filter.hashes[term] for term in row if term in terms}
        at = [place for place, hashed in enumerate(mine.hashes) if hashed in hashes]
        begin, end = (max(0, at[0] - WINDOW_WORDS), at[-1] + WINDOW_WORDS + 1) if at else (0, None)
        negators, frames = _NEGATORS.get(code, _NONE), _FRAMES.get(code, _NONE)
        denied = [sum(word in negators for word in w) for w in (mine.words[begin:end], its.words)]
        differs = bool(denied[0]) is not bool(denied[1]) or denied[0] % 2 != denied[1] % 2
        framed = len(frames.intersection(mine.words) - frozenset(its.words))
        both = len(mine.words) + len(its.words)
        pairs = set(mine.pairs)
        common = sum(min(n, its.counts[hashed]) for hashed, n in mine.counts.items())
        return (
            shared[0],
            shared[1] if len(shared) > 1 else 0,
            alone,
            int(differs),
            min(framed, MOST_FRAMES),
            int(bool(mine.numbers and its.numbers) and not mine.numbers & its.numbers),
            512 * common // max(both, 1),
            len(mine.words),
            len(its.words),
            sum(weights[term] for term in row if self._filter.hashes[term] in hashes & its.names),
            int(bool(mine.numbers & its.numbers)),
            256 * sum(pair in pairs for pair in its.pairs) // max(len(its.pairs), 1),
        )

    def best(self, sentence: str, language: str | None = None) -> Judged | None:
        """The wording that a sentence comes nearest to, whatever its score; None without one."""
        best: Judged | None = None
        for wording, evidence in self.candidates(sentence, language):
            weighed = zip(self._rule.coefficients, evidence, strict=True)
            score = self._rule.bias + sum(c * e for c, e in weighed)
            if best is None or score > best.score:
                best = Judged(score, wording, evidence, _band(evidence))
        return best

    def judge(
        self, sentence: str, language: str | None = None, *, eager: bool = False
    ) -> Judged | None:
        """The best wording for a sentence, or None where nothing is to be shown.

        ``eager``: for readers who want to see more. What the filter stops is not looked at.
        """
        passing, least = self._filter.rule.least_score, self._rule.least_score
        if eager:
            passing, least = self._filter.rule.eager_score, self._rule.eager_score
        if self._filter.score(sentence) < passing:
            return None
        best = self.best(sentence, language)
        return best if best is not None and best.score >= least else None


def _band(evidence: tuple[int, ...]) -> Band:
    """``match`` where hardly more than the very words would do, and nothing speaks against it."""
    worded = dict(zip(WORDING, evidence[FILTER_EVIDENCE:], strict=True))
    literal = evidence[_COVER] >= LITERAL_COVER and evidence[_PART] >= LITERAL_PART
    contrary = worded["negated"] or worded["framed"] or worded["number"]
    return Band.MATCH if literal and not contrary else Band.SIMILAR


def settings(cases: int) -> dict[str, Any]:
    """What a browser needs beside the wordings: the rule, and the cues by language."""
    rule = Rule.shipped(cases)
    return {
        "bias": rule.bias,
        "coefficients": list(rule.coefficients),
        "least_score": rule.least_score,
        "eager_score": rule.eager_score,
        "tones": rule.tones,
        "negators": cue_words(NEGATORS),
        "frames": cue_words(FRAMES),
    }
