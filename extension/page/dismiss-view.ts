/** Dismissing a hint: how far it shall reach, and what became of it. */
import { button, element } from "../common/elements.ts";
import { REACHES, type Reach } from "../common/dismissals.ts";
import { say, type WordKey } from "../common/words.ts";

const OFFERS: Readonly<Record<Reach, WordKey>> = {
  sentence: "hideSentence",
  site: "hideSite",
  everywhere: "hideEverywhere",
};

const DONE: Readonly<Record<Reach, WordKey>> = {
  sentence: "hiddenSentence",
  site: "hiddenSite",
  everywhere: "hiddenEverywhere",
};

/** A hint that was dismissed from the card. `kept`: it reaches further than this tab. */
export interface DismissedView {
  readonly kind: "dismissed";
  readonly reach: Reach;
  readonly kept: boolean;
}

export function dismissOffers(host: string, dismiss: (reach: Reach) => void): Node {
  const offers = REACHES.map((reach) =>
    element("li", {}, button(say(OFFERS[reach], host), () => { dismiss(reach); })),
  );
  return element("details", {}, element("summary", {}, say("hideTitle")), element("ul", {}, ...offers));
}

export function dismissedParts({ reach, kept }: DismissedView, host: string, restore: () => void): Node[] {
  return [
    element("h2", { id: "title" }, say(DONE[reach], host)),
    element("p", {}, say(kept ? "hiddenWhere" : "hiddenPrivate")),
    element("p", { class: "row" }, button(say("hiddenUndo"), restore, { class: "act" })),
  ];
}
