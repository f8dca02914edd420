"""Words to their stems, language by language: Snowball, near relatives of it, and light rules.

A stem need not be a word; what counts is that the forms of one word share it.
"""

from __future__ import annotations

import re
import threading
from typing import Final

import Stemmer

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

RELATIVES: Final = {
    "af": "nl", "az": "tr", "bs": "sr", "gl": "pt", "hr": "sr", "mo": "ro", "ms": "id",
    "sh": "sr", "sk": "cs",
}  # fmt: skip
"""Languages that inflect so much like another that its algorithm serves them too."""

PREFIX_CHARS: Final = 6
"""Where no algorithm is at hand, a word's first characters stand for its stem."""
LEAST_STEM_CHARS: Final = 3

_ENDINGS: Final = {
    "uk": "іями іях іям ією ії ія ію ій ами ями ові еві єві ого ому ими іми ової ої ою ею єю ів їв "
    "ах ях ам ям ом ем єм ий их іх а о у е и і я ю є ї ь й",
    "be": "амі ямі ага яга аму яму ымі імі ой ай ую юю аў яў ах ях ам ям ом ем ы і а я о е у ю ь й",
    "bg": "овете евете овци ищата ища ата ята ете ите ове еве ът ят та то те а я о е и й",
    "mk": "овите евите ата ото ите ови еви от та то те а о е и",
    "sl": "ega emu ami ama imi ima oma ih im em om ev ov ah eh a e i o u",
    "lv": "iem ajā ajai ajam ajos ajās iņ ām ēm īm os ās am im um us as es is ai ei ie ij ā ē ī ū "
    "a e i u s š",
}
"""Endings of nouns and adjectives in languages without an algorithm."""
_ENDING: Final = {
    language: re.compile(
        f"(?<=.{{{LEAST_STEM_CHARS}}})(?:{'|'.join(sorted(set(endings.split()), key=len)[::-1])})$"
    )
    for language, endings in _ENDINGS.items()
}


class _PerThread(threading.local):
    """Snowball's stemmers keep state between calls, so no two threads may share one."""

    def __init__(self) -> None:
        self.stemmers: dict[str, Stemmer.Stemmer] = {}


_per_thread: Final = _PerThread()


def stem(word: str, language: str) -> str:
    """The stem of one case-folded word in a language given by its primary subtag."""
    if word[0].isdigit():
        return word
    if language == "ar":
        return _arabic(word)
    if language == "he":
        return _hebrew(word)
    algorithm = SNOWBALL.get(RELATIVES.get(language, language))
    if algorithm is not None:
        return _snowball(word, algorithm)
    if language in _ENDING:
        word = _ENDING[language].sub("", word)
    return word[:PREFIX_CHARS]


def _snowball(word: str, algorithm: str) -> str:
    stemmer = _per_thread.stemmers.get(algorithm)
    if stemmer is None:
        stemmer = _per_thread.stemmers[algorithm] = Stemmer.Stemmer(algorithm)
    return str(stemmer.stemWord(word))


_ARABIC_ARTICLE: Final = re.compile("^[وف]?(?:[بك]?ال|لل)(?=...)")
_ARABIC_ALEF: Final = re.compile("(?<=....)ا$")
_ARABIC_PARTICLES: Final = re.compile("^[وفبلك]+(?=...)")


def _arabic(word: str) -> str:
    """Snowball's stem of the bare noun, without what Arabic writes to its front.

    Snowball parts "and", "to" and the article one at a time, not where several meet, and knows
    the endings of nouns by the article: so every word is given it. Letters of the particles
    that belong to the word itself go with them, but then from all its forms.
    """
    bare = _ARABIC_ALEF.sub("", _ARABIC_ARTICLE.sub("", word))
    return _ARABIC_PARTICLES.sub("", _snowball("ال" + bare, "arabic"))


_HEBREW_FINALS: Final = str.maketrans("ךםןףץ", "כמנפצ")
_HEBREW_ENDING: Final = re.compile("(?<=...)(?:יימ|יות|ימ|ות|ית|יה|ה|י|ת)$")
_HEBREW_PARTICLES: Final = re.compile("^[ושהבכלמ]+(?=...)")


def _hebrew(word: str) -> str:
    """A Hebrew word without its commonest endings and its particles ("and the", "that in").

    Letters of the particles that belong to the word go with them, but from all its forms.
    """
    word = _HEBREW_ENDING.sub("", word.translate(_HEBREW_FINALS))
    return _HEBREW_PARTICLES.sub("", word)
