"""In which encoding a table was written: Unicode, else one of the old ones that spreadsheets use.

Excel's plain "CSV" is written in the code page of the computer: nothing in the file says which.
The language of the text tells the page, as far as the page makes words of it.
"""

from __future__ import annotations

import codecs
import re
from typing import Final

from charset_normalizer import from_bytes

from matcher.detect import detect_tag
from matcher.language import primary

UTF_8: Final = "utf-8"
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WESTERN: Final = ("cp1252", "mac_roman", "cp850")
"""Windows, the Macintosh and MS-DOS: Excel writes all three, by which CSV is chosen."""
# Source: Microsoft, "Code page identifiers": the ANSI and OEM pages, and who uses them.
_PAGES: Final = {
    ("cp1250", "cp852"): "bs cs hr hu pl ro sk sl sq sr",
    ("cp1254",): "az tr",
    ("cp1257",): "et lt lv",
}
_PAGES_OF: Final = {
    language: pages for pages, languages in _PAGES.items() for language in languages.split()
}
_LATIN: Final = (*_WESTERN, *(page for pages in _PAGES for page in pages))
_OTHERS: Final = ("cp1251", "cp866", "cp1253", "cp1255", "cp1256", "cp932", "gb18030", "cp949")
"""Of these their scripts tell which it is."""
_ORDINARY: Final = frozenset("’‘“”„‚«»‹›–—…€£§°©®™·•¿¡\xa0\xad")
_WITHIN_WORDS: Final = frozenset("’·\xad")
_PARTS: Final = re.compile(rb"[^,;\t\r\n\"]+")
_MOST_BYTES: Final = 20_000


def encoding_of(start: bytes) -> tuple[str, bool]:
    """The encoding of a file that begins so, and whether it is a guess.

    By its mark, else UTF-8; of a table in neither, the old encoding in which it reads best.
    """
    for mark, name in _MARKS:
        if start.startswith(mark):
            return name, False
    if start[1:2] == b"\0" or start[:1] == b"\0":
        return ("utf-16-be" if start[:1] == b"\0" else "utf-16-le"), False
    try:
        codecs.getincrementaldecoder(UTF_8)().decode(start)  # which may end in half a letter
    except UnicodeDecodeError:
        if start.lstrip()[:1] not in b"{[<":
            return _old_encoding(start), True
    return UTF_8, False


def _old_encoding(table: bytes) -> str:
    found = from_bytes(table, cp_isolation=[*_LATIN, *_OTHERS]).best()
    if found is not None and found.encoding in _OTHERS:
        return found.encoding
    foreign = b" ".join(part for part in _PARTS.findall(table) if not part.isascii())[:_MOST_BYTES]
    return min(_LATIN, key=lambda page: _doubts(foreign, page))


def _doubts(foreign: bytes, page: str) -> tuple[int, bool]:
    """How many characters are odd where they stand, and whether the language has other pages."""
    text = foreign.decode(page, errors="replace")
    pages = _PAGES_OF.get(primary(detect_tag(text)), _WESTERN)
    return sum(map(_odd, " " + text, text, text[1:] + " ")), page not in pages


def _odd(before: str, character: str, after: str) -> bool:
    """A sign within a word or alone, or a capital after a small letter: "PrŸfstelle", "nÑchste"."""
    if character.isascii():
        return False
    within = before.isalpha() and after.isalpha()
    if character in _ORDINARY:
        return within and character not in _WITHIN_WORDS
    if not character.isalpha():
        return True
    return character.isupper() and before.islower()
