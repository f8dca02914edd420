/** Joins the reader and the card in one page, and answers the background. */
import { browser } from "wxt/browser";
import type { Reach } from "../common/dismissals.ts";
import type { PageMessage, PageReplies, PageSettings, ToPage } from "../common/messages.ts";
import { say } from "../common/words.ts";
import { Card } from "./card.ts";
import { hintAt, isInteractive, boxesOf, type Hint } from "./hints.ts";
import { Reader } from "./reader.ts";

/** Milliseconds for which the pointer rests on a hint before its card opens by itself. */
const REST_MS = 600;
/** Milliseconds for which such a card waits for the pointer to come back. */
const LEAVE_MS = 500;
/** Pixels around the sentence that still count as on it, so that the way to the card is open. */
const NEARBY = 24;

/** In the isolated world of the extension: no page sees it. */
const RUNNING = Symbol.for("running");
type World = typeof globalThis & { [RUNNING]?: boolean };

async function tell<T extends PageMessage["type"]>(
  message: Extract<PageMessage, { type: T }>,
): Promise<PageReplies[T]> {
  const reply = await browser.runtime.sendMessage<PageMessage, PageReplies[T] | null>(message);
  if (reply === null) throw new Error("the background refused a message");
  return reply;
}

export async function startPage(): Promise<void> {
  const world = globalThis as World;
  if (world[RUNNING] === true || !isOwnFrame()) return;
  world[RUNNING] = true;
  const reply = await tell({ type: "page:start", loading: performance.timeOrigin }).catch(() => ({ run: false }) as const);
  if (reply.run) new Page(reply.settings).start();
  else world[RUNNING] = false;
}

/** The top frame, and frames of the same origin in it: advertisements are nobody's reading. */
function isOwnFrame(): boolean {
  if (!(document.documentElement instanceof HTMLElement)) return false;
  return window === window.top || window.frameElement !== null;
}

class Page {
  private settings: PageSettings;
  private readonly reader: Reader;
  private readonly card: Card;
  private readonly listeners = new AbortController();
  private rest: ReturnType<typeof setTimeout> | undefined;
  private leave: ReturnType<typeof setTimeout> | undefined;
  private hovered = false;
  private announced = false;
  private current: Hint | null = null;

  constructor(settings: PageSettings) {
    this.settings = settings;
    this.reader = new Reader(settings, {
      check: async (sentences) => {
        try {
          return await tell({ type: "page:check", sentences });
        } catch {
          // The extension was updated or removed while the page stayed open.
          return { state: "stopped" };
        }
      },
      paint: async (names) => {
        await tell({ type: "page:paint", names });
      },
      hintsChanged: (hints) => {
        this.hintsChanged(hints);
      },
      ended: () => {
        this.stop();
      },
    });
    this.card = new Card({
      case: (id) =>
        tell({ type: "page:case", id }).catch(() => ({ state: "away", case: null, asOf: null }) as const),
      gone: (id) => {
        this.reader.dropCase(id);
      },
      dismiss: (hint, reach) =>
        tell({ type: "page:dismiss", ...wish(hint, reach) }).catch(() => ({ kept: false })),
      restore: (hint, reach) => tell({ type: "page:restore", ...wish(hint, reach) }).catch(() => null),
      report: (report) =>
        tell({ type: "page:report", ...report }).catch(() => ({ state: "away" }) as const),
    });
  }

  start(): void {
    const { signal } = this.listeners;
    addEventListener("click", (event) => { this.clicked(event); }, { capture: true, signal });
    addEventListener("pointermove", (event) => { this.moved(event); }, { capture: true, passive: true, signal });
    browser.runtime.onMessage.addListener(this.answer);
    this.reader.start();
  }

  stop(): void {
    this.listeners.abort();
    clearTimeout(this.rest);
    clearTimeout(this.leave);
    this.card.stop();
    this.reader.stop();
    browser.runtime.onMessage.removeListener(this.answer);
    (globalThis as World)[RUNNING] = false;
  }

