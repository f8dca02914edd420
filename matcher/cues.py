"""Words by which a sentence denies, reports or debunks, for the languages of most pages.

Small, readable lists: what they are worth is learned (``model/scorer.json``), not decreed.
Languages without a list have no such evidence. Words are folded as ``text.fold`` does it;
for Chinese, Japanese and Korean they are the pairs that ``text.tokens`` makes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from matcher.stemming import stem


def _split(lists: dict[str, str]) -> dict[str, frozenset[str]]:
    return {language: frozenset(text.split()) for language, text in lists.items()}


NEGATORS: Final = _split(
    {
        "en": "not no never none nobody nothing nowhere neither nor without cannot cant lack "
        "lacks lacked absence hardly denies deny denied denying rejects reject rejected rejecting "
        "refutes refute refuted refuse refuses refused fails failed unable isn't aren't wasn't "
        "weren't don't doesn't didn't won't wouldn't can't couldn't shouldn't hasn't haven't "
        "hadn't isnt arent wasnt werent dont doesnt didnt wouldnt couldnt shouldnt hasnt havent "
        "hadnt",
        "de": "nicht nichts kein keine keinen keinem keiner keines nie niemals niemand weder ohne "
        "nirgends kaum keinerlei keineswegs mitnichten bestreitet bestreiten leugnet leugnen "
        "dementiert",
        "fr": "ne n pas jamais aucun aucune nul nulle rien sans ni non nie nient dément",
        "es": "no nunca jamás ningún ninguna ninguno nada nadie sin ni tampoco niega niegan negó",
        "it": "non mai nessun nessuno nessuna niente nulla senza né neppure neanche nemmeno nega",
        "pt": "não nunca jamais nenhum nenhuma nada ninguém sem nem nega",
        "nl": "niet geen nooit niemand niets zonder noch",
        "pl": "nie nigdy żaden żadna żadne żadnego żadnej żadnym żadnych nikt nikogo nic niczego "
        "bez ani brak zaprzecza zaprzeczają zaprzeczył",
        "cs": "ne není nejsou nebyl nebyla nebylo nebyli nebude nemá nemají nechce nemůže nelze "
        "neexistuje nikdy žádný žádná žádné nikdo nic bez ani popírá",
        "sk": "nie nebol nebola nebolo nebude nemá nemajú nechce nemôže neexistuje nikdy žiadny "
        "žiadna žiadne nikto nič bez ani popiera",
        "ru": "не нет нету ни никогда никто никого ничто ничего никакой никакая никакого никаких "
        "нельзя вовсе без отрицает отрицают опровергает",
        "uk": "не ні немає нема ніколи ніхто нікого ніщо нічого жоден жодна жодне жодного жодної "
        "жодних ніякий ніяких без заперечує заперечують спростовує",
        "be": "не няма ні ніколі ніхто нічога ніякі ніякіх без адмаўляе",
        "bg": "не няма нито никога никой нищо никакъв никакви без отрича",
        "sr": "не није нису нема никада нико ништа без нити ne nije nisu nema nikada niko ništa "
        "bez niti negira",
        "bs": "ne nije nisu nema nikada niko nikad ništa bez niti negira",
        "hr": "ne nije nisu nema nikada nitko ništa bez niti niječe",
        "sl": "ne ni niso nima nikoli nihče nič brez niti zanika",
        "sv": "inte ej aldrig ingen inget inga utan varken förnekar",
        "da": "ikke aldrig ingen intet uden hverken benægter",
        "nb": "ikke ikkje aldri ingen intet uten verken benekter",
        "nn": "ikkje ikke aldri ingen inkje utan verken nektar",
        "no": "ikke ikkje aldri ingen intet uten verken benekter",
        "fi": "ei eivät en emme eikä ilman koskaan kukaan mitään kiistää",
        "hu": "nem nincs nincsenek soha senki semmi nélkül tagadja",
        "ro": "nu niciodată nimeni nimic niciun nicio fără nici neagă",
        "el": "δεν μην όχι ποτέ κανείσ κανένασ καμία τίποτα χωρίσ ούτε αρνείται",
        "ca": "no mai cap ningú res sense tampoc nega",
        "tr": "değil değildir yok yoktur asla hiçbir hiç olmadan reddetti reddediyor yalanladı",
        "id": "tidak bukan tak tanpa belum tiada membantah",
        "ar": "لا لم لن ليس ليست ليسوا غير دون بدون عدم ولا ولم ولن وليس فلا فلم ينفي نفى نفت كلا",
        "fa": "نه نیست نیستند نبود نشد هرگز هیچ بدون تکذیب",
        "ur": "نہیں نہ بغیر کبھی",
        "he": "לא אין אינו אינה אינם בלי ללא מעולם אף ולא ואין שלא מכחיש מכחישה הכחיש הכחישה",
        "hi": "नहीं न ना मत बिना कभी इनकार",
        "zh": "没有 并没 不是 并不 并非 绝非 不会 不能 从未 从没 未曾 不曾 毫无 无法 不存 否认",
        "ja": "ない なか せん ぬ 否定",
        "ko": "않는 않은 않았 않다 않습 아니 아닌 없는 없다 없었 없습 못한 못했 부인",
    }
)
"""Words that turn a statement into its opposite."""

NEGATING_NOTHING: Final = {
    language: frozenset(tuple(pair.split()) for pair in text.split(", "))
    for language, text in {
        "en": "not only, not just, not merely, not simply, not solely, if not, or not, why not, "
        "no matter, no wonder, no doubt, no less, nothing less, nothing but",
        "de": "nicht nur, nicht bloss, nicht zuletzt, nicht allein",
        "fr": "non seulement, pas seulement, pas uniquement",
        "es": "no solo, no sólo, no solamente",
        "it": "non solo, non soltanto",
        "pt": "não só, não apenas, não somente",
        "nl": "niet alleen, niet slechts",
        "pl": "nie tylko",
        "ru": "не только",
        "uk": "не тільки, не лише",
        "be": "не толькі",
        "bg": "не само",
        "sv": "inte bara, inte minst",
        "da": "ikke kun, ikke bare",
        "nb": "ikke bare, ikke minst",
        "nn": "ikkje berre, ikkje minst",
        "ro": "nu numai, nu doar",
        "tr": "yalnızca değil, sadece değil",
    }.items()
}
"""Pairs of words of which one is a negator and does not turn the statement into its opposite."""

CONTRASTED: Final = _split(
    {"en": "not no isn't aren't wasn't weren't don't doesn't didn't hasn't haven't"}
)
"""Negators after which a statement may follow that is set against what they negate."""
DENIED: Final = _split({"en": "true right correct accurate case real reality fact"})
"""What is negated of statements themselves: "it is not true, he said, that ..."."""

CANCELLING: Final = frozenset("da de en nb nl nn no sv".split())
"""Languages in which a second negation takes back the first; in the others it agrees with it."""

FRAMES: Final = _split(
    {
        "en": "false falsely untrue fake hoax hoaxes myth myths disinformation misinformation "
        "debunk debunked debunking debunks baseless unfounded groundless unsubstantiated unproven "
        "narrative narratives conspiracy propaganda alleging falsehood falsehoods misleading "
        "fabricated distorts distortion distorted rumour rumours rumor rumors factcheck "
        "refuted disproved contrary evidence proof portray portrays portraying depict depicts "
        "depicting trope recurring recurrent",
        "de": "falsch falsche falschen fälschlich fälschlicherweise unwahr fake falschmeldung "
        "desinformation mythos mythen widerlegt widerlegen haltlos unbegründet unbelegt narrativ "
        "narrative verschwörungstheorie propaganda irreführend faktencheck gerücht gerüchte "
        "belege beweise angeblich angebliche lüge",
        "fr": "faux fausse faussement mensonge mensonger désinformation mythe infondé infondée "
        "démenti réfuté réfutée narratif récit complot complotiste propagande trompeur trompeuse "
        "rumeur rumeurs vérification preuve preuves prétendument prétendu canular",
        "es": "falso falsa falsamente mentira bulo bulos desinformación mito infundado infundada "
        "desmentido desmentida narrativa conspiración propaganda engañoso engañosa rumor rumores "
        "verificación pruebas evidencia supuestamente supuesto conspirativa",
        "pl": "fałszywy fałszywa fałszywe fałszywie nieprawda dezinformacja mit bezpodstawne "
        "bezpodstawny obalono narracja narracje spiskowa propaganda manipulacja plotka dowodów "
        "dowody fakenews rzekomo rzekomy kłamstwo fejk",
        "ru": "ложь ложный ложная ложное ложно фейк фейки дезинформация миф мифы опровергнут "
        "опровергнуто опровергли необоснованно безосновательно нарратив нарративы конспирология "
        "пропаганда слух слухи доказательств доказательства якобы выдумка",
        "uk": "брехня хибний хибне хибно неправда фейк фейки дезінформація міф міфи спростовано "
        "спростували безпідставно безпідставні наратив наративи конспірологія пропаганда чутки "
        "доказів докази нібито вигадка",
        "it": "falso falsa bufala bufale menzogna disinformazione mito smentito infondato "
        "infondata complotto complottista narrazione propaganda fuorviante voci prove presunto",
        "pt": "falso falsa mentira boato boatos desinformação mito infundado infundada desmentido "
        "conspiração narrativa propaganda enganoso provas suposto supostamente",
        "nl": "onwaar onjuist nep nepnieuws hoax mythe desinformatie complottheorie ongegrond "
        "weerlegd propaganda misleidend gerucht geruchten bewijs zogenaamd",
        "cs": "nepravda lež lživý falešný hoax dezinformace mýtus vyvrácen vyvráceno nepodložený "
        "konspirace konspirační propaganda zavádějící fáma důkaz údajně narativ",
        "sk": "nepravda lož falošný hoax dezinformácia mýtus vyvrátený konšpirácia konšpiračný "
        "propaganda zavádzajúci fáma dôkaz údajne",
        "bg": "лъжа лъжлив невярно фалшив дезинформация мит неоснователен конспирация пропаганда "
        "слух доказателства уж",
        "ro": "fals falsă minciună dezinformare mit nefondat conspirație propagandă zvon dovezi",
        "sv": "falskt falska lögn myt desinformation konspirationsteori ogrundat propaganda "
        "vilseledande rykte bevis",
        "el": "ψέμα ψευδήσ παραπληροφόρηση μύθοσ συνωμοσία προπαγάνδα φήμη αποδείξεισ",
        "hu": "hamis hazugság álhír dezinformáció mítosz alaptalan összeesküvés propaganda "
        "félrevezető pletyka bizonyíték állítólag",
        "tr": "yalan yanlış asılsız sahte iddia söylenti komplo propaganda dezenformasyon "
        "yanıltıcı uydurma kanıt sözde",
        "ar": "كاذب كاذبة زائف زائفة مزيف مضلل مضللة شائعة شائعات إشاعة مزاعم مزعوم ادعاء يزعم "
        "تزعم كذبة أكذوبة خرافة مؤامرة دعاية تضليل مفبرك دليل أدلة",
        "fa": "دروغ نادرست جعلی شایعه ادعا توطئه تبلیغات گمراهکننده افسانه شواهد",
        "he": "שקר שקרי כוזב פייק מופרך שמועה קונספירציה תעמולה דיסאינפורמציה מיתוס טענה כביכול",
        "hi": "झूठ झूठा फर्जी अफवाह दावा भ्रामक साजिश दुष्प्रचार सबूत",
        "zh": "谣言 辟谣 造谣 传言 谎言 虚假 不实 失实 阴谋 谬论 误导 假新 核查 证据",
        "ja": "デマ フェイク プロパガンダ 偽情 誤情 虚偽 陰謀 根拠 誤解",
        "ko": "가짜 허위 거짓 루머 음모 선전 소문 근거 증거",
    }
)
"""Words that show a claim from outside: to report it, to doubt it or to debunk it."""

_FRAMES_BY_FORM: Final = frozenset({"en", "ja", "ko", "zh"})
"""Languages whose framing words are listed in every form; others are compared by their stems."""
_FRAME_STEMS: Final = {
    language: frozenset(stem(word, language) for word in words)
    for language, words in FRAMES.items()
    if language not in _FRAMES_BY_FORM
}


def framing(words: Iterable[str], language: str) -> frozenset[str]:
    """The framing words, or their stems, among folded words of a language (primary subtag)."""
    stems = _FRAME_STEMS.get(language)
    if stems is None:
        return FRAMES.get(language, frozenset()).intersection(words)
    return stems.intersection(stem(word, language) for word in words if word)
