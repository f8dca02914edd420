"""Machine-made neighbours of an English sentence, to train on: opposites, exchanges, frames.

They are made from true pairs, so that a model cannot tell them by their source; simple rules,
often clumsy, good enough to teach what must and what must not change a judgement. Case is
left as it falls: the model reads lower case.
"""

from __future__ import annotations

import re
from random import Random
from typing import Final

AUXILIARIES: Final = frozenset(
    "is are was were will would can could should has have had does do did must may might".split()
)
CONTRACTING: Final = frozenset(
    "is are was were has have had does do did would could should".split()
)
PAST: Final = {
    "became": "become", "began": "begin", "bought": "buy", "broke": "break", "brought": "bring",
    "built": "build", "came": "come", "fought": "fight", "found": "find", "gave": "give",
    "got": "get", "held": "hold", "killed": "kill", "knew": "know", "led": "lead", "lost": "lose",
    "made": "make", "paid": "pay", "planned": "plan", "put": "put", "said": "say", "sent": "send",
    "shot": "shoot", "sold": "sell", "spread": "spread", "stopped": "stop", "told": "tell",
    "took": "take", "used": "use", "wanted": "want", "went": "go", "won": "win", "wrote": "write",
}  # fmt: skip
PRESENT: Final = frozenset(
    "want plan support use control create prepare threaten attack need seek help make violate "
    "continue finance fund remain spread force kill cause lead supply ignore invent block fight "
    "train try".split()
)
FIRST_WORDS: Final = 8
"""How far into a sentence its main verb is looked for."""

_COUNTRIES: Final = (
    "Russia", "Ukraine", "Poland", "Belarus", "Germany", "Georgia", "Turkey", "China", "Moldova",
    "Lithuania", "France", "Sweden", "Syria", "Kazakhstan", "Canada", "Israel", "Iran",
)  # fmt: skip
ACTORS: Final = (*_COUNTRIES, "NATO", "the EU", "the US")
NATIONS: Final = (
    "Russian", "Ukrainian", "Polish", "American", "European", "Western", "German", "Georgian",
    "Turkish", "Chinese", "Belarusian", "British", "Lithuanian", "French", "Syrian",
)  # fmt: skip
_ACTOR: Final = re.compile(
    r"\b(?:(?:[Tt]he )?(?:EU|US|USA|UK|NATO|West)|"
    + "|".join(_COUNTRIES)
    + r"|Europe|Washington|Moscow|Kyiv|Kiev|Brussels|London|Trump|Obama|Clinton|Putin|Biden"
    r"|Zelensky+y?|Poroshenko)\b(?!-|['’]s)"
)
_NATION: Final = re.compile(r"\b(?:" + "|".join(NATIONS) + r")s?\b")
_NUMBER: Final = re.compile(r"\b\d[\d,.]*\d\b|\b\d\b")

DEBUNKS: Final = (
    "It is false that {}", "It is not true that {}", "There is no evidence that {}",
    "There is no proof that {}", "The claim that {} is false", "The allegation that {} is baseless",
    "Contrary to claims that {}, nothing of the kind has happened",
    "This is part of a recurring pro-Kremlin narrative alleging that {}",
    "Pro-Kremlin media have repeatedly and falsely claimed that {}", "Fact check: no, {}",
    "A conspiracy theory claims that {}", "Disinformation about {}",
    "See other examples of disinformation claiming that {}",
    "Experts have debunked the myth that {}", "He denied that {}",
    "Officials dismissed as absurd the claim that {}", "Read similar cases claiming that {}",
    "Did {}? No", "The story does not support the claim that {}",
    "Recurring disinformation narrative: {}", "Neither source confirms that {}",
    "The unfounded theory that {} has been refuted many times",
    "It has been repeatedly disproved that {}", "Posts falsely claim that {}",
    "State television falsely reported that {}", "A video that spread the lie that {} was removed",
    "The network alleged, without offering any proof, that {}", "No, it is wrong that {}",
    "A hoax about how {} has been shared thousands of times", "{}: this is a fake",
    "{}, according to a smear campaign without a shred of proof", "Courts rejected the lie that {}",
    "The website made up a story in which {}", "The idea that {} is pure fantasy",
    "Fact-checkers looked into the rumour that {} and found nothing", "Trolls spread that {}",
    "The invented report that {} was taken down", "The ministry called it nonsense that {}",
    "Why people wrongly believe that {}", "How the fake story that {} began", "{}? That is untrue",
    "{} – so runs a myth that experts have refuted", "Researchers traced the claim that {}",
)  # fmt: skip
"""Frames in which a claim is not repeated but debunked, doubted or denied."""

