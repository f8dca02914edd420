"""What a snapshot holds, as cases and as readings of their claims: nothing of it is copied."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from matcher.background import STEPS
from matcher.lexical import Lexical, Rows
from matcher.reading import Reading
from matcher.snapshot import Snapshot
from matcher.text import fold, tokens

MOST_LANGUAGES: Final = 8
"""Languages of which it is kept who speaks them: a byte for each case and language."""


class Content:
    """The cases of an index in the order of their ids, and the rows that their claims make."""

    def __init__(self, snapshot: Snapshot) -> None:
        arrays = snapshot.arrays
        self.snapshot = snapshot
        self.ids = arrays["ids"]
        self.rows = Rows(
            hashes=arrays["hashes"],
            zipfs=arrays["zipfs"],
            indptr=arrays["indptr"],
            case=arrays["row_case"],
        )
        self.lexical = Lexical(
            vocabulary=arrays["vocabulary"],
            idf=arrays["idf"],
            terms=arrays["terms"],
            indptr=arrays["indptr"],
            post_indptr=arrays["post_indptr"],
            post_rows=arrays["post_rows"],
            post_weights=arrays["post_weights"],
        )
        self.wordings = arrays["row_wording"]
        self.keys = arrays["row_key"]
        self.published = arrays["published"]
        self._offsets = arrays["offsets"]
        self._texts = arrays["texts"]
        self._text_offsets = arrays["text_offsets"]
        self._positions = arrays["positions"]
        self._languages = arrays["row_language"]
        self._speaking: dict[str, NDArray[np.bool_]] = {}

    def __len__(self) -> int:
        return len(self.ids)

    def number(self, case_id: str) -> int | None:
        """The position of a case; None where there is none."""
        try:
            wanted = np.bytes_(case_id.encode("ascii"))
        except UnicodeEncodeError:
            return None
        at = int(np.searchsorted(self.ids, wanted))
        return at if at < len(self.ids) and self.ids[at] == wanted else None

    def line(self, number: int) -> bytes:
        """A case by its position, as the line of JSON it was built from."""
        return bytes(self.snapshot.cases[self._offsets[number] : self._offsets[number + 1]])

    def speaking(self, language: str) -> NDArray[np.bool_]:
        """Which cases have a wording in a language, by its primary subtag."""
        wordings = self.snapshot.header["languages"].get(language, 0)
        if not wordings:
            return np.zeros(len(self), dtype=bool)
        found = self._speaking.get(language)
        if found is None:
            if len(self._speaking) >= MOST_LANGUAGES:
                self._speaking.clear()
            found = self._speaking[language] = self._with_wordings_in(language, wordings)
        return found

    def _with_wordings_in(self, language: str, wordings: int) -> NDArray[np.bool_]:
        speaking = np.zeros(len(self), dtype=bool)
        rows = np.flatnonzero(self._languages == language.encode())
        cases = self.rows.case[rows]
        speaking[cases] = True
        # The passages of a wording stand side by side; one without telling words has none.
        if len(rows) and wordings == 1 + np.count_nonzero(
            np.diff(cases) | np.diff(self.wordings[rows])
        ):
            return speaking
        told = re.compile(rb'"language":"%s["-]' % re.escape(language.encode()), re.IGNORECASE)
        found = told.finditer(self.snapshot.cases)
        starts = np.fromiter((each.start() for each in found), np.int64)
        speaking[np.searchsorted(self._offsets, starts, side="right") - 1] = True
        return speaking

    def texts(self, languages: Collection[str]) -> Iterator[str]:
        """The passages in some languages, by their primary subtags."""
        for row in np.flatnonzero(np.isin(self._languages, [each.encode() for each in languages])):
            yield self._text(int(row))

    def _text(self, row: int) -> str:
        begin, end = self._text_offsets[row], self._text_offsets[row + 1]
        return self._texts[begin:end].tobytes().decode()

    def reading(self, row: int) -> Reading:
        """The passage of a claim that a row stands for, as it was read when it was compiled."""
        text = self._text(row)
        language = self._languages[row].decode()
        written = tokens(text, language)
        terms = slice(self.rows.indptr[row], self.rows.indptr[row + 1])
        return Reading(
            text=text,
            language=language,
            words=tuple(fold(token, language) for token in written),
            capitals=tuple(i > 0 and token[0].isupper() for i, token in enumerate(written)),
            positions=tuple(self._positions[terms].tolist()),
            hashes=tuple(self.rows.hashes[terms].tolist()),
            zipfs=tuple(round(zipf * STEPS) / STEPS for zipf in self.rows.zipfs[terms].tolist()),
        )
