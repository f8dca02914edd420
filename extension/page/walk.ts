/** The visible text of a page, block by block. Reads the DOM and changes nothing. */
import { languageCode } from "../common/languages.ts";

/** A stretch of text in a block; `node` is null where a space or a line break stands for markup. */
export interface Run {
  readonly node: Text | null;
  /** The characters of the node when it was read. */
  readonly data: string;
  /** The same characters with white space as it is shown; as long as `data`. */
  readonly text: string;
  readonly language: string | undefined;
}

/** Text that reads as one: runs between two block borders, across inline elements. */
export interface Block {
  readonly root: Element;
  readonly runs: readonly Run[];
  /** The runs' texts joined; as long as they are together, so that offsets agree. */
  readonly text: string;
  /** Where in the text each run begins. */
  readonly starts: readonly number[];
}

export interface Found {
  /** Told of each open shadow root, so that it can be watched. */
  shadow(root: ShadowRoot): void;
  /** Told of elements that may get a shadow root later. */
  unready(host: Element): void;
  /** Told of each element passed over because it is not laid out now. */
  hidden(element: Element): void;
}

// What is no prose: code, controls, media. `noscript` is text only when scripts are off.
const SKIPPED = new Set(
  (
    "script style noscript template code pre kbd samp var textarea input select option button " +
    "datalist meter progress output nav menu svg math canvas video audio object embed iframe " +
    "frame map area rt rp head title"
  ).split(" "),
);
const SKIPPED_ROLES = new Set(
  (
    "navigation menu menubar menuitem toolbar tablist tab search textbox searchbox combobox " +
    "listbox option button code math img"
  ).split(" "),
);
const INLINE = new Set([
  "inline",
  "inline-block",
  "inline-flex",
  "contents",
  "ruby",
  "ruby-base",
  "ruby-text",
]);
/** Nodes passed between two chances to pause. */
const PAUSE_AFTER = 100;
/** Nesting beyond which nothing is read: no real page needs it, and the stack has an end. */
const MAX_DEPTH = 400;

/** Whether an element's text is never read, whatever it looks like. */
function isSkipped(element: Element): boolean {
  const name = element.localName;
  if (SKIPPED.has(name)) return true;
  const role = element.getAttribute("role");
  if (role !== null && SKIPPED_ROLES.has(role.trim().toLowerCase())) return true;
  if ("isContentEditable" in element && element.isContentEditable === true) return true;
  // Old sites wrap whole articles in a form; a form without an article is a form.
  if (name === "form") return element.querySelector("article, main, [role=main], h1") === null;
  // The number of a footnote is not one of the sentence's words.
  return name === "sup" && /^[\s[(]*[\d*†‡§]{1,3}[\s\])]*$/u.test(element.textContent);
}

interface Look {
  readonly kind: "inline" | "block" | "hidden";
  /** Whether text directly inside can be seen. */
  readonly showsText: boolean;
  /** Whether a line feed in the text is a line break. */
  readonly keepsLines: boolean;
}

const HIDDEN: Look = { kind: "hidden", showsText: false, keepsLines: false };

function lookOf(element: Element): Look {
  const style = getComputedStyle(element);
  // Outside the flat tree (a child of a shadow host without a slot) there is no computed style.
  if (style.display === "none" || style.display === "") return HIDDEN;
  if (style.opacity === "0" || style.contentVisibility === "hidden") return HIDDEN;
  if (style.position === "absolute" || style.position === "fixed") {
    // The usual way to leave text to screen readers alone.
    if (parseFloat(style.width) <= 1 && parseFloat(style.height) <= 1) return HIDDEN;
  }
  return {
    kind: INLINE.has(style.display) && style.float === "none" ? "inline" : "block",
    showsText: style.visibility === "visible" && style.fontSize !== "0px",
    keepsLines: /^(pre|break-spaces)/.test(style.whiteSpace),
  };
}

/** The parent in the tree that is read: a shadow root's is its host. */
export function parentOf(node: Node): Element | null {
  const parent = node.parentNode;
  if (parent === null) return null;
  if (parent.nodeType === Node.ELEMENT_NODE) return parent as Element;
  return "host" in parent ? (parent as ShadowRoot).host : null;
}

/** Whether an element and all around it are read. */
function isReadable(element: Element): boolean {
  if (!element.checkVisibility({ opacityProperty: true })) return false;
  for (let at: Element | null = element; at !== null; at = parentOf(at)) {
    if (isSkipped(at)) return false;
  }
  return true;
}

/** The nearest element that begins a block: the smallest thing worth reading again. */
export function blockAround(node: Node): Element | null {
  let at = node.nodeType === Node.ELEMENT_NODE ? (node as Element) : parentOf(node);
  while (at !== null && at !== document.body && lookOf(at).kind === "inline") at = parentOf(at);
  return at;
}

/** What an element says of its language: a tag that names none says nothing of what is inside. */
function declared(element: Element, inherited: string | undefined): string | undefined {
  const tag = element.getAttribute("lang") ?? element.getAttribute("xml:lang") ?? "";
  return tag === "" ? inherited : languageCode(tag);
}

function languageAround(element: Element): string | undefined {
  const parent = parentOf(element);
  return declared(element, parent === null ? undefined : languageAround(parent));
}

/**
 * The blocks of a subtree in the order of the tree, a shadow root's before its host's own text.
 *
 * Yields `null` now and then where there is nothing to tell, so that the caller can pause. A tree
 * that changes meanwhile shortens the walk; whoever watches it walks the changes again.
 */
