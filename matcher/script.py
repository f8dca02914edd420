"""Characters as the engine tells them apart: marks, scripts, letters that look alike.

Knows characters only; what words are made of them is ``text``'s business.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

_LAST: Final = 0x20000
"""Beyond it Unicode has no digits, and no marks but variation selectors."""


def character_class(categories: str, codes: Iterable[int]) -> str:
    """The characters of some general categories (their first letters), as inside a ``[]``."""
    ranges: list[list[int]] = []
    for code in codes:
        if unicodedata.category(chr(code))[0] not in categories:
            continue
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges)


MARKS: Final = character_class("M", range(0x300, _LAST))
"""Vowel signs, tones, accents: parts of a word that ``re`` does not count as letters."""

MOST_MARKS: Final = 30
"""Marks on one letter that are read. No language needs more than a few, and to bring very many
into their order takes time in the square of their number.
Source: UAX 15, Stream-Safe Text Format."""

# Two halfwidth letters become marks when they are spelt out.
_MARK: Final = f"[{MARKS}\uff9e\uff9f]"
_PERHAPS_HEAP: Final = re.compile(f"[\\W\uff9e\uff9f]{{{MOST_MARKS + 1},}}")
_HEAP: Final = re.compile(f"(?<!{_MARK})({_MARK}{{{MOST_MARKS}}}){_MARK}+")


def without_heaps(text: str) -> str:
    """The text with at most ``MOST_MARKS`` marks on a letter, which is composed in linear time."""
    # To look for any mark is dear, and most texts hold nothing that could be a heap of them.
    return _PERHAPS_HEAP.sub(lambda found: _HEAP.sub(r"\1", found.group()), text)


def _within(*blocks: tuple[int, int]) -> str:
    return "".join(character_class("LMN", range(first, last + 1)) for first, last in blocks)


KATAKANA: Final = _within((0x30A1, 0x30FF), (0x31F0, 0x31FF))
"""Used for whole foreign words, which therefore are words as they stand."""
SYLLABIC: Final = _within((0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0xA9E0, 0xAA7F))
"""Thai, Lao, Burmese, Khmer: letters carry vowel signs and tones."""
HAN: Final = "\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
HIRAGANA: Final = _within((0x3041, 0x309F))
HANGUL: Final = "\uac00-\ud7af"
UNSPACED: Final = SYLLABIC + HAN + HIRAGANA + HANGUL + KATAKANA
"""Scripts that leave words together; Korean has spaces, but writes its particles to the word."""

_RUN: Final = re.compile(
    f"(?P<katakana>[{KATAKANA}]+)|(?P<syllabic>[{SYLLABIC}]+)|[{HIRAGANA}]+|[{HANGUL}]+|[{HAN}]+"
)
_SYLLABLE: Final = re.compile(f"[^{MARKS}][{MARKS}]*|[{MARKS}]+")


def pairs(text: str) -> list[str]:
    """What stands for words in a run of ``UNSPACED`` letters: overlapping pairs of characters.

    Pairs do not reach from one script into another; a letter keeps its vowel signs; katakana
    words stay whole. Nothing short of a dictionary tells more.
    """
    found: list[str] = []
    for run in _RUN.finditer(text):
        if run["katakana"]:
            found.append(run["katakana"])
        elif run["syllabic"]:
            units = _SYLLABLE.findall(run["syllabic"])
            found += ["".join(units[i : i + 2]) for i in range(max(1, len(units) - 1))]
        else:
            word = run.group()
            found += [word[i : i + 2] for i in range(max(1, len(word) - 1))]
    return found


DIGITS: Final = {
    code: str(unicodedata.digit(chr(code)))
    for code in range(0x660, _LAST)
    if unicodedata.category(chr(code)) == "Nd"
}
"""The decimal digits of all scripts as ASCII ones."""

# Letters that readers cannot tell apart (Source: Unicode UTS #39, confusables.txt, the ones
# between Latin and Cyrillic or Greek whose usual glyphs are the same).
_CYRILLIC: Final = ("АВСЕНІЈКМОРЅТХУасеіјорѕхуһԁԛԝ", "ABCEHIJKMOPSTXYaceijopsxyhdqw")
_GREEK: Final = ("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧαονρι", "ABEZHIKMNOPTYXaovpi")
_TO_LATIN: Final = {
    ord(other): latin
    for others, latins in (_CYRILLIC, _GREEK)
    for other, latin in zip(others, latins, strict=True)
}
_FROM_LATIN: Final = [
    {ord(latin): other for other, latin in zip(*letters, strict=True)}
    for letters in (_CYRILLIC, _GREEK)
]
_LETTERS_IN_ROW: Final = re.compile(r"[^\W\d_]++")
_MIXED: Final = re.compile("[A-Za-z][\u0370-\u052f]|[\u0370-\u052f][A-Za-z]")
_LATIN: Final = re.compile("[A-Za-z]")
_OTHER: Final = re.compile("[\u0370-\u052f]")


def in_one_script(text: str) -> str:
    """Each word that mixes Latin with Cyrillic or Greek letters in the one script it fits in.

    A way around matching is to write some letters of a word as others that look the same. A
    word that fits into neither script stays as it is.
    """
    if not _MIXED.search(text):
        return text
    mostly_latin = len(_LATIN.findall(text)) >= len(_OTHER.findall(text))
    return _LETTERS_IN_ROW.sub(lambda word: _unmixed(word.group(), mostly_latin), text)


def _unmixed(word: str, mostly_latin: bool) -> str:
    if not _MIXED.search(word):
        return word
    latin = word.translate(_TO_LATIN)
    if _OTHER.search(latin):
        latin = ""
    other = next((w for table in _FROM_LATIN if not _LATIN.search(w := word.translate(table))), "")
    if latin and other:  # every letter is of the doubtful kind: as the rest of the text
        return latin if mostly_latin else other
    return latin or other or word


_FOREIGN: Final = re.compile("[\u0370-\u1dff\u2c00-\ua71f\ua800-\ufaff]")
_LETTER: Final = re.compile(r"[^\W\d_]")
_LETTERS: Final = {
    "Latin": "A-Za-z\u00aa-\u024f\u1e00-\u1eff\uff21-\uff5a",
    "Cyrillic": "\u0400-\u052f\u1c80-\u1c8f",
    "Greek": "\u0370-\u03ff\u1f00-\u1fff",
    "Hebrew": "\u0590-\u05ff",
    "Arabic": "\u0600-\u077f\u08a0-\u08ff\ufb50-\ufdff\ufe70-\ufeff",
    "Devanagari": "\u0900-\u097f",
    "Bengali": "\u0980-\u09ff",
    "Gurmukhi": "\u0a00-\u0a7f",
    "Gujarati": "\u0a80-\u0aff",
    "Tamil": "\u0b80-\u0bff",
    "Telugu": "\u0c00-\u0c7f",
    "Kannada": "\u0c80-\u0cff",
    "Malayalam": "\u0d00-\u0d7f",
    "Sinhala": "\u0d80-\u0dff",
    "Thai": "\u0e00-\u0e7f",
    "Lao": "\u0e80-\u0eff",
    "Burmese": "\u1000-\u109f",
    "Georgian": "\u10a0-\u10ff",
    "Hangul": "\u1100-\u11ff" + HANGUL,
    "Ethiopic": "\u1200-\u139f",
    "Khmer": "\u1780-\u17ff",
    "Armenian": "\u0530-\u058f",
    "Han": HAN,
    "Kana": HIRAGANA + KATAKANA,
}
_OF: Final = {script: re.compile(f"[{letters}]") for script, letters in _LETTERS.items()}
_LANGUAGES: Final = {
    "Cyrillic": "ru uk be bg mk kk ky tg mn ab av ba ce cv kv os tt",
    "Greek": "el",
    "Hebrew": "he yi",
    "Arabic": "ar fa ur ps sd ug ks",
    "Devanagari": "hi mr ne sa",
    "Bengali": "bn as",
    "Gurmukhi": "pa",
    "Gujarati": "gu",
    "Tamil": "ta",
    "Telugu": "te",
    "Kannada": "kn",
    "Malayalam": "ml",
    "Sinhala": "si",
    "Thai": "th",
    "Lao": "lo",
    "Burmese": "my",
    "Georgian": "ka",
    "Hangul": "ko",
    "Ethiopic": "am ti",
    "Khmer": "km",
    "Armenian": "hy",
    "Han": "zh",
    "Kana": "ja",
    # Written in more than one: nothing to be told from their letters.
    "": "sr sh bs az uz tk ku ms ha dv bo ii iu dz za cr oj cu",
}
"""Languages by the script they are written in, that of most pages first."""
_WRITTEN_IN: Final = {
    code: script for script, codes in _LANGUAGES.items() for code in codes.split()
}
_SHARED: Final = {"Cyrillic", "Arabic", "Devanagari", "Ethiopic", ""}
_ALONE: Final = {
    script: codes.split()[0] for script, codes in _LANGUAGES.items() if script not in _SHARED
}
"""The language of nearly all pages in a script, where one has them all but to itself."""


def main_script(text: str) -> str | None:
    """The script of most letters of a text, as ``_LETTERS`` names it; None where none has most.

    Japanese is told from Chinese by its kana: a tenth of the letters will do.
    """
    if text.isascii():
        return "Latin" if _LATIN.search(text) else None
    letters = len(_LETTER.findall(text))
    counts = {script: len(pattern.findall(text)) for script, pattern in _OF.items()}
    if counts["Kana"] * 10 >= letters > 0 and counts["Kana"] + counts["Han"] > letters / 2:
        return "Kana"
    best = max(counts, key=lambda script: counts[script])
    return best if counts[best] * 2 > letters else None


def language_of_script(text: str) -> str | None:
    """The ISO 639-1 code of the language that alone uses a text's script; None: several do."""
    return None if text.isascii() else _ALONE.get(main_script(text) or "")


def may_be_in(text: str, language: str) -> bool:
    """Whether a text's letters allow that it is in a language given by its primary subtag."""
    expected = _WRITTEN_IN.get(language, "Latin")
    if not expected or (expected == "Latin" and not _FOREIGN.search(text)):
        return True
    found = main_script(text)
    return found in (None, expected) or (language == "ja" and found == "Han")
