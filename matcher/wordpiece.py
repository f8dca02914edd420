"""Text to the word pieces of a BERT vocabulary, as the published uncased tokeniser makes them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Final

UNKNOWN: Final = "[UNK]"
START: Final = "[CLS]"
END: Final = "[SEP]"
PADDING: Final = "[PAD]"
LONGEST_WORD: Final = 100
"""Characters beyond which the published tokeniser gives a word up."""
CACHED_WORDS: Final = 20_000
"""Words kept with their pieces, 3 MB when full."""


class WordPiece:
    """Greedy longest-match-first pieces (Devlin et al. 2019, arXiv:1810.04805)."""

    def __init__(self, vocabulary: dict[str, int]) -> None:
        self._vocabulary = vocabulary
        self.start = vocabulary[START]
        self.end = vocabulary[END]
        self.padding = vocabulary[PADDING]
        self._word = lru_cache(maxsize=CACHED_WORDS)(self._pieces)

    @classmethod
    def load(cls, path: Path) -> WordPiece:
        """Read a vocabulary: one piece a line, its number is its line's.

        Raises
        ------
        OSError
            The file cannot be read.
        KeyError
            It lacks one of the special pieces.
        """
        lines = path.read_text(encoding="utf-8").splitlines()
        return cls({piece: number for number, piece in enumerate(lines)})

    def ids(self, text: str, limit: int) -> list[int]:
        """Numbers of the first ``limit`` pieces of a text, without special pieces."""
        numbers: list[int] = []
        for word in _words(text):
            numbers.extend(self._word(word))
            if len(numbers) >= limit:
                return numbers[:limit]
        return numbers

    def _pieces(self, word: str) -> tuple[int, ...]:
        if len(word) > LONGEST_WORD:
            return (self._vocabulary[UNKNOWN],)
        numbers: list[int] = []
        start = 0
        while start < len(word):
            prefix = "##" if start else ""
            for end in range(len(word), start, -1):
                number = self._vocabulary.get(prefix + word[start:end])
                if number is not None:
                    numbers.append(number)
                    start = end
                    break
            else:
                return (self._vocabulary[UNKNOWN],)
        return tuple(numbers)


_PLAIN: Final = re.compile(r"[0-9a-z]+|[!-/:-@\[-`{-~]")


def _words(text: str) -> Iterable[str]:
    """Words in lower case without accents; each mark and each CJK character on its own."""
    # The same for most texts, at a tenth of the time.
    plain = text.isascii() and text.isprintable()
    return _PLAIN.findall(text.lower()) if plain else _words_of_any(text)


def _words_of_any(text: str) -> Iterator[str]:
    folded = unicodedata.normalize("NFD", _cleaned(text).lower())
    word: list[str] = []
    for character in folded:
        if unicodedata.category(character) == "Mn":
            continue
        alone = _is_mark(character) or _is_cjk(character)
        if alone or character == " ":
            if word:
                yield "".join(word)
                word.clear()
            if alone:
                yield character
        else:
            word.append(character)
    if word:
        yield "".join(word)


def _cleaned(text: str) -> str:
    return "".join(
        " " if c.isspace() else c
        for c in text
        if c.isspace() or (c != "\ufffd" and not unicodedata.category(c).startswith("C"))
    )


def _is_mark(character: str) -> bool:
    code = ord(character)
    ascii_mark = 33 <= code <= 47 or 58 <= code <= 64 or 91 <= code <= 96 or 123 <= code <= 126
    return ascii_mark or unicodedata.category(character).startswith("P")


def _is_cjk(character: str) -> bool:
    code = ord(character)
    return (
        0x4E00 <= code <= 0x9FFF
        or 0x3400 <= code <= 0x4DBF
        or 0xF900 <= code <= 0xFAFF
        or 0x20000 <= code <= 0x2FA1F
    )
