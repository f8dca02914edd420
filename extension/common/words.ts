/** The interface's own words, in the reader's language. */
import { browser } from "wxt/browser";
import type en from "../public/_locales/en/messages.json";
import { filled, ungrouped, type Single } from "./packing.ts";

export type WordKey = Exclude<keyof typeof en, Single>;

/** WXT's types know the keys of the sources alone, not the one that holds them packed. */
interface Packed {
  readonly i18n: { getMessage(key: string): string };
}
let lines: ReadonlyMap<string, string> | undefined;

function wordsByKey(): Map<string, string> {
  const words = (browser as Packed).i18n.getMessage("words").split("\n");
  return new Map(ungrouped(__WORD_KEYS__).map((key, at) => [key, words[at] ?? ""]));
}

/** The text of a key; `$1`, `$2` in it are replaced in their order. */
export function say(key: WordKey, ...values: readonly (string | number)[]): string {
  lines ??= wordsByKey();
  return filled(lines.get(key) ?? "", values);
}

/**
 * The language that {@link say} speaks, for `lang` attributes, dates and numbers: it is one of the
 * words themselves, since the browser's own language may be one that we have no words in.
 */
export function wordsLanguage(): string {
  return say("wordsLanguage");
}

export function sayDate(day: string): string {
  return new Intl.DateTimeFormat(wordsLanguage(), { dateStyle: "long", timeZone: "UTC" }).format(
    new Date(`${day}T00:00:00Z`),
  );
}

export function sayTime(moment: string): string {
  return new Intl.DateTimeFormat(wordsLanguage(), { dateStyle: "medium", timeStyle: "short" }).format(
    new Date(moment),
  );
}
