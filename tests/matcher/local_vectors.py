"""What strict mode must say alike in Python and TypeScript.

``python -m tests.matcher.local_vectors`` writes ``tests/contract/local.json``. Claims and
sentences are those of the filter's vectors, and more that deny, quote and miscount.
"""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from matcher.filter import Filter
from matcher.filterwire import Message, digest, encode, pack
from matcher.index import Index
from matcher.local import Judge, Rule, plain_words, row_key
from matcher.pack import Pack, wordings
from tests.matcher.filter_vectors import SENTENCES, cases

VECTORS: Final = Path(__file__).parents[1] / "contract" / "local.json"

MORE: Final = {
    "en: denied": "NATO never promised Gorbachev that it would not expand beyond Germany.",
    "en: contracted": "NATO didn’t promise Gorbachev never to expand beyond Germany; it can't.",
    "en: quoted": "The myth that NATO promised Gorbachev never to expand beyond Germany is false.",
    "de: denied": "Die Impfung gegen COVID-19 verändert nicht das Erbgut der geimpften Menschen.",
    "de: quoted": "Falschmeldung: Die Impfung gegen COVID-19 verändert das Erbgut der Menschen.",
    "fr: denied": "L'Ukraine n'a jamais vendu à des réseaux criminels les armes de l'Europe.",
    "es: another number": "Las antenas 5G de Madrid propagaron el coronavirus en 300 barrios.",
    "es: denied": "Las antenas 5G de Madrid no propagaron el coronavirus en 2.020 barrios.",
    "it: denied": "L'Unione europea non obbliga gli agricoltori italiani a produrre farina.",
    "pl: denied": "Polska nie przygotowuje aneksji zachodnich obwodów Ukrainy.",
    "cs: denied": "Očkování proti spalničkám nezpůsobuje dětem autismus, není to pravda.",
    "ru: denied": "Американские биолаборатории в Грузии не разрабатывают смертельные вирусы.",
    "ru: quoted": "Миф: американские биолаборатории в Грузии разрабатывают вирусы, и это ложь.",
    "uk: denied": "Українські військові не збивали малайзійський літак над Донбасом.",
}  # fmt: skip

LANGUAGES: Final = (None, "en")
"""Languages that a page declares: none, and one that is wrong for most of the sentences."""


def vectors() -> dict[str, Any]:
    """All of the vectors; every value is computed but the texts."""
    index = Index.build(cases())
    filter_, pack_ = Filter.build(index), Pack.of(index)
    found = wordings(pack_)
    judge = Judge(filter_, lambda key: found.get(key, ()), Rule.shipped(len(index)))
    content = encode(filter_)
    sent = pack(Message(2, 300, digest(content), None, content))
    return {
        "filter": b64encode(sent).decode(),
        "rule": {"name": pack_.rule.name, "body": b64encode(pack_.rule.body).decode()},
        "parts": [{"name": p.name, "body": b64encode(p.body).decode()} for p in pack_.parts],
        "digest": pack_.digest,
        "keys": [row_key(sorted(filter_.hashes[term] for term in row)) for row in filter_.rows],
        "sentences": [
            {
                "name": name,
                "text": text,
                "words": plain_words(text),
                "judged": [_told(judge, text, language) for language in LANGUAGES],
            }
            for name, text in {**SENTENCES, **MORE}.items()
        ],
    }


def _told(judge: Judge, text: str, language: str | None) -> dict[str, Any] | None:
    best = judge.best(text, language)
    if best is None:
        return None
    told = asdict(best) | {"guard": best.guard}
    return told | {"wording": best.wording.text, "evidence": list(best.evidence)}


if __name__ == "__main__":
    VECTORS.write_text(json.dumps(vectors(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
