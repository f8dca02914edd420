/**
 * The card of a hint: a non-modal dialog in a closed shadow root.
 *
 * Its host is the one thing this extension ever adds to a page. It stands beside the body, in the
 * top layer, only while a card is open.
 */
import type { Reach } from "../common/dismissals.ts";
import { button, element } from "../common/elements.ts";
import { directionOf } from "../common/languages.ts";
import type { CaseReply, PageReplies, PageSettings, ReportReply } from "../common/messages.ts";
import type { Report } from "../common/reports.ts";
import type { Related } from "../common/wire.ts";
import { say, wordsLanguage } from "../common/words.ts";
import cardCss from "./card.css?inline";
import { caseParts, caseStatus, verdict, type CaseView } from "./case-view.ts";
import { dismissedParts, dismissOffers, type DismissedView } from "./dismiss-view.ts";
import { boxesOf, type Hint } from "./hints.ts";
import { around, missingRoom, placeCard, type Size } from "./placing.ts";
import { reportParts, type ReportView } from "./report-view.ts";

/** What the card shows at one time; the last of its trail. */
type View = CaseView | DismissedView | ReportView;

export interface CardOutside {
  /** Asks for a case by its id, fresh from the service. */
  case(id: string): Promise<CaseReply>;
  /** The service says that the case is withdrawn. */
  gone(id: string): void;
  dismiss(hint: Hint, reach: Reach): Promise<PageReplies["page:dismiss"]>;
  restore(hint: Hint, reach: Reach): Promise<unknown>;
  report(report: Report): Promise<ReportReply>;
}

/** Without the page's scroll bars, which lie over nothing and hide what is under them. */
function viewport(): Size {
  const { clientWidth, clientHeight } = document.documentElement;
  return { width: Math.min(innerWidth, clientWidth), height: Math.min(innerHeight, clientHeight) };
}

