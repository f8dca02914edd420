from __future__ import annotations

import pytest

from matcher.cues import CONTRASTED, DENIED, FRAMES, NEGATING_NOTHING, NEGATORS
from matcher.text import normalise, words

LISTS = [
    (language, cue)
    for lists in (NEGATORS, CONTRASTED, DENIED, FRAMES)
    for language, cues in lists.items()
    for cue in sorted(cues)
]
PAIRS = [(language, pair) for language, pairs in NEGATING_NOTHING.items() for pair in sorted(pairs)]


def test_every_cue_is_spelled_as_words_are_read() -> None:
    read = {(language, cue): words(normalise(cue), language) for language, cue in LISTS}
    assert {cue: found for cue, found in read.items() if found != [cue[1]]} == {}


@pytest.mark.parametrize(("language", "pair"), PAIRS)
def test_every_idiom_holds_a_negator_and_is_spelled_as_words_are_read(
    language: str, pair: tuple[str, str]
) -> None:
    assert words(normalise(" ".join(pair)), language) == list(pair)
    assert not NEGATORS[language].isdisjoint(pair)
