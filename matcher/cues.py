"""Words by which a sentence denies, reports or debunks, for the languages of the interface.

Small, readable lists: what they are worth is learned (``model/scorer.json``), not decreed.
Languages without a list have no such evidence.
"""

from __future__ import annotations

from typing import Final


def _split(lists: dict[str, str]) -> dict[str, frozenset[str]]:
    return {language: frozenset(text.split()) for language, text in lists.items()}


NEGATORS: Final = _split(
    {
        "en": "not no never none nobody nothing nowhere neither nor without cannot cant lack lacks "
        "lacked absence hardly denies deny denied denying rejects reject rejected rejecting "
        "refutes refute refuted refuse refuses refused fails failed unable isn't aren't wasn't "
        "weren't don't doesn't didn't won't wouldn't can't couldn't shouldn't hasn't haven't "
        "hadn't",
        "de": "nicht nichts kein keine keinen keinem keiner keines nie niemals niemand weder noch "
        "ohne nirgends kaum bestreitet leugnet dementiert",
        "fr": "ne n pas jamais aucun aucune rien personne sans ni non nie dément",
        "es": "no nunca jamás ningún ninguna ninguno nada nadie sin ni tampoco niega negó",
        "it": "non mai nessun nessuno nessuna niente nulla senza né nega",
        "pt": "não nunca jamais nenhum nenhuma nada ninguém sem nem nega",
        "nl": "niet geen nooit niemand niets zonder noch",
        "pl": "nie nigdy żaden żadna żadne żadnego żadnych nikt nic bez ani brak zaprzecza",
        "cs": "ne není nejsou nebyl nebyla nikdy žádný žádná žádné nikdo nic bez ani",
        "ru": "не нет ни никогда никто ничто ничего никакой никаких никакого нельзя без отрицает",
        "uk": "не ні немає нема ніколи ніхто ніщо нічого жоден жодного жодних без заперечує",
        "sv": "inte ej aldrig ingen inget inga utan varken",
    }
)
"""Words that turn a statement into its opposite."""

FRAMES: Final = _split(
    {
        "en": "false falsely untrue fake hoax hoaxes myth myths disinformation misinformation "
        "debunk debunked debunking debunks baseless unfounded groundless unsubstantiated "
        "unproven narrative narratives conspiracy propaganda alleging falsehood falsehoods "
        "misleading fabricated distorts distortion distorted rumour rumours rumor rumors "
        "pro-kremlin kremlin's factcheck fact-check refuted disproved contrary evidence proof "
        "portray portrays portraying depict depicts depicting trope recurring recurrent",
        "de": "falsch falsche falschen fälschlich fälschlicherweise unwahr fake falschmeldung "
        "desinformation mythos mythen widerlegt widerlegen haltlos unbegründet unbelegt narrativ "
        "narrative verschwörungstheorie propaganda irreführend faktencheck gerücht gerüchte "
        "belege beweise",
        "fr": "faux fausse faussement mensonge mensonger désinformation mythe infondé infondée "
        "démenti réfuté réfutée narratif récit complot complotiste propagande trompeur trompeuse "
        "rumeur rumeurs vérification preuve preuves",
        "es": "falso falsa falsamente mentira bulo bulos desinformación mito infundado infundada "
        "desmentido desmentida narrativa conspiración propaganda engañoso engañosa rumor rumores "
        "verificación pruebas evidencia",
        "pl": "fałszywy fałszywa fałszywe fałszywie nieprawda dezinformacja mit bezpodstawne "
        "bezpodstawny obalono narracja narracje spiskowa propaganda manipulacja plotka dowodów "
        "dowody fakenews",
        "ru": "ложь ложный ложная ложное ложно фейк фейки дезинформация миф мифы опровергнут "
        "опровергнуто опровергли необоснованно безосновательно нарратив нарративы конспирология "
        "пропаганда слух слухи доказательств доказательства",
        "uk": "брехня хибний хибне хибно неправда фейк фейки дезінформація міф міфи спростовано "
        "спростували безпідставно безпідставні наратив наративи конспірологія пропаганда чутки "
        "доказів докази",
    }
)
"""Words that show a claim from outside: to report it, to doubt it or to debunk it."""
