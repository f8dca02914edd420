/**
 * The card of a hint: a non-modal dialog in a closed shadow root.
 *
 * Its host is the one thing this extension ever adds to a page. It stands beside the body, in the
 * top layer, only while a card is open.
 */
import { button, element, link } from "../common/elements.ts";
import type { CaseReply, PageSettings } from "../common/messages.ts";
import type { Case, Related, Verdict } from "../common/wire.ts";
import { say, sayDate, sayTime, wordsLanguage, type WordKey } from "../common/words.ts";
import cardCss from "./card.css?inline";
import { boxesOf, type Hint } from "./hints.ts";
import { directionOf } from "./languages.ts";
import { around, placeCard } from "./placing.ts";

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

/** What the card shows at one time: the hint's own case, or a related one reached from it. */
interface View {
  readonly about: Case;
  readonly asOf: string;
  /** The service could not be asked: what is shown was known before. */
  readonly away: boolean;
  readonly gone: boolean;
}

export interface CardOutside {
  /** Asks for a case by its id, fresh from the service. */
  case(id: string): Promise<CaseReply>;
  /** The service says that the case is withdrawn. */
  gone(id: string): void;
}

export class Card {
  private readonly outside: CardOutside;
  private host: HTMLElement | null = null;
  private panel: HTMLElement | null = null;
  private shown: Hint | null = null;
  private trail: View[] = [];
  private before: Element | null = null;
  private theme: PageSettings["theme"] = "auto";
  private readonly listeners = new AbortController();

  constructor(outside: CardOutside) {
    this.outside = outside;
    const { signal } = this.listeners;
    // On the window and first, so that Esc closes the card and not the page's own dialog.
    addEventListener("keydown", (event) => { this.pressed(event); }, { capture: true, signal });
    addEventListener("scroll", () => { this.place(); }, { capture: true, passive: true, signal });
    addEventListener("resize", () => { this.place(); }, { passive: true, signal });
  }

  get hint(): Hint | null {
    return this.shown;
  }

  /** Whether an event happened inside the card. */
  holds(path: readonly EventTarget[]): boolean {
    return this.host !== null && path.includes(this.host);
  }

  /** Opens the card of a hint. `focus`: it was asked for by key or click, not by hovering. */
  open(hint: Hint, theme: PageSettings["theme"], focus: boolean): void {
    if (this.shown === hint) {
      if (focus) this.panel?.focus({ preventScroll: true });
      return;
    }
    const before = this.host === null ? document.activeElement : this.before;
    this.remove();
    this.before = before;
    this.shown = hint;
    this.theme = theme;
    this.trail = [{ about: hint.case, asOf: hint.asOf, away: false, gone: false }];
    this.build();
    this.render(focus);
    void this.refresh(hint.case.id);
  }

  close(): void {
    const focused = this.panel?.getRootNode() instanceof ShadowRoot && document.activeElement === this.host;
    this.remove();
    // Focus goes back only if the card had it: a reader who moved on is not pulled back.
    if (focused && this.before instanceof HTMLElement && this.before.isConnected) {
      this.before.focus({ preventScroll: true });
    }
    this.before = null;
  }

  /** Closes the card and stops listening. */
  stop(): void {
    this.close();
    this.listeners.abort();
  }

  private remove(): void {
    this.host?.remove();
    this.host = null;
    this.panel = null;
    this.shown = null;
    this.trail = [];
  }

  private build(): void {
    const host = element("div", { popover: "manual" });
    const root = host.attachShadow({ mode: "closed" });
    const style = element("style");
    style.textContent = cardCss;
    const panel = element("div", {
      role: "dialog",
      "aria-modal": "false",
      "aria-labelledby": "claim",
      tabindex: "-1",
      class: "card",
      "data-theme": this.theme,
      lang: wordsLanguage(),
      dir: directionOf(wordsLanguage()),
    });
    root.append(style, panel);
    // The page's shortcuts are not meant for the card.
    for (const type of ["keydown", "keypress", "keyup"] as const) {
      panel.addEventListener(type, (event) => { event.stopPropagation(); });
    }
    document.documentElement.append(host);
    host.showPopover();
    this.host = host;
    this.panel = panel;
  }

  private pressed(event: KeyboardEvent): void {
    if (event.key !== "Escape" || this.host === null) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    this.close();
  }

