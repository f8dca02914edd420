/**
 * Words folded to a few letters and hashed to 24 bits: the twin of `matcher/folding.py`, defined
 * in `docs/filter.md`. Both must agree to the bit (`tests/contract/filter.json`).
 */

/** UTF-16 code units of a word that are kept. */
export const PREFIX_UNITS = 6;
/** Code units from which on an unknown word counts as telling; shorter ones are mostly common. */
const TELLING_UNITS = 5;

// What text holds without showing it, and the vowel signs of Hebrew and Arabic.
const INVISIBLE =
  /[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed]/gu;
const LINK = /(?:https?:\/\/|www\.)[^ \t\n\r\f\v]+/gu;
const HUMP = /([a-z])(?=[A-Z])/gu;
const IN_NUMBER = /(?<=[0-9])[.,](?=[0-9])/gu;
// Those that NFKC left apart: stress marks, and what the lower case of İ leaves.
const ACCENT = /[\u0300-\u036f]/gu;
const WORD = /[\p{L}\p{M}\p{N}]+/gu;
// Scripts written without spaces between words: Thai, Lao, Burmese, Khmer, Kana, Han, Hangul.
const UNSPACED =
  /([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+)/u;

// Text that needs none of the steps before lower case but that for humps: ASCII and the usual dashes and quotes.
const PLAIN = /^[\t\n\r -~\u2013\u2014\u2018\u2019\u201c\u201d]*$/;
const LINKED = /:\/\/|www\./;

/** A folded word: its hash, and whether it is long enough to tell something when unknown. */
export interface Word {
  readonly hashed: number;
  readonly telling: boolean;
}

const BEGIN = 0x811c9dc5;
/** FNV-1a over code units. */
const step = (hashed: number, unit: number) => Math.imul(hashed ^ unit, 0x01000193);
/** The mixing steps of MurmurHash3, and the upper 24 bits of what comes of them. */
function mixed(hashed: number): number {
  const mixing = Math.imul(hashed ^ (hashed >>> 15), 0x85ebca6b);
  return (mixing ^ (mixing >>> 13)) >>> 8;
}

/** Folds the words of a text one after the other, as `fold` does each of `words`; but faster, without them. */
export function eachWord(text: string, each: (hashed: number, telling: boolean) => void): void {
  if (!PLAIN.test(text) || LINKED.test(text)) {
    for (const word of words(text)) {
      const { hashed, telling } = fold(word);
      each(hashed, telling);
    }
    return;
  }
  let hashed = BEGIN;
  let units = 0;
  let before = 0;
  for (let at = 0; at <= text.length; at++) {
    // Beyond the end a space, so that the last word ends as well.
    const unit = at < text.length ? text.charCodeAt(at) : 0x20;
    const kind = KINDS[unit] ?? 0;
    // The separators of a number do not end it.
    if (kind === POINT && before === DIGIT && KINDS[text.charCodeAt(at + 1)] === DIGIT) continue;
    if (units > 0 && (kind < DIGIT || (kind === UPPER && before === LOWER))) {
      if (units > 1) each(mixed(hashed), units >= TELLING_UNITS);
      hashed = BEGIN;
      units = 0;
    }
    if (kind >= DIGIT) {
      if (units < PREFIX_UNITS) hashed = step(hashed, kind === UPPER ? unit | 0x20 : unit);
      units += 1;
    }
    before = kind;
  }
}

// What ASCII characters are in a word; all others are 0, and end it.
const POINT = 1;
const DIGIT = 2;
const LOWER = 3;
const UPPER = 4;
const KINDS = Uint8Array.from({ length: 128 }, (_, unit) => {
  const sign = String.fromCharCode(unit);
  return [/[.,]/, /[0-9]/, /[a-z]/, /[A-Z]/].findIndex((kind) => kind.test(sign)) + 1;
});

/** The words of a text in lower case, in order; scripts without spaces in pairs of letters. */
export function words(text: string): string[] {
  const plain = text
    .normalize("NFKC")
    .replace(INVISIBLE, "")
    .replace(LINK, " ")
    .replace(HUMP, "$1 ")
    .toLowerCase()
    .replaceAll("ß", "ss")
    .replaceAll("ς", "σ")
    .replace(ACCENT, "")
    .replace(IN_NUMBER, "");
  const runs = plain.match(WORD) ?? [];
  if (!UNSPACED.test(plain)) return runs.filter((word) => word.length > 1);
  const found: string[] = [];
  for (const word of runs) {
    for (const part of word.split(UNSPACED)) {
      if (!UNSPACED.test(part)) {
        if (part.length > 1) found.push(part);
        continue;
      }
      for (let at = 0; at < part.length - 1; at++) found.push(part.slice(at, at + 2));
    }
  }
  return found;
}

/** One of `words` as its hash. */
export function fold(word: string): Word {
  const units = Math.min(word.length, PREFIX_UNITS);
  let hashed = BEGIN;
  for (let at = 0; at < units; at++) hashed = step(hashed, word.charCodeAt(at));
  return { hashed: mixed(hashed), telling: units >= TELLING_UNITS || UNSPACED.test(word) };
}
