/** What the tests ask of a browser, the same for Chromium and Firefox. */

import { findProgram } from "extension/scripts/programs.mjs";

/** A node of a page with what is inside closed shadow roots, as no script of the page sees it. */
export interface Tree {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly text: string;
  readonly children: readonly Tree[];
}

export interface Tab {
  goto(address: string): Promise<void>;
  /** Runs a function in the page's own world. */
  evaluate<Args extends unknown[], Value>(run: (...args: Args) => Value, ...args: Args): Promise<Awaited<Value>>;
  /** Runs the text of a script there; a promise is waited for. */
  run<Value>(script: string): Promise<Value>;
  click(x: number, y: number): Promise<void>;
  hover(x: number, y: number): Promise<void>;
  press(key: string): Promise<void>;
  screenshot(path: string): Promise<void>;
  /** Everything that went wrong in the page so far. */
  readonly errors: readonly string[];
  tree(): Promise<Tree>;
  /** Brings it to the front: browsers give keys and focus only to the tab that is seen. */
  front(): Promise<void>;
  closed(): boolean;
  close(): Promise<void>;
}

export interface Driver {
  readonly name: "chromium" | "firefox";
  open(address: string): Promise<Tab>;
  /** One of the extension's own pages; such a page may call the extension's API. */
  openOwn(path: string): Promise<Tab>;
  /** The page of a tab that was opened by something else, such as a private window. */
  opened(address: string): Promise<Tab>;
  /** The tab that a fresh installation opens by itself. */
  openedByItself(path: string): Promise<boolean>;
  close(): Promise<void>;
}

/** The installed program of a browser. */
export function programOf(browser: Driver["name"]): string {
  const program = findProgram(browser);
  if (program === null) throw new Error(`${browser} is not installed`);
  return program;
}

export interface Options {
  readonly dark?: boolean;
  readonly language?: string;
  /** The window in CSS pixels. */
  readonly width?: number;
  readonly height?: number;
  /** Device pixels for each CSS pixel: 2 is what a page sees of 200 % zoom. */
  readonly zoom?: number;
  readonly forcedColors?: boolean;
  /** The reader says yes to whatever permission is asked for, without being shown a question. */
  readonly grants?: boolean;
  /** The reader has allowed the extension in private windows. */
  readonly private?: boolean;
  /** Names that lead to this machine, as sites of their own. */
  readonly hosts?: readonly string[];
  /** Variables of the browser's environment (Firefox). */
  readonly environment?: Readonly<Record<string, string>>;
}

export function textOf(tree: Tree): string {
  return tree.text + tree.children.map(textOf).join("");
}

export function* all(tree: Tree): Generator<Tree> {
  yield tree;
  for (const child of tree.children) yield* all(child);
}

export interface ShownCard {
  readonly claim: string;
  readonly text: string;
  readonly links: readonly { text: string; href: string }[];
  readonly related: readonly string[];
  readonly tree: Tree;
}

/** The card that is open in a page, or `null`. */
export async function cardIn(tab: Tab): Promise<ShownCard | null> {
  const nodes = [...all(await tab.tree())];
  const dialog = nodes.find(({ attributes }) => attributes["role"] === "dialog");
  if (dialog === undefined) return null;
  const inside = [...all(dialog)];
  const claim = inside.find(({ name }) => name === "h2");
  // What can be hidden is a list as well, but a folded one.
  const folded = new Set(inside.filter(({ name }) => name === "details").flatMap((part) => [...all(part)]));
  return {
    claim: claim === undefined ? "" : textOf(claim),
    text: textOf(dialog),
    links: inside
      .filter(({ name }) => name === "a")
      .map((link) => ({ text: textOf(link), href: link.attributes["href"] ?? "" })),
    related: inside.filter((node) => node.name === "li" && !folded.has(node)).map(textOf),
    tree: dialog,
  };
}

/** What Tab comes to inside the card, each by its words; a group of radio buttons is one stop. */
function stopsIn(node: Tree, folded = false): string[] {
  const isTick = node.name === "label" && node.children.some(({ attributes }) => attributes["type"] === "checkbox");
  const isStop = ["a", "button", "summary", "pre", "fieldset"].includes(node.name) || isTick;
  const own = isStop && !folded ? [textOf(node)] : [];
  const folds = node.name === "details" && !("open" in node.attributes);
  return [...own, ...node.children.flatMap((child) => stopsIn(child, folded || (folds && child.name !== "summary")))];
}

/**
 * Goes to something in the card with Tab alone, as a reader without a mouse, and presses a key
 * there. The card itself has the focus whenever it has just been opened or shows something else.
 */
export async function pressInCard(tab: Tab, words: string, key = "Enter"): Promise<void> {
  const card = await cardIn(tab);
  const stops = card === null ? [] : stopsIn(card.tree);
  const at = stops.includes(words) ? stops.indexOf(words) : stops.findIndex((stop) => stop.includes(words));
  if (at === -1) throw new Error(`the card has nothing to press that says “${words}”, but: ${stops.join(" | ")}`);
  for (let stop = 0; stop <= at; stop += 1) await tab.press("Tab");
  await tab.press(key);
}

/** The marks of a page: words of each sentence, from top to bottom, and how often. */
export async function marksIn(tab: Tab): Promise<string[]> {
  const pieces = await tab.evaluate(() =>
    [...CSS.highlights.values()].flatMap((highlight) =>
      [...highlight].map((range) => {
        const box = (range as Range).getClientRects()[0];
        return { text: (range as Range).toString(), top: box?.top ?? 0, left: box?.left ?? 0 };
      }),
    ),
  );
  return pieces
    .sort((one, other) => one.top - other.top || one.left - other.left)
    .map(({ text }) => text);
}

/** The words that are marked, in the order of the page, white space as it is shown. */
export async function markedText(tab: Tab): Promise<string> {
  return (await marksIn(tab)).join("").replace(/\s+/g, " ").trim();
}

/** Presses what a selector names with the real mouse: browsers ask for permissions only then. */
export async function pressButton(tab: Tab, selector: string): Promise<void> {
  const { x, y } = await tab.evaluate((wanted: string) => {
    const button = document.querySelector(wanted);
    if (button === null) throw new Error(`no ${wanted}`);
    button.scrollIntoView({ block: "center" });
    const box = button.getBoundingClientRect();
    return { x: box.left + box.width / 2, y: box.top + box.height / 2 };
  }, selector);
  await tab.click(x, y);
}

/** A point on the first letters of a marked text that begins with some words. */
export async function pointOn(tab: Tab, beginning: string): Promise<{ x: number; y: number }> {
  return tab.evaluate((words: string) => {
    for (const highlight of CSS.highlights.values()) {
      for (const range of highlight) {
        const box = (range as Range).getClientRects()[0];
        if (box !== undefined && (range as Range).toString().startsWith(words)) {
          return { x: box.left + 4, y: box.top + box.height / 2 };
        }
      }
    }
    throw new Error(`nothing is marked that begins with: ${words}`);
  }, beginning);
}
