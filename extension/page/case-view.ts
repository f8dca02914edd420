/** What the card says of a case: claim, verdict, summary, disproof, related cases, why. */
import { button, element, link } from "../common/elements.ts";
import { directionOf } from "../common/languages.ts";
import type { Case, Related, Verdict } from "../common/wire.ts";
import { say, sayDate, sayTime, type WordKey } from "../common/words.ts";
import type { Hint } from "./hints.ts";

const VERDICTS: Readonly<Record<Verdict, WordKey>> = {
  false: "verdictFalse",
  misleading: "verdictMisleading",
  unproven: "verdictUnproven",
  mixed: "verdictMixed",
};

const GUARDS: Readonly<Record<string, WordKey>> = {
  negated: "guardNegated",
  number: "guardNumber",
  name: "guardName",
  quoted: "guardQuoted",
  generic: "guardGeneric",
};

/** A case as the card shows it. */
export interface CaseView {
  readonly kind: "case";
  readonly about: Case;
  readonly asOf: string;
  /** The service could not be asked: what is shown was known before. */
  readonly away: boolean;
  /** It comes from the copy of the cases that is kept in the browser. */
  readonly kept: boolean;
  readonly gone: boolean;
}

export function verdict({ verdict: kind }: Case): HTMLElement {
  return element("span", { class: `verdict ${kind}`, id: "verdict" }, say(VERDICTS[kind]));
}

/** `hint`: the case is the hint's own, not a related one reached from it. */
export function caseParts(
  { about }: CaseView,
  hint: Hint | null,
  follow: (related: Related) => void,
): (Node | null)[] {
  const claim = hint === null ? about.claim : hint.match.claim;
  const language = (hint === null ? about.claim_language : hint.match.claim_language) ?? null;
  const publisher = about.publisher.name;
  const reviewed = hint === null ? "cardReviewed" : hint.band === "match" ? "cardMatches" : "cardSimilar";
  return [
    element("p", { class: "reviewed" }, say(reviewed, publisher, sayDate(about.published))),
    element("h2", { id: "title", lang: language ?? undefined, dir: directionOf(language) }, claim),
    about.rating === null
      ? null
      : element("p", { class: "rating" }, say("cardRating", publisher) + " ", element("q", { dir: "auto" }, about.rating)),
    about.summary === null
      ? null
      : element(
          "p",
          { class: "summary", lang: about.summary_language ?? undefined, dir: directionOf(about.summary_language ?? null) },
          about.summary,
        ),
    element("p", {}, link(say("cardDisproof", publisher), about.url, { class: "disproof" })),
    related(about, follow),
    hint === null ? null : why(hint),
  ];
}

/** What has to be said beside the case: it is withdrawn, or as old as it is. */
export function caseStatus({ gone, away, kept, asOf }: CaseView): string {
  if (gone) return say("cardGone");
  if (kept) return say("cardKept", sayTime(asOf));
  return away ? say("cardAsOf", sayTime(asOf)) : "";
}

function related(about: Case, follow: (related: Related) => void): Node | null {
  if (about.related.length === 0) return null;
  const entries = about.related.map((other) =>
    element(
      "li",
      {},
      other.id === null
        ? link(other.claim, other.url, { dir: "auto" })
        : button(other.claim, () => { follow(other); }, { class: "related", dir: "auto" }),
    ),
  );
  return element(
    "section",
    { "aria-labelledby": "related" },
    element("h3", { id: "related" }, say("cardRelated")),
    element("ul", {}, ...entries),
  );
}

function why(hint: Hint): Node {
  const { shared, guard } = hint.match.why;
  const guardKey = guard === null ? undefined : GUARDS[guard];
  const language = hint.match.claim_language ?? undefined;
  return element(
    "details",
    {},
    element("summary", {}, say("cardWhy")),
    element("p", {}, say("whyCompared")),
    shared.length === 0
      ? null
      : element(
          "p",
          {},
          say("whyShared") + " ",
          element("span", { lang: language, dir: "auto" }, shared.join(", ")),
        ),
    guardKey === undefined ? null : element("p", {}, say(guardKey)),
    element("p", {}, hint.kept ? say("whyKept") : say("whyScore", Math.round(hint.match.score * 100))),
  );
}
