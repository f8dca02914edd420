"""From page text to stems: normalisation, sentences, and words as each language writes them.

Everything here is a pure function of text and language; nothing knows of claims or indexes.
"""

from __future__ import annotations

import re
import unicodedata
from hashlib import blake2b
from typing import Final

from matcher.abbreviations import (
    ABBREVIATIONS,
    BEFORE_NUMBERS,
    DOTTED_ORDINALS,
    EVERYWHERE,
    LONGEST,
)
from matcher.language import primary
from matcher.script import DIGITS, MARKS, SYLLABIC, UNSPACED, in_one_script, pairs, without_heaps
from matcher.stemming import stem

_SPELLING: Final = (
    str.maketrans(dict.fromkeys("’‘ʼ`ʻʹ′‛׳", "'") | dict.fromkeys("“”„«»‟〝〞״「」『』", '"'))
    | str.maketrans("٫٬־", ".,-", "׀׃׆")
    | DIGITS
)
_ACCENT: Final = str.maketrans("´", "'")
"""Typed for an apostrophe; composing would part it from its letter."""
_CONTROL: Final = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f"
_INVISIBLE: Final = re.compile(
    f"[{_CONTROL}\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
# Accents that composing left apart (stress marks, and heaps of them), and the signs that Hebrew
# and Arabic mostly leave out.
_DROPPED: Final = re.compile(
    "[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7"
    "\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed]"
)
_GERSHAYIM: Final = re.compile('(?<=[א-ת])"(?=[א-ת](?![א-ת]))')
_LINK: Final = re.compile(r"(?:https?://|www\.)\S+|\bpic\.twitter\.com/\S+")
_TAG: Final = re.compile(r"[#@]\w+")
_WITHIN_TAG: Final = re.compile(
    r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[а-яёєіїґ])(?=[А-ЯЁЄІЇҐ])|_"
)
_NUMBER: Final = r"\d+(?:[.,]\d+)*"
_LETTERS: Final = rf"[^\W\d_{UNSPACED}]+(?:[{MARKS}]+[^\W\d_{UNSPACED}]*)*"
_ASCII_WORD: Final = re.compile(rf"{_NUMBER}|[A-Za-z]+(?:'[A-Za-z]+)*\d*")
_WORD: Final = re.compile(rf"{_NUMBER}|[{UNSPACED}]+|{_LETTERS}(?:'{_LETTERS})*\d*")
_SPACED_NUMBER: Final = r"\d{1,3}(?: \d{3})+(?![\d.,])"
_ASCII_WORD_OR_SPACED_NUMBER: Final = re.compile(f"{_SPACED_NUMBER}|{_ASCII_WORD.pattern}")
_WORD_OR_SPACED_NUMBER: Final = re.compile(f"{_SPACED_NUMBER}|{_WORD.pattern}")
_SPACED_THOUSANDS: Final = frozenset(
    "fr ru uk be bg pl cs sk sv nb nn no fi et lv lt hu hy ka kk".split()
)
"""Languages that write 5 000 for five thousand."""
_THOUSANDS: Final = re.compile(r"(?<=\d)[ .,](?=\d{3}(?:\D|$))")
_IS_UNSPACED: Final = re.compile(f"[{UNSPACED}]")
_POSSESSIVE: Final = re.compile(r"'s?$")
_ELISIONS: Final = {
    language: re.compile(rf"({'|'.join(words.split())})'(?=\w)", re.IGNORECASE)
    for language, words in {
        "fr": "l d j t m s n c qu jusqu lorsqu puisqu quoiqu quelqu",
        "it": "l d c s m t v n un gl all dall dell nell sull coll quell quest bell anch "
        "com dov cos mezz tutt sant senz",
        "ca": "l d s n m t",
        "oc": "l d s n m t qu",
        "ga": "b d m",
    }.items()
}
"""What is written to the front of a word, cut before its vowel: l'OTAN, qu'il, dell'Ucraina."""
_DOTLESS: Final = str.maketrans("Iİ", "ıi")
_DOTTED_I: Final = frozenset({"tr", "az"})
_SUFFIX_AFTER_NAME: Final = re.compile("'.*$")


def normalise(text: str) -> str:
    """One spelling for texts that look alike, with straight quotes, no links, single spaces.

    Composed and without compatibility forms (NFKC), invisible characters and loose accents;
    the digits of all scripts are 0 to 9, and a word in letters of two scripts that look the
    same is in one. Hashtags and account names become the words they are made of, which is
    worth two points of recall at 20 on tweets (CheckThat! 2020 and 2021).
    """
    if text.isascii():
        text = _INVISIBLE.sub("", text)
    else:
        text = _INVISIBLE.sub("", text.translate(_ACCENT))
        text = unicodedata.normalize("NFKC", without_heaps(text)).translate(_SPELLING)
        text = in_one_script(_GERSHAYIM.sub("", _DROPPED.sub("", text)))
    # Few texts hold any; to look for a character is cheaper than to try the pattern everywhere.
    if "/" in text or "www." in text:
        text = _LINK.sub(" ", text)
    if "#" in text or "@" in text:
        tagless = _TAG.sub(_words_of_tag, text)
        if tagless != text and not tagless.isascii():
            return normalise(tagless)  # its words may each be of another script than all together
        text = tagless
    return " ".join(text.split())


def _words_of_tag(tag: re.Match[str]) -> str:
    return " " + _WITHIN_TAG.sub(" ", tag.group()[1:])