  /** Opening a card asks for its case again: it may have been corrected or withdrawn. */
  private async refresh(id: string): Promise<void> {
    const reply = await this.outside.case(id);
    const view = this.trail.at(-1);
    if (this.panel === null || view?.about.id !== id) return;
    if (reply.state === "gone") {
      this.replace({ ...view, gone: true });
      this.outside.gone(id);
    } else if (reply.state === "away") {
      this.replace({ ...view, away: true });
    } else if (JSON.stringify(reply.case) !== JSON.stringify(view.about)) {
      this.replace({ about: reply.case, asOf: reply.asOf, away: false, gone: false });
    }
  }

  private replace(view: View): void {
    this.trail[this.trail.length - 1] = view;
    // Whoever reads with the keyboard stays where they are as long as that place exists.
    this.render(false);
  }

  private async follow(related: Related): Promise<void> {
    if (related.id === null) return;
    const reply = await this.outside.case(related.id);
    if (this.panel === null) return;
    if (reply.state === "gone" || reply.case === null) {
      const status = this.panel.querySelector(".status");
      if (status !== null) status.textContent = say(reply.state === "gone" ? "cardGone" : "cardAway");
      return;
    }
    const away = reply.state === "away";
    this.trail.push({ about: reply.case, asOf: reply.asOf ?? "", away, gone: false });
    this.render(true);
  }

  private back(): void {
    this.trail.pop();
    this.render(true);
  }

  private render(focus: boolean): void {
    const view = this.trail.at(-1);
    const { panel, shown } = this;
    if (view === undefined || panel === null || shown === null) return;
    const held = panel.contains((panel.getRootNode() as ShadowRoot).activeElement);
    panel.replaceChildren(...this.parts(view, shown));
    this.place();
    panel.scrollTop = 0;
    if (focus || held) panel.focus({ preventScroll: true });
  }

  private parts(view: View, hint: Hint): (Node | string)[] {
    const { about } = view;
    const own = this.trail.length === 1;
    const claim = own ? hint.match.claim : about.claim;
    const language = own ? (hint.match.claim_language ?? null) : (about.claim_language ?? null);
    const publisher = about.publisher.name;
    const reviewed = say(
      !own ? "cardReviewed" : hint.band === "match" ? "cardMatches" : "cardSimilar",
      publisher,
      sayDate(about.published),
    );
    const parts: (Node | string | null)[] = [
      element(
        "div",
        { class: "head" },
        own ? null : button(say("cardBack"), () => { this.back(); }, { class: "back" }),
        element("span", { class: `verdict ${about.verdict}` }, say(VERDICTS[about.verdict])),
        button("×", () => { this.close(); }, { class: "close", "aria-label": say("cardClose") }),
      ),
      element("p", { class: "reviewed" }, reviewed),
      element("h2", { id: "claim", lang: language ?? undefined, dir: directionOf(language) }, claim),
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
      this.related(about),
      own ? why(hint) : null,
      element("p", { class: "status", role: "status" }, status(view)),
    ];
    return parts.filter((part) => part !== null);
  }

  private related(about: Case): Node | null {
    if (about.related.length === 0) return null;
    const entries = about.related.map((related) =>
      element(
        "li",
        {},
        related.id === null
          ? link(related.claim, related.url, { dir: "auto" })
          : button(related.claim, () => void this.follow(related), { class: "related", dir: "auto" }),
      ),
    );
    return element(
      "section",
      { "aria-labelledby": "related" },
      element("h3", { id: "related" }, say("cardRelated")),
      element("ul", {}, ...entries),
    );
  }

  private place(): void {
    const { host, panel, shown } = this;
    if (host === null || panel === null || shown === null) return;
    const sentence = around(boxesOf(shown));
    if (sentence === null) return;
    const { scrollTop } = panel;
    panel.style.maxHeight = "none";
    panel.style.maxWidth = "none";
    // Without the page's scroll bars, which lie over nothing and hide what is under them.
    const { clientWidth, clientHeight } = document.documentElement;
    const viewport = { width: Math.min(innerWidth, clientWidth), height: Math.min(innerHeight, clientHeight) };
    const size = { width: panel.offsetWidth, height: panel.scrollHeight + 2 };
    const { left, top, maxHeight, maxWidth } = placeCard(sentence, size, viewport);
    panel.style.left = `${left}px`;
    panel.style.top = `${top}px`;
    panel.style.maxHeight = `${maxHeight}px`;
    panel.style.maxWidth = `${maxWidth}px`;
    panel.scrollTop = scrollTop;
  }
}

function status(view: View): string {
  if (view.gone) return say("cardGone");
  return view.away ? say("cardAsOf", sayTime(view.asOf)) : "";
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
    element("p", {}, say("whyScore", Math.round(hint.match.score * 100))),
  );
}
