"""Which languages there are, as names: BCP 47 tags down to their primary subtag."""

from __future__ import annotations

import re
from typing import Final

# ISO 639-1, the codes that web pages declare (Source: ISO 639-1:2002 and its additions).
LANGUAGES: Final = frozenset(
    "aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy "
    "da de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu "
    "hy hz ia id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb "
    "lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om "
    "or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg sh si sk sl sm sn so sq sr ss st su sv "
    "sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh "
    "zu".split()
)
_TAG: Final = re.compile(r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$")


def primary(tag: str) -> str:
    """The primary subtag in lower case: ``pt-BR`` gives ``pt``."""
    return tag.split("-", 1)[0].lower()


def check_language(tag: str) -> str:
    """The tag itself, if its primary subtag is an ISO 639-1 code.

    Raises
    ------
    ValueError
        naming the value found.
    """
    if len(tag) > 35 or not _TAG.match(tag) or primary(tag) not in LANGUAGES:
        raise ValueError(
            f"{tag[:40]!r} is not a known language; use a code such as 'en', 'de' or 'pt-BR'"
        )
    return tag
