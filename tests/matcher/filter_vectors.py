"""What Python and TypeScript must agree on: ``python -m tests.matcher.filter_vectors`` writes it.

Claims and sentences were written for this file. Each sentence is traced from text to decision,
so that a difference shows where it arises.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any, Final

from matcher.case import Case
from matcher.filter import Filter
from matcher.filterwire import Message, difference, digest, encode, pack
from matcher.folding import fold, words
from matcher.index import Index

VECTORS: Final = Path(__file__).parents[1] / "contract" / "filter.json"

CLAIMS: Final = {
    "en": "NATO promised Gorbachev never to expand beyond Germany. Every member broke the promise.",
    "de": "Die Impfung gegen COVID-19 verändert das Erbgut aller geimpften Menschen.",
    "fr": "L’Ukraine a vendu à des réseaux criminels les armes livrées par l’Europe.",
    "es": "Las antenas 5G de Madrid propagaron el coronavirus en 2.020 barrios.",
    "it": "L'Unione europea obbliga gli agricoltori italiani a produrre farina di grilli.",
    "pl": "Polska przygotowuje aneksję zachodnich obwodów Ukrainy.",
    "cs": "Očkování proti spalničkám způsobuje dětem autismus.",
    "ru": "Американские биолаборатории в Грузии разрабатывают смертельные вирусы.",
    "uk": "Українські військові самі збили малайзійський літак над Донбасом.",
    "el": "Ο ΣΤΡΑΤΟΣ ΤΗΣ ΤΟΥΡΚΙΑΣ κατέλαβε κρυφά δύο ελληνικά νησιά.",
    "tr": "İstanbul depremini Amerikan gemisi HAARP silahıyla başlattı.",
    "ar": "اللقاحات الغربية تحتوي على شرائح إلكترونية لمراقبة السكان.",
    "he": "הַחִיסוּן נגד נגיף הקורונה גורם לעקרות אצל נשים צעירות.",
    "hi": "मोबाइल टावरों की किरणें कोरोना वायरस फैलाती हैं।",
    "fi": "Suomen hallitus salaa ydinaseiden sijoittamisen Rovaniemelle.",
    "zh": "美国军队把新型冠状病毒带到武汉军人运动会。",
    "ja": "福島の処理水で太平洋の魚がすべて絶滅した。",
    "ko": "백신을 맞은 사람의 몸에서 자석이 붙는다.",
    "th": "วัคซีนโควิดทำให้ผู้รับกลายเป็นหมันทั้งหมด",
}  # fmt: skip

SENTENCES: Final = {
    **{f"{language}: the claim itself": claim for language, claim in CLAIMS.items()},
    "en: told in other words": "Gorbachev was promised by NATO that it would never expand.",
    "en: ordinary": "The city council will vote on the new library budget next Thursday.",
    "de: inflected": "Geimpfte Menschen: Impfungen verändern angeblich ihr Erbgut!",
    "fr: elided": "Des armes d’Ukraine vendues par l'Europe aux réseaux criminels ?",
    "es: numbers": "En 2020 barrios de Madrid las antenas 5G propagaron el coronavirus",
    "pl: inflected": "Aneksja obwodów ukraińskich: Polsce zarzuca się przygotowania.",
    "ru: inflected": "В Грузии американская биолаборатория разработала смертельный вирус",
    "ru: ordinary": "В субботу в Москве ожидается небольшой дождь.",
    "uk: a stress mark": "Українські війської́ збили літак над Донба́сом самі.",
    "el: capitals": "ο στρατός της τουρκίας κατέλαβε δύο νησιά",
    "tr: dotted and dotless i": "ISTANBUL DEPREMİNİ HAARP SİLAHI BAŞLATTI",
    "ar: with vowel signs": "اللُّقَاحَاتُ الغَرْبِيَّةُ تحتوي على شرائح إلكترونية",
    "he: without points": "החיסון נגד הקורונה גורם לעקרות",
    "hi: ordinary": "आज दिल्ली में मौसम साफ़ रहेगा।",
    "zh: within a sentence": "有人说新型冠状病毒是美国军队带来的。",
    "zh: ordinary": "今天的天气很好。",
    "ko: with Latin": "백신(vaccine)을 맞은 사람의 몸에 자석이 붙는다는 영상",
    "a tweet": "#NATOPromised @Gorbachev never EXPAND beyond Germany! https://t.co/NATO www.a.b/c",
    "full width and ligatures": "ＮＡＴＯ promised Gorbachev: no ﬁve new members beyond Germany",
    "soft hyphens": "NA\u00adTO prom\u00adised Gor\u200bbachev never to expand beyond Ger\u00adman",
    "sharp s": "STRASSE, Straße und ſtraße; ẞ",
    "beyond the first plane": "𝐍𝐀𝐓𝐎 promised 𠮷 and 😀 𐐀𐐁𐐂 to Gorbachev",
    "numbers": "1,000,000.5 and 3.14 and 12-34 and ½ and x² and ١٢٬٣٤",
    "humps": "iPhone McDonald USAToday stopNATO",
    "a line\nwith a break\tand a tab": "never\nexpand\tbeyond\u00a0Germany\u2028promise",
    "nothing": "",
    "signs alone": "… — ?! 😀 _",
}  # fmt: skip


def case(number: int, language: str, claim: str) -> Case:
    """One of the claims as a case."""
    return Case.model_validate(
        {
            "id": f"case-{number}",
            "claims": [{"text": claim, "language": language}],
            "verdict": "false",
            "url": f"https://disproof.example/{language}",
            "publisher": {"name": "Example", "url": "https://www.publisher.example/"},
            "published": "2024-05-01",
        }
    )


def cases() -> list[Case]:
    """All of the claims as cases."""
    return [case(n, language, claim) for n, (language, claim) in enumerate(CLAIMS.items())]


def before() -> Filter:
    """The filter of another time: some cases not there yet, and one that was retracted since."""
    retracted = case(99, "en", "Drinking bleach cures malaria and the common cold.")
    return Filter.build(Index.build([*cases()[3:], retracted]))


def vectors() -> dict[str, Any]:
    """All of the vectors; every value is computed but the texts."""
    now = Filter.build(Index.build(cases()))
    then = before()
    new, old = encode(now), encode(then)
    whole = Message(version=2, min_wait_s=300, digest=digest(new), base=None, content=new)
    delta = Message(2, 300, digest(new), base=digest(old), content=difference(then, now))
    return {
        "sent": {
            "whole": b64encode(pack(whole)).decode(),
            "before": b64encode(pack(Message(1, 300, digest(old), None, old))).decode(),
            "delta": b64encode(pack(delta)).decode(),
        },
        "digest": digest(new).hex(),
        "leastScore": now.rule.least_score,
        "hosts": list(now.hosts),
        "sentences": [
            {
                "name": name,
                "text": text,
                "words": words(text),
                "hashes": [fold(word).hashed for word in words(text)],
                "telling": [fold(word).telling for word in words(text)],
                "score": now.score(text),
                "passes": now.passes(text),
            }
            for name, text in SENTENCES.items()
        ],
    }


def packed(kept: dict[str, Any], name: str) -> bytes:
    """One of the responses in the vectors."""
    return b64decode(kept["sent"][name])


if __name__ == "__main__":
    VECTORS.write_text(json.dumps(vectors(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