export class Card {
  private readonly outside: CardOutside;
  private host: HTMLElement | null = null;
  private panel: HTMLElement | null = null;
  private shown: Hint | null = null;
  private trail: View[] = [];
  private before: Element | null = null;
  private server = "";
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
  open(hint: Hint, { theme, server }: PageSettings, focus: boolean): void {
    if (this.shown === hint) {
      if (focus) this.panel?.focus({ preventScroll: true });
      return;
    }
    const sentence = around(boxesOf(hint));
    const missing = sentence === null ? 0 : missingRoom(sentence, viewport());
    // Rather the page moves than that the card lies on the words; not by itself, under the pointer.
    if (missing > 0 && !focus) return;
    if (missing > 0) scrollBy({ top: missing, behavior: "instant" });
    const before = this.host === null ? document.activeElement : this.before;
    this.remove();
    this.before = before;
    this.shown = hint;
    this.server = server;
    this.trail = [{ kind: "case", about: hint.case, asOf: hint.asOf, away: false, kept: hint.kept, gone: false }];
    this.build(theme);
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

  private build(theme: PageSettings["theme"]): void {
    const host = element("div", { popover: "manual" });
    const root = host.attachShadow({ mode: "closed" });
    const style = element("style");
    style.textContent = cardCss;
    const panel = element("div", {
      role: "dialog",
      "aria-modal": "false",
      // The verdict first: no screen reader shall say the claim as if it held.
      "aria-labelledby": "verdict title",
      tabindex: "-1",
      class: "card",
      "data-theme": theme,
      lang: wordsLanguage(),
      dir: directionOf(wordsLanguage()),
    });
    root.append(style, panel);
    // The page's shortcuts are not meant for the card.
    for (const type of ["keydown", "keypress", "keyup"] as const) {
      panel.addEventListener(type, (event) => { event.stopPropagation(); });
    }
    // What is unfolded takes more room; such events do not bubble.
    panel.addEventListener("toggle", () => { this.place(); }, { capture: true });
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
    const [view] = this.trail;
    if (this.panel === null || view?.kind !== "case" || view.about.id !== id) return;
    if (reply.state === "gone") {
      this.renew({ ...view, gone: true });
      this.outside.gone(id);
    } else if (reply.state === "away") {
      this.renew({ ...view, away: true });
    } else if (JSON.stringify(reply.case) !== JSON.stringify(view.about)) {
      this.renew({ kind: "case", about: reply.case, asOf: reply.asOf, away: false, kept: reply.state === "kept", gone: false });
    }
  }

  /** The hint's own case in another state; shown when the reader comes back to it. */
  private renew(view: CaseView): void {
    this.trail[0] = view;
    // Whoever reads with the keyboard stays where they are as long as that place exists.
    if (this.trail.length === 1) this.render(false);
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
    const [away, kept] = [reply.state === "away", reply.state === "kept"];
    this.show({ kind: "case", about: reply.case, asOf: reply.asOf ?? "", away, kept, gone: false });
  }

  private show(view: View): void {
    this.trail.push(view);
    this.render(true);
  }

  private back(): void {
    this.trail.pop();
    this.render(true);
  }

  private async dismiss(hint: Hint, reach: Reach): Promise<void> {
    const { kept } = await this.outside.dismiss(hint, reach);
    if (this.shown === hint) this.show({ kind: "dismissed", reach, kept });
  }

  private async restore(hint: Hint, reach: Reach): Promise<void> {
    await this.outside.restore(hint, reach);
    if (this.shown === hint) this.back();
  }

  private render(focus: boolean): void {
    const view = this.trail.at(-1);
    const { panel, shown } = this;
    if (view === undefined || panel === null || shown === null) return;
    const held = panel.contains((panel.getRootNode() as ShadowRoot).activeElement);
    panel.replaceChildren(this.head(view), ...this.parts(view, shown));
    this.place();
    panel.scrollTop = 0;
    if (focus || held) panel.focus({ preventScroll: true });
  }

  private head(view: View): Node {
    // What was dismissed is taken back by its own button.
    const canGoBack = this.trail.length > 1 && view.kind !== "dismissed";
    return element(
      "div",
      { class: "head" },
      canGoBack ? button(say("cardBack"), () => { this.back(); }, { class: "back" }) : null,
      view.kind === "case" ? verdict(view.about) : null,
      button("×", () => { this.close(); }, { class: "close", "aria-label": say("cardClose") }),
    );
  }

  private parts(view: View, hint: Hint): Node[] {
    switch (view.kind) {
      case "case": {
        const own = this.trail.length === 1;
        const parts = [
          ...caseParts(view, own ? hint : null, (related) => void this.follow(related)),
          ...(own && !view.gone ? this.offers(hint) : []),
          element("p", { class: "status", role: "status" }, caseStatus(view)),
        ];
        return parts.filter((part) => part !== null);
      }
      case "dismissed":
        return dismissedParts(view, location.hostname, () => void this.restore(hint, view.reach));
      case "report":
        return reportParts(hint, this.server, (report) => this.outside.report(report), () => { this.place(); });
    }
  }

  private offers(hint: Hint): Node[] {
    return [
      dismissOffers(location.hostname, (reach) => void this.dismiss(hint, reach)),
      element(
        "p",
        { class: "more" },
        button(say("reportTitle"), () => { this.show({ kind: "report" }); }),
      ),
    ];
  }

  private place(): void {
    const { host, panel, shown } = this;
    if (host === null || panel === null || shown === null) return;
    const sentence = around(boxesOf(shown));
    if (sentence === null) return;
    const { scrollTop } = panel;
    panel.style.maxHeight = "none";
    panel.style.maxWidth = "none";
    const size = { width: panel.offsetWidth, height: panel.scrollHeight + 2 };
    const { left, top, maxHeight, maxWidth } = placeCard(sentence, size, viewport());
    panel.style.left = `${left}px`;
    panel.style.top = `${top}px`;
    panel.style.maxHeight = `${maxHeight}px`;
    panel.style.maxWidth = `${maxWidth}px`;
    panel.scrollTop = scrollTop;
  }
}
