"""Texts as the pieces that are compared: whole, and sentence by sentence where they hold several.

A claim told in a paragraph is met by a page that repeats one of its sentences, and the other
way round.
"""

from __future__ import annotations

from typing import Final

from matcher.reading import Reading, read
from matcher.text import normalise, split_sentences

LEAST_PIECE_TERMS: Final = 4
"""Content words that one sentence out of a paragraph needs to speak for itself."""
MOST_PIECES: Final = 12
"""Sentences of one paragraph that are weighed; limits hold texts to 2,000 characters."""


def passages(text: str, language: str) -> list[Reading]:
    """Readings of a text and of its sentences, the whole first; empty without content words."""
    text = normalise(text)
    whole = read(text, language)
    if not len(whole):
        return []
    sentences = split_sentences(text, language)
    if len(sentences) < 2:
        return [whole]
    pieces = (read(sentence, language) for sentence in sentences[:MOST_PIECES])
    return [whole, *(piece for piece in pieces if len(piece) >= LEAST_PIECE_TERMS)]