ASSERTIONS: Final = (
    "Experts say that {}", "As is well known, {}", "It has become clear that {}",
    "According to the expert, {}", "The fact is that {}", "Everyone understands that {}",
    "I think {}", "We can see that {}", "According to reports, {}", "Today it is obvious that {}",
    "He stressed that {}", "Breaking: {}", "It turns out that {}", "Of course, {}",
    "The media hide it, but {}", "{} and nobody talks about it", "{}, the analyst said",
    "{}, as documents show", "Unfortunately {}", "The truth is that {}", "It is no secret that {}",
    "No one doubts that {}",
)  # fmt: skip
"""Frames in which a claim is still asserted, some of them with a negation of their own."""

DETAILS: Final = (
    "On Monday, {}", "In March 2020, {}", "Yesterday in Brussels, {}", "Last year {}",
    "After the summit, {}", "Speaking to reporters, he said that {}", "In recent years {}",
    "According to the channel's sources in Washington, {}", "As early as in 2014, {}",
    "In an interview with a Moscow newspaper, the deputy explained that {}", "Meanwhile {}",
    "In the view of many in the region, {}", "For the third time this month, {}",
    "Despite all promises, {}", "With the help of foreign partners, {}", "From now on, {}",
    "At the same time, {}", "It was under these circumstances that {}",
    "{}, which caused an outcry in parliament", "{} for the second time this year",
    "{}, as has been the case since the nineties", "{} during joint exercises on the coast",
    "{}, and this will have grave consequences for everyone", "{} in order to gain time",
    "{}, while ordinary people pay the price", "{} together with their allies in the region",
    "{} because it suits those in power", "{}, said the head of the committee on Tuesday",
    "{}, and nothing will change before the elections", "{}, while prices keep rising",
)  # fmt: skip
"""Frames that add what a claim leaves out, and assert it all the same."""

JOINTS: Final = (
    "{}, and {}", "{}; {}", "{}, while {}", "{} because {}", "{} – {}", "{}, but {}", "{}, so {}",
)  # fmt: skip


def negated(text: str, draw: Random) -> str | None:
    """The opposite of a sentence; None where no simple rule applies."""
    words = text.split()
    bare = [word.lower().strip(".,;:\"'()") for word in words]
    for i, word in enumerate(bare):
        if word in ("not", "never"):
            return " ".join(words[:i] + words[i + 1 :])
        contracted = re.fullmatch(r"(\w+)n['’]t", word)
        if contracted and contracted[1] in CONTRACTING:
            return " ".join([*words[:i], contracted[1], *words[i + 1 :]])
        if word == "no":
            return " ".join([*words[:i], draw.choice(("some", "many", "the")), *words[i + 1 :]])
    for i, word in enumerate(bare):
        if i and word in AUXILIARIES:
            if word in CONTRACTING and draw.random() < 0.25:
                return " ".join([*words[:i], words[i] + "n't", *words[i + 1 :]])
            negator = draw.choice(("not", "not", "never"))
            return " ".join([*words[: i + 1], negator, *words[i + 1 :]])
    for i, word in enumerate(bare[:FIRST_WORDS]):
        denial = i and not bare[i - 1].endswith("ly") and _denial(word, draw)
        if denial:
            return " ".join([*words[:i], denial, *words[i + 1 :]])
    return None


def _denial(verb: str, draw: Random) -> str | None:
    """``did not want`` for ``wanted``; None where the word is no verb that the rules know."""
    if verb in PAST or re.fullmatch(r"[a-z]{3,}ed", verb):
        base = PAST.get(verb) or (verb[:-1] if re.search(r"[sctgvuzr]ed$", verb) else verb[:-2])
        return f"{draw.choice(('did not', 'never'))} {base}"
    if verb in PRESENT:
        return f"do not {verb}"
    base = f"{verb[:-3]}y" if verb.endswith("ies") else verb[:-1]
    return f"does not {base}" if base in PRESENT and verb.endswith("s") else None


def doubted(text: str, draw: Random) -> str | None:
    """The sentence with a word that says it is only alleged; None without a verb to put it by."""
    words = text.split()
    for i, word in enumerate(words[:FIRST_WORDS]):
        bare = word.lower().strip(".,;:\"'()")
        if i and (bare in AUXILIARIES or bare in PAST or re.fullmatch(r"[a-z]{3,}ed", bare)):
            after = bare in AUXILIARIES
            doubt = draw.choice(("supposedly", "allegedly", "falsely", "reportedly but wrongly"))
            return " ".join([*words[: i + after], doubt, *words[i + after :]])
    return None