  private readonly answer = (
    message: ToPage,
    _sender: unknown,
    reply: (value: unknown) => void,
  ): undefined => {
    switch (message.type) {
      case "to-page:stop":
        this.stop();
        reply(true);
        return;
      case "to-page:settings":
        this.settings = message.settings;
        this.reader.change(message.settings);
        reply(true);
        return;
      case "to-page:list":
        reply(
          this.reader.hints().map(({ id, text, language, match, band }) => {
            return { hint: id, text, language: language ?? null, claim: match.claim, band };
          }),
        );
        return;
      case "to-page:show":
        reply(this.show(this.reader.hint(message.hint)));
        return;
      case "to-page:step":
        reply(this.step(message.by, message.fresh));
        return;
      case "to-page:changed":
        this.reader.renew();
        reply(true);
        return;
    }
  };

  private hintsChanged(hints: readonly Hint[]): void {
    void tell({ type: "page:count", hints: hints.length }).catch(() => undefined);
    const open = this.card.hint;
    // A withdrawn case stays open until the reader has seen why it goes.
    if (open !== null && !boxesOf(open).length) this.card.close();
    if (this.announced || hints.length === 0 || window !== window.top) return;
    this.announced = true;
    // One polite word for screen readers, without an element of ours in the page.
    const notify = (document as { ariaNotify?: (text: string) => void }).ariaNotify;
    notify?.call(document, say("announcement"));
  }

  private show(hint: Hint | undefined): boolean {
    const first = hint?.places[0]?.node.parentElement;
    if (hint === undefined || !first) return false;
    this.current = hint;
    const box = boxesOf(hint)[0];
    if (box === undefined || box.top < 0 || box.bottom > innerHeight * 0.8) {
      first.scrollIntoView({ block: "center", inline: "nearest", behavior: "instant" });
    }
    this.hovered = false;
    this.card.open(hint, this.settings, true);
    return true;
  }

  private step(by: 1 | -1, fresh: boolean): boolean {
    const hints = this.reader.hints();
    const at = fresh || this.current === null ? -1 : hints.findIndex(({ id }) => id === this.current?.id);
    const next = at === -1 ? (by === 1 ? 0 : hints.length - 1) : at + by;
    return this.show(hints[next]);
  }

  private clicked(event: MouseEvent): void {
    const path = event.composedPath();
    if (event.button !== 0 || this.card.holds(path)) return;
    const hint = hintAt(this.reader.hints(), event.clientX, event.clientY, path);
    const selecting = getSelection()?.isCollapsed === false;
    if (hint === undefined || isInteractive(path) || selecting) {
      this.card.close();
      return;
    }
    this.current = hint;
    this.hovered = false;
    this.card.open(hint, this.settings, true);
  }

  private moved(event: PointerEvent): void {
    clearTimeout(this.rest);
    if (!this.settings.openOnHover || event.pointerType !== "mouse" || event.buttons !== 0) return;
    const path = event.composedPath();
    if (this.hovered && this.card.hint !== null) {
      const near = this.card.holds(path) || isNearby(this.card.hint, event.clientX, event.clientY);
      if (near) {
        clearTimeout(this.leave);
        this.leave = undefined;
      } else {
        this.leave ??= setTimeout(() => {
          this.leave = undefined;
          if (this.hovered) this.card.close();
        }, LEAVE_MS);
      }
    }
    if (this.card.holds(path)) return;
    const { clientX, clientY } = event;
    this.rest = setTimeout(() => {
      const hint = hintAt(this.reader.hints(), clientX, clientY, path);
      // A card opened on purpose is not taken away by the pointer passing over another hint.
      if (hint === undefined || (this.card.hint !== null && !this.hovered)) return;
      this.hovered = true;
      this.current = hint;
      this.card.open(hint, this.settings, false);
    }, REST_MS);
  }
}

function wish({ case: { id }, match: { claim }, text }: Hint, reach: Reach) {
  return { id, claim, text, reach };
}

function isNearby(hint: Hint, x: number, y: number): boolean {
  return boxesOf(hint).some(
    (box) =>
      x >= box.left - NEARBY && x <= box.right + NEARBY && y >= box.top - NEARBY && y <= box.bottom + NEARBY,
  );
}
