/** Which parts of a page have changed: late content, new text, text that became visible. */
import { parentOf } from "./walk.ts";

/** Milliseconds without a change after which the changed parts are read. */
const QUIET_MS = 250;
/** Milliseconds after which they are read though the page never rests. */
const PATIENCE_MS = 2000;
/**
 * Readings of one element that keeps changing its text (a clock, a ticker) before it has to wait;
 * each is forgiven after a while. What is only added to (a feed) never waits.
 */
const READINGS = 6;
const FORGIVEN_MS = 6000;
/** Custom elements may get their shadow root long after they are there. */
const UNREADY_MS = [300, 1000, 3000, 8000];

const ATTRIBUTES = ["class", "style", "hidden", "open", "lang", "contenteditable", "role"];

export class Watch {
  private readonly mutations: MutationObserver;
  private readonly sight: IntersectionObserver;
  /** Changed nodes, each with the element whose patience they cost, if any. */
  private readonly dirty = new Map<Node, Node | null>();
  private readonly readings = new WeakMap<Node, { times: number; last: number }>();
  private readonly unready = new Set<Element>();
  private readonly changed: (nodes: Node[]) => void;
  private readonly touched: () => void;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private since = 0;
  private looks: ReturnType<typeof setTimeout>[] = [];

  /** `changed`: nodes to read anew, none inside another; `touched`: any change, at once. */
  constructor(changed: (nodes: Node[]) => void, touched: () => void) {
    this.changed = changed;
    this.touched = touched;
    this.mutations = new MutationObserver((mutations) => {
      this.note(mutations);
    });
    this.sight = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        if (!isIntersecting) continue;
        this.sight.unobserve(target);
        this.mark(target, target);
      }
    });
  }

  observe(root: Document | ShadowRoot): void {
    this.mutations.observe(root, {
      childList: true,
      characterData: true,
      attributes: true,
      attributeFilter: ATTRIBUTES,
      subtree: true,
    });
  }

  /** An element that is not laid out is read once it comes into sight. */
  awaitSight(element: Element): void {
    this.sight.observe(element);
  }

  awaitShadow(host: Element): void {
    this.unready.add(host);
    if (this.looks.length > 0) return;
    this.looks = UNREADY_MS.map((ms) =>
      setTimeout(() => {
        this.lookForShadows();
      }, ms),
    );
  }

  stop(): void {
    this.mutations.disconnect();
    this.sight.disconnect();
    clearTimeout(this.timer);
    for (const look of this.looks) clearTimeout(look);
    this.dirty.clear();
    this.unready.clear();
  }

  private lookForShadows(): void {
    for (const host of this.unready) {
      if (host.shadowRoot === null && host.isConnected) continue;
      this.unready.delete(host);
      if (host.isConnected) this.mark(host, null);
    }
  }

  private note(mutations: readonly MutationRecord[]): void {
    for (const { type, target, addedNodes, removedNodes } of mutations) {
      if (type === "childList") {
        for (const node of addedNodes) this.mark(node, removedNodes.length > 0 ? target : null);
        // What is left may read on as one sentence.
        if (addedNodes.length === 0) this.mark(target, target);
      } else {
        this.mark(target, parentOf(target) ?? target);
      }
    }
    this.touched();
  }

  private mark(node: Node, cost: Node | null): void {
    if (this.dirty.size === 0) this.since = performance.now();
    this.dirty.set(node, cost);
    this.schedule(QUIET_MS);
  }

  private schedule(ms: number): void {
    clearTimeout(this.timer);
    const patience = this.since + PATIENCE_MS - performance.now();
    this.timer = setTimeout(
      () => {
        this.flush();
      },
      Math.max(0, Math.min(ms, patience)),
    );
  }

  private flush(): void {
    const now = performance.now();
    const due: Node[] = [];
    const charged = new Set<Node>();
    for (const [node, cost] of this.dirty) {
      if (cost !== null && !charged.has(cost) && !this.charge(cost, now)) continue;
      if (cost !== null) charged.add(cost);
      this.dirty.delete(node);
      if (node.isConnected) due.push(node);
    }
    this.since = now;
    if (this.dirty.size > 0) {
      this.timer = setTimeout(() => {
        this.flush();
      }, FORGIVEN_MS);
    }
    const all = new Set(due);
    const outer = due.filter((node) => {
      for (let at = node.parentNode; at !== null; at = at.parentNode) if (all.has(at)) return false;
      return true;
    });
    if (outer.length > 0) this.changed(outer);
  }

  private charge(node: Node, now: number): boolean {
    const { times, last } = this.readings.get(node) ?? { times: 0, last: now };
    const left = Math.max(0, times - Math.floor((now - last) / FORGIVEN_MS));
    if (left >= READINGS) return false;
    this.readings.set(node, { times: left + 1, last: now });
    return true;
  }
}
