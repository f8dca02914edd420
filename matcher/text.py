"""From page text to stems: normalisation, sentences, words and their stems per language.

Everything here is a pure function of text and language; nothing knows of claims or indexes.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from hashlib import blake2b
from typing import Final

import Stemmer

from matcher.language import primary

SNOWBALL: Final = {
    "ar": "arabic", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german",
    "el": "greek", "en": "english", "eo": "esperanto", "es": "spanish", "et": "estonian",
    "eu": "basque", "fa": "persian", "fi": "finnish", "fr": "french", "ga": "irish",
    "hi": "hindi", "hu": "hungarian", "hy": "armenian", "id": "indonesian", "it": "italian",
    "lt": "lithuanian", "nb": "norwegian", "ne": "nepali", "nl": "dutch", "nn": "norwegian",
    "no": "norwegian", "pl": "polish", "pt": "portuguese", "ro": "romanian", "ru": "russian",
    "sr": "serbian", "st": "sesotho", "sv": "swedish", "ta": "tamil", "tr": "turkish",
    "yi": "yiddish",
}  # fmt: skip
"""ISO 639-1 code to the name of its Snowball algorithm (Source: snowballstem.org)."""

PREFIX_CHARS: Final = 6
"""Where Snowball has no algorithm, a word's first characters stand for its stem: Ukrainian,
Bulgarian and their like inflect at the end."""

_QUOTES: Final = str.maketrans(dict.fromkeys("’‘ʼ`", "'") | dict.fromkeys("“”„«»", '"'))
_INVISIBLE: Final = re.compile(
    "[\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
)
_MARKS: Final = re.compile("[\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed]")
_LINK: Final = re.compile(r"(?:https?://|www\.)\S+|\bpic\.twitter\.com/\S+")
_TAG: Final = re.compile(r"[#@]\w+")
_WITHIN_TAG: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|_")
_SPACE: Final = re.compile(r"\s+")
_WORD: Final = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:'[^\W\d_]+)*\d*")
_THOUSANDS: Final = re.compile(r"(?<=\d)[.,](?=\d{3}(?:\D|$))")
# Scripts written without spaces between words: Han, Kana, Hangul, Thai, Lao, Khmer, Burmese.
_UNSPACED: Final = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+"
)
_POSSESSIVE: Final = re.compile(r"'s?$")

_ABBREVIATIONS: Final = frozenset(
    "mr mrs ms dr prof sr jr st gen col lt sen rep gov vs etc inc ltd co jan feb mar apr "
    "jun jul aug sep sept oct nov dec u.s u.k u.n e.g i.e z.b d.h u.a bzw ca bspw usw p.ex "
    "т.е т.д т.п г др см им ул св стр тыс млн млрд н.э".split()
)
_BEFORE_NUMBERS: Final = frozenset("no nr fig art vol p pp №".split())
_END: Final = re.compile(
    r"""(?P<stop>[.!?…؟]+|[。！？])   # a full stop in any script
        (?P<close>["'”’»)\]]*)         # what closes with it
        (?P<gap>\s+|(?<=[。！？])|$)   # space, which Chinese and Japanese do not use
    """,
    re.VERBOSE,
)  # fmt: skip


def normalise(text: str) -> str:
    """One spelling for texts that look alike: NFKC, straight quotes, no links, single spaces.

    Hashtags and account names become the words they are made of, which is worth two points of
    recall at 20 on tweets (CheckThat! 2020 and 2021).
    """
    text = unicodedata.normalize("NFKC", text).translate(_QUOTES)
    text = _LINK.sub(" ", _MARKS.sub("", _INVISIBLE.sub("", text)))
    return _SPACE.sub(" ", _TAG.sub(_words_of_tag, text)).strip()


def _words_of_tag(tag: re.Match[str]) -> str:
    return " " + _WITHIN_TAG.sub(" ", tag.group()[1:])


def tokens(text: str) -> list[str]:
    """The words of a normalised text, in order, as written.

    A number is one token. Text in a script without spaces comes as overlapping pairs of
    characters, since nothing short of a dictionary tells its words apart.
    """
    found: list[str] = []
    for token in _WORD.findall(text):
        if _UNSPACED.match(token):
            for run in _UNSPACED.findall(token):
                found += [run[i : i + 2] for i in range(max(1, len(run) - 1))]
        else:
            found.append(token)
    return found


def fold(token: str) -> str:
    """A token as a word to compare: case folded, no possessive, no thousands separators."""
    if token[0].isdigit():
        return _THOUSANDS.sub("", token)
    word = token.casefold()
    return _POSSESSIVE.sub("", word) if "'" in word else word


def words(text: str) -> list[str]:
    """The folded tokens of a normalised text, in order."""
    return [fold(token) for token in tokens(text)]


class _PerThread(threading.local):
    """Snowball's stemmers keep state between calls, so no two threads may share one."""

    def __init__(self) -> None:
        self.stemmers: dict[str, Stemmer.Stemmer] = {}


_per_thread: Final = _PerThread()


def stem(word: str, language: str) -> str:
    """The stem of one case-folded word in a language given by its primary subtag."""
    if word[0].isdigit():
        return word
    algorithm = SNOWBALL.get(language)
    if algorithm is None:
        return word[:PREFIX_CHARS]
    stemmer = _per_thread.stemmers.get(algorithm)
    if stemmer is None:
        stemmer = _per_thread.stemmers[algorithm] = Stemmer.Stemmer(algorithm)
    return str(stemmer.stemWord(word))


def stems(text: str, language: str) -> list[str]:
    """The stems of a normalised text, in order, one for each of its ``words``."""
    code = primary(language)
    return [stem(word, code) for word in words(text)]


def stem_hash(value: str) -> int:
    """A stem as an unsigned 64-bit integer, the same on every machine.

    At a million stems two collide with a probability of 3 in 100,000,000.
    """
    return int.from_bytes(blake2b(value.encode(), digest_size=8).digest(), "little")


def split_sentences(text: str) -> list[str]:
    """Cut a text into sentences, in order; line breaks end a sentence as well.

    Abbreviations, initials and decimal points do not. No character but outer white space is
    lost: the pieces occur in ``text`` in this order.
    """
    sentences: list[str] = []
    for line in text.splitlines():
        start = 0
        for end in _END.finditer(line):
            if not _ends_sentence(line, end):
                continue
            piece = line[start : end.end("close")].strip()
            if piece:
                sentences.append(piece)
            start = end.end()
        if rest := line[start:].strip():
            sentences.append(rest)
    return sentences


def _ends_sentence(line: str, end: re.Match[str]) -> bool:
    following = line[end.end() : end.end() + 1]
    if end["stop"] == ".":
        last = line[: end.start()].rsplit(None, 1)[-1:] or [""]
        word = last[0].lstrip("\"'(«„“[").lower()
        if word in _ABBREVIATIONS or (len(word) == 1 and word.isalpha()):
            return not following
        if word in _BEFORE_NUMBERS and following.isdigit():
            return False
    return not following.islower()