export function* blocksOf(root: Element | ShadowRoot, found: Found): Generator<Block | null> {
  const element = "host" in root ? root.host : root;
  if (!element.isConnected) return;
  if (!isReadable(element)) {
    if (!element.checkVisibility()) found.hidden(element);
    return;
  }
  yield* new Walk(found).all(root, element);
}

class Walk {
  private runs: Run[] = [];
  private passed = 0;
  private readonly found: Found;

  constructor(found: Found) {
    this.found = found;
  }

  *all(root: Element | ShadowRoot, element: Element): Generator<Block | null> {
    const language = languageAround(element);
    if (root !== element) yield* this.children(root, element, lookOf(element), language, 0);
    else yield* this.element(element, language, 0);
    yield* this.flush(element);
  }

  private *flush(root: Element): Generator<Block> {
    const block = blockFrom(root, this.runs);
    this.runs = [];
    if (block !== null) yield block;
  }

  private *element(
    element: Element,
    inherited: string | undefined,
    depth: number,
  ): Generator<Block | null> {
    if (element.localName === "br") {
      this.markup("\n", inherited);
      return;
    }
    if (isSkipped(element)) {
      this.markup(OUT_OF_FLOW.has(element.localName) ? "" : " ", inherited);
      return;
    }
    const look = lookOf(element);
    if (look.kind === "hidden") {
      // What is merely transparent is in sight already; a change of its class or style will tell.
      if (!element.checkVisibility()) this.found.hidden(element);
      return;
    }
    if (depth > MAX_DEPTH) return;
    const language = declared(element, inherited);
    const around = parentOf(element) ?? element;
    if (look.kind === "block") yield* this.flush(around);
    const shadow = element.shadowRoot;
    if (shadow !== null) {
      yield* this.flush(around);
      this.found.shadow(shadow);
      yield* this.children(shadow, element, look, language, depth + 1);
      yield* this.flush(element);
    } else if (element.localName.includes("-")) {
      this.found.unready(element);
    }
    yield* this.children(element, element, look, language, depth + 1);
    if (look.kind === "block") yield* this.flush(element);
  }

  private *children(
    parent: Element | ShadowRoot,
    element: Element,
    look: Look,
    language: string | undefined,
    depth: number,
  ): Generator<Block | null> {
    const closed = element.localName === "details" && !element.hasAttribute("open");
    for (let node = parent.firstChild; node !== null; node = node.nextSibling) {
      this.passed += 1;
      if (this.passed % PAUSE_AFTER === 0) yield null;
      if (node.nodeType === Node.TEXT_NODE) {
        const text = node as Text;
        if (!look.showsText || closed || !isRendered(text)) continue;
        const lines = look.keepsLines ? /[\t\v\f\r\u0085\u2028\u2029]/gu : /[\t\v\n\f\r\u0085\u2028\u2029]/gu;
        const { data } = text;
        this.runs.push({ node: text, data, text: data.replace(lines, " "), language });
      } else if (node.nodeType === Node.ELEMENT_NODE) {
        const child = node as Element;
        if (!closed || child.localName === "summary") yield* this.element(child, language, depth);
      }
    }
  }

  private markup(text: string, language: string | undefined): void {
    if (text !== "") this.runs.push({ node: null, data: text, text, language });
  }
}

/** Markup that takes no room between two words. */
const OUT_OF_FLOW = new Set(["script", "style", "template", "noscript", "sup", "rt", "rp", "wbr"]);

/** Whether a text takes part in what is shown: beside a shadow root only what has a slot does. */
function isRendered(text: Text): boolean {
  const parent = text.parentNode;
  if (parent === null || parent.nodeType !== Node.ELEMENT_NODE) return true;
  return (parent as Element).shadowRoot === null || text.assignedSlot !== null;
}

function blockFrom(root: Element, runs: readonly Run[]): Block | null {
  if (!runs.some((run) => run.node !== null && /\p{L}/u.test(run.text))) return null;
  const starts: number[] = [];
  let length = 0;
  for (const run of runs) {
    starts.push(length);
    length += run.text.length;
  }
  const text = runs.map((run) => run.text).join("");
  // A line break before a word in lower case is layout, not the end of a sentence.
  return { root, runs, text: text.replace(/\n(?=\s*\p{Ll})/gu, " "), starts };
}

/** The number of the run in which a character of the text lies. */
function runAt(block: Block, offset: number): number {
  let low = 0;
  let high = block.starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((block.starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The language declared where a sentence begins. */
export function languageAt(block: Block, offset: number): string | undefined {
  return block.runs[runAt(block, offset)]?.language;
}

/** A stretch of one text node. */
export interface Place {
  readonly node: Text;
  readonly start: number;
  readonly end: number;
  /** The characters that were there, to see later whether they still are. */
  readonly text: string;
}

/** Where the characters from `start` to `end` of a block's text lie in the page. */
export function placesIn(block: Block, start: number, end: number): Place[] {
  const places: Place[] = [];
  for (let number = runAt(block, start); number < block.runs.length; number += 1) {
    const run = block.runs[number];
    const offset = block.starts[number] ?? 0;
    if (run === undefined || offset >= end) break;
    const from = Math.max(start - offset, 0);
    const to = Math.min(end - offset, run.text.length);
    if (run.node !== null && from < to) {
      places.push({ node: run.node, start: from, end: to, text: run.data.slice(from, to) });
    }
  }
  return places;
}

/** Whether a place still holds the characters that were read there. */
export function isIntact(place: Place): boolean {
  return place.node.isConnected && place.node.data.slice(place.start, place.end) === place.text;
}
