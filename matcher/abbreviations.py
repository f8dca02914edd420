"""What is written with a full stop that ends no sentence, for the languages of most pages."""

from __future__ import annotations

from typing import Final

EVERYWHERE: Final = frozenset(
    "mr mrs ms dr prof sr jr st gen col lt sen rep gov vs etc inc ltd co jan feb mar apr "
    "jun jul aug sep sept oct nov dec u.s u.k u.n e.g i.e z.b d.h u.a bzw ca bspw usw p.ex "
    "т.е т.д т.п г др см им ул св стр тыс млн млрд н.э".split()
)
"""For English, and where the language is not known."""

ABBREVIATIONS: Final = {
    language: frozenset(words.split())
    for language, words in {
        "de": "hr fr dr prof dipl ing st str z.b d.h u.a o.ä u.ä i.d.r bzw ca bspw usw evtl ggf "
        "inkl vgl sog mio mrd tsd jan feb apr aug sept okt nov dez geb gest v.a u.u s.o",
        "fr": "mme mmes mlle mm dr pr me st ste p.ex ex env cf éd av bd janv févr avr juil sept "
        "oct nov déc j.-c vol chap c.-à-d etc",
        "es": "sr sra srta sres dr dra prof d dña ud uds p.ej ej ee uu ee.uu aprox av avda gral "
        "cap cía núm pág págs etc a.c d.c",
        "it": "sig sigg dott dr prof ing avv on ecc pag pagg es art s.p.a a.c d.c gen feb apr "
        "sett ott nov dic",
        "pt": "sr sra srs dr dra prof exmo exma eng av pág págs núm etc ex p.ex a.c d.c",
        "nl": "dhr mevr mw dr prof ir mr drs bijv enz o.a d.w.z m.b.t blz jl a.s ca mln mld",
        "sv": "bl.a t.ex m.m d.v.s kl ca s.k osv dr prof milj mrd",
        "da": "bl.a f.eks m.m dvs kl ca osv dr prof mio mia",
        "nb": "bl.a f.eks m.m dvs kl ca osv dr prof mill mrd",
        "pl": "np tzn tzw tj m.in itd itp prof dr hab ul godz tys mln mld św im al os ok por nr "
        "gen płk mjr ks wg woj pow",
        "cs": "např tzv tj atd apod mj č str ing mgr judr mudr dr prof tis mil mld sv ul nám gen",
        "sk": "napr tzv tj atď apod č str ing mgr dr prof tis mil mld sv ul nám gen",
        "ru": "т.е т.д т.п т.к т.н и.о г гг др см им ул св стр тыс млн млрд трлн н.э руб коп "
        "проф акад обл р-н корп ген ред прим напр долл чел",
        "uk": "т.зв т.д т.п т.ін тобто р рр см ім вул просп пл св стор тис млн млрд трлн грн н.е "
        "проф акад обл ген ред прим напр див ст смт дол ін",
        "be": "г.зн і.г.д г гг ім вул св стар тыс млн млрд руб праф акад вобл гл напр",
        "bg": "т.е т.н т.нар г гг др ул св стр хил млн млрд лв проф акад ген напр бул гр чл",
        "ro": "dl dna d-na d-lui dr prof ing str nr ș.a ş.a etc jud art mil mld gen",
        "hu": "dr prof stb pl kb ún ui u.n jan febr márc ápr jún júl aug szept okt nov dec",
        "tr": "dr prof doç av vb vs sn cad mah sok no örn yy m.ö m.s",
        "el": "κ κα κος π.χ δηλ κ.λπ κ.ά κτλ κλπ αρ σελ δρ εκ δισ χιλ μ.χ π.μ μ.μ",
        "fi": "esim ns mm yms jne n ks tri prof milj mrd s.o ts",
    }.items()
}
"""In lower case, without the last full stop; other languages use ``EVERYWHERE``."""

BEFORE_NUMBERS: Final = frozenset("no nr fig art vol p pp №".split())

DOTTED_ORDINALS: Final = frozenset(
    "de da nb nn no fi et cs sk sl hr sr bs hu lv pl is lb fo".split()
)
"""Languages in which a full stop after a number makes it "the third" and so on."""

LONGEST: Final = 32
"""Characters before a full stop that can be an abbreviation, opening quotes included."""
