/**
 * Words folded to a few letters and hashed to 24 bits: the twin of `matcher/folding.py`, defined
 * in `docs/filter.md`. Both must agree to the bit (`tests/contract/filter.json`).
 */

/** UTF-16 code units of a word that are kept. */
const PREFIX_UNITS = 6;
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

/** A folded word: its hash, and whether it is long enough to tell something when unknown. */
export interface Word {
  readonly hashed: number;
  readonly telling: boolean;
}

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

/** One of `words` as its hash: FNV-1a over code units, then the mixing steps of MurmurHash3. */
export function fold(word: string): Word {
  const units = Math.min(word.length, PREFIX_UNITS);
  let hashed = 0x811c9dc5;
  for (let at = 0; at < units; at++) {
    hashed = Math.imul(hashed ^ word.charCodeAt(at), 0x01000193);
  }
  hashed = Math.imul(hashed ^ (hashed >>> 15), 0x85ebca6b);
  hashed ^= hashed >>> 13;
  return { hashed: hashed >>> 8, telling: units >= TELLING_UNITS || UNSPACED.test(word) };
}