def exchanged(text: str, draw: Random) -> str | None:
    """Who did it and to whom, exchanged, or one of them replaced; None without a known name."""
    named = list(_ACTOR.finditer(text))
    if len(named) > 1:
        first, last = named[0], named[-1]
        between = text[first.end() : last.start()]
        if first[0].lower() != last[0].lower() and not between.startswith(" and "):
            return text[: first.start()] + last[0] + between + first[0] + text[last.end() :]
    for found, others in ((named, ACTORS), (list(_NATION.finditer(text)), NATIONS)):
        if found:
            name = draw.choice(found)
            other = draw.choice([o for o in others if o.split()[-1] not in name[0]])
            return text[: name.start()] + other + text[name.end() :]
    return None


def renumbered(text: str, draw: Random) -> str | None:
    """The same with another year or quantity; None without a number."""
    found = list(_NUMBER.finditer(text))
    if not found:
        return None
    number = draw.choice(found)
    value = int(re.sub(r"\D", "", number[0]))
    if 1900 <= value <= 2035:
        other = value + draw.choice((-7, -4, -3, -2, 2, 3, 5))
    else:
        other = max(2, int(value * draw.choice((0.2, 0.3, 0.5, 2, 3, 5, 10)) + draw.choice((0, 3))))
    return None if other == value else text[: number.start()] + str(other) + text[number.end() :]


def framed(text: str, frames: tuple[str, ...], draw: Random) -> str:
    """The sentence inside one of the frames."""
    whole = draw.choice(frames).format(text.rstrip(". …"))
    return whole[0].upper() + whole[1:] + "."


def joined(first: str, second: str, draw: Random) -> str:
    """A sentence that says two things, in either order."""
    both = [first.rstrip(". …"), second.rstrip(". …")]
    draw.shuffle(both)
    return draw.choice(JOINTS).format(both[0], both[1][:1].lower() + both[1][1:]) + "."


_CLAUSE: Final = re.compile(
    r"[,;:–—] (?:and |but |while |because |since |as |so )?|"
    r" (?:because|while|whereas|after which|and that|so that) "
)
_DOUBTFUL: Final = re.compile(
    r"\b(?:no|not|never|nor|without|if|whether|would|could|may|might|deny|denie[sd]|refute[sd]?|"
    r"false(?:ly)?|alleg\w+|claim\w*|narrative\w*|disinformation|accus\w+|reject\w*|myth|hoax)\b|"
    r"n['’]t\b|\?",
    re.IGNORECASE,
)
_OPENING: Final = re.compile(r"^(?:that|which|who|and|but|to|are|is|in|by|for|with|of) ")
CLAUSE_WORDS: Final = (5, 16)
"""Words of a clause that can stand as a claim."""


def clause(text: str, draw: Random) -> str | None:
    """A clause that a longer sentence asserts, as a claim of its own.

    None where there is none of fit length, and where a word of doubt, negation or quotation
    makes it unsure what is asserted.
    """
    if _DOUBTFUL.search(text):
        return None
    least, most = CLAUSE_WORDS
    fit = [
        part.strip(' ."“”')
        for part in _CLAUSE.split(text)
        if least <= len(part.split()) <= min(most, len(text.split()) - least)
    ]
    if not fit:
        return None
    chosen = _OPENING.sub("", draw.choice(fit))
    return chosen[:1].upper() + chosen[1:] if len(chosen.split()) >= least else None


def reworded(text: str, draw: Random) -> str:
    """Much the same: cut short, without articles, with its halves exchanged, other ending."""
    words = text.rstrip(".").split()
    way = draw.choice(("cut", "articles", "halves", "ending"))
    if way == "cut" and len(words) > 7:
        return " ".join(words[: max(6, int(len(words) * draw.uniform(0.7, 0.95)))])
    if way == "articles" and len(words) > 6:
        return " ".join(w for w in words if w.lower() not in ("the", "a", "an", "of", "that"))
    if way == "halves" and ", " in text:
        first, rest = text.rstrip(".").split(", ", 1)
        return f"{rest[0].upper()}{rest[1:]}, {first[0].lower()}{first[1:]}"
    return text.rstrip(".") + draw.choice((".", "!", "", " …"))