def tokens(text: str, language: str) -> list[str]:
    """The words of a normalised text in a language (primary subtag), in order, as written.

    A number is one token; so is each part of an elision (``l'OTAN``: two). Text in a script
    without spaces comes as overlapping pairs of characters, see ``script.pairs``.
    """
    spaced = language in _SPACED_THOUSANDS
    if text.isascii():
        found = (_ASCII_WORD_OR_SPACED_NUMBER if spaced else _ASCII_WORD).findall(text)
    else:
        found = (_WORD_OR_SPACED_NUMBER if spaced else _WORD).findall(text)
        if _IS_UNSPACED.search(text):
            found = [
                token
                for word in found
                for token in (pairs(word) if _IS_UNSPACED.match(word) else (word,))
            ]
    elision = _ELISIONS.get(language)
    if elision and "'" in text:
        return [token for word in found for token in _unelided(word, elision)]
    return found


def _unelided(word: str, elision: re.Pattern[str]) -> list[str]:
    parts = []
    start = 0
    while cut := elision.match(word, start):
        parts.append(cut[1])
        start = cut.end()
    return [*parts, word[start:]]


def fold(token: str, language: str) -> str:
    """A token as a word to compare: case folded, no possessive, no thousands separators."""
    if token[0].isdigit():
        return _THOUSANDS.sub("", token)
    if language in _DOTTED_I:
        token = _SUFFIX_AFTER_NAME.sub("", token.translate(_DOTLESS))
    word = token.casefold()
    if not word.isascii():
        word = word.replace("\u0307", "")  # what folding leaves of İ
    return _POSSESSIVE.sub("", word) if "'" in word else word


def words(text: str, language: str) -> list[str]:
    """The folded tokens of a normalised text, in order."""
    return [fold(token, language) for token in tokens(text, language)]


def stems(text: str, language: str) -> list[str]:
    """The stems of a normalised text in a language (BCP 47), in order, one for each word."""
    code = primary(language)
    return [stem(word, code) for word in words(text, code)]


def text_key(text: str) -> int:
    """A stem or a text as an unsigned 64-bit integer, the same on every machine.

    At a million of them two collide with a probability of 3 in 100,000,000.
    """
    encoded = text.encode(errors="surrogatepass")
    return int.from_bytes(blake2b(encoded, digest_size=8).digest(), "little")


_WIDE: Final = "。！？｡।॥۔؟።။។៕։"
"""Full stops and the like after which no space is needed."""
_STOPS: Final = f".!?…{_WIDE}"
_CJK: Final = "\u3040-\u30ff\u3400-\u9fff"
# Quantifiers are possessive and a run of stops is entered at its start only, so that no text
# takes more than a few looks at each character.
_END: Final = re.compile(
    rf"""(?P<stop>(?<![{_STOPS}])(?=[.!?…]*+(?P<wide>[{_WIDE}])?)[{_STOPS}]++
          |(?<=[\u0370-\u03ff\u1f00-\u1fff]);)       # the Greek question mark
        (?P<close>["'”’»›)\]」』）】》〉]*+)            # what closes with it
        (?P<gap>(?(wide)\s*+|(?:\s++|$|(?<=[!?])(?=[{_CJK}]))))
      |(?P<breath>(?<=[{SYLLABIC}])\x20++(?=[{SYLLABIC}]))   # Thai has no full stop
    """,
    re.VERBOSE,
)
_WITHIN: Final = re.compile(
    rf"""(?:(?<![.!?…])[.!?…]|[{_WIDE};{SYLLABIC}])(?![.!?…]*+["'”’»›)\]」』）】》〉]*+$)"""
)
"""What a sentence may end with before the end of its line; most lines hold none."""
_SAID: Final = frozenset("とっ")
"""What goes on after a quotation in Japanese, as a small letter does elsewhere."""
_INITIALS: Final = re.compile(r"(?:[^\W\d_]\.)*[^\W\d_]$")
_ORDINAL: Final = re.compile(r"(?:\d{1,2}|[ivxl]+)$")
LEAST_BREATH_CHARS: Final = 60
"""Characters after which a space ends a sentence in a script that has no full stop."""


def split_sentences(text: str, language: str | None = None) -> list[str]:
    """Cut a text into sentences, in order; line breaks end a sentence as well.

    Abbreviations, initials and decimal points do not; ``language`` (BCP 47) says which are
    abbreviations, None: those of many languages. No character but outer white space is lost:
    the pieces occur in ``text`` in this order.
    """
    code = primary(language) if language else None
    sentences: list[str] = []
    for line in text.splitlines():
        if not _WITHIN.search(line):
            sentences += [whole] if (whole := line.strip()) else []
            continue
        start = 0
        for end in _END.finditer(line):
            if not _ends_sentence(line, end, start, code):
                continue
            piece = line[start : end.start("gap") if end["stop"] else end.start()].strip()
            if piece:
                sentences.append(piece)
            start = end.end()
        if rest := line[start:].strip():
            sentences.append(rest)
    return sentences


def _ends_sentence(line: str, end: re.Match[str], start: int, language: str | None) -> bool:
    if not end["stop"]:
        return end.start() - start >= LEAST_BREATH_CHARS
    following = line[end.end() : end.end() + 1]
    if end["stop"] == ".":
        last = line[max(start, end.start() - LONGEST) : end.start()].rsplit(None, 1)
        word = last[-1].lstrip("\"'(«„“[").lower() if last else ""
        if language in _ELISIONS:
            word = word.replace("’", "'").rpartition("'")[2]
        if _INITIALS.match(word) or word in ABBREVIATIONS.get(language or "", EVERYWHERE):
            return not following
        if word in BEFORE_NUMBERS and following.isdigit():
            return False
        if language in DOTTED_ORDINALS and _ORDINAL.match(word):
            return not following
    if end["close"] and following in _SAID:
        return False
    return not following.islower()
