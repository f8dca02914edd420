/**
 * What the browser says of a sentence by itself, from the filter and the claims' wordings: the twin
 * of `matcher/local.py`, whole numbers only. Pure: knows neither pages nor servers nor stores.
 */
import { weighed, type Filter, type Near } from "./filter.ts";
import { fold, PREFIX_UNITS, words } from "./folding.ts";

/** Rows of a sentence, best first, whose wordings are looked at. */
const NEAREST = 6;
/** Words on either side of the shared ones in which a negation belongs to them. */
const WINDOW_WORDS = 3;
const MOST_FRAMES = 3;
/** 256ths of the claim's weight, and of its own, that a sentence shown as `match` must share. */
const LITERAL_COVER = 192;
const LITERAL_PART = 128;
const NOT = /[nN]['\u2019\u02bc`][tT](?![a-zA-Z])/gu;

/** How a pair is decided by; it comes with the pack. */
export interface LocalRule {
  readonly bias: number;
  readonly coefficients: readonly number[];
  readonly least_score: number;
  readonly eager_score: number;
  /** Weights of words by language: below nought what those say who state the facts. */
  readonly tones: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Words by language that deny, and words that show a claim from outside. */
  readonly negators: Readonly<Record<string, readonly string[]>>;
  readonly frames: Readonly<Record<string, readonly string[]>>;
}

export interface Wording {
  readonly text: string;
  readonly language: string;
}

/** A sentence beside a wording: the score, what it stands on, and how a reader would see it. */
export interface Judged<W extends Wording> {
  readonly wording: W;
  readonly score: number;
  readonly evidence: readonly number[];
  readonly band: "match" | "similar";
  readonly guard: "negated" | "quoted" | "number" | null;
  /** The words in common, as the sentence has them. */
  readonly shared: readonly string[];
}

/** A row as a number of 32 bits, from the ascending hashes of its terms. */
export function rowKey(hashes: readonly number[]): number {
  let key = 0x811c9dc5;
  for (const hashed of hashes) {
    key = Math.imul(key ^ hashed, 0x85ebca6b);
    key ^= key >>> 13;
  }
  return key >>> 0;
}

interface Worded {
  readonly words: readonly string[];
  readonly hashes: readonly number[];
  readonly numbers: ReadonlySet<string>;
}

/** A text's words, with English contractions opened: "don't" is "do", "not". */
function worded(text: string): Worded {
  const found = words(text.replace(NOT, " not"));
  return {
    words: found,
    hashes: found.map((word) => fold(word).hashed),
    numbers: new Set(found.filter((word) => /^[0-9]/.test(word))),
  };
}

const NONE: readonly string[] = [];
const sets = new WeakMap<readonly string[], ReadonlySet<string>>();

/** The words of a list as a set, made once for each list. */
function setOf(list = NONE): ReadonlySet<string> {
  const made = sets.get(list) ?? new Set(list);
  sets.set(list, made);
  return made;
}

/** The primary subtag of a language tag. */
const primary = (tag: string) => tag.split(/[-_]/, 1)[0]!.toLowerCase();

/** A row whose wordings are to be looked at. */
export interface NearRow {
  /** What the pack knows it by. */
  readonly key: number;
  readonly near: Near;
  /** How many rows the filter scores higher, and how many were worth a look. */
  readonly rank: number;
  readonly rows: number;
  /** The sentence's terms. */
  readonly known: ReadonlySet<number>;
}

/** The rows nearest to a sentence, best first. */
export function nearRows(filter: Filter, sentence: string): NearRow[] {
  const { near, rows, known } = filter.nearest(sentence, NEAREST);
  const { hashes } = filter.content;
  return near.map((one, rank) => {
    const own = filter.termsOf(one.row).map((term) => hashes[term]!);
    return { key: rowKey(own.sort((a, b) => a - b)), near: one, rank, rows, known };
  });
}

/** The best of the wordings that have those rows, whatever its score; `null` without one. */
export function best<W extends Wording>(
  filter: Filter,
  rule: LocalRule,
  sentence: string,
  language: string | undefined,
  rows: readonly (NearRow & { wordings: readonly W[] })[],
): Judged<W> | null {
  const mine = worded(sentence);
  let found: Judged<W> | null = null;
  for (const row of rows) {
    for (const wording of row.wordings) {
      if (language !== undefined && primary(language) !== primary(wording.language)) continue;
      const judged = judge(filter, rule, mine, wording, row);
      if (found === null || judged.score > found.score) found = judged;
    }
  }
  return found;
}

function judge<W extends Wording>(
  filter: Filter,
  rule: LocalRule,
  mine: Worded,
  wording: W,
  { near, rank, rows, known }: NearRow,
): Judged<W> {
  const { weights, hashes } = filter.content;
  const its = worded(wording.text);
  const code = primary(wording.language);
  const terms = filter.termsOf(near.row);
  const weightsOf = (some: readonly number[]) => some.map((term) => weights[term]!).sort((a, b) => b - a);
  const common = terms.filter((term) => known.has(term));
  const [top = 0, second = 0] = weightsOf(common);
  const [missing = 0] = weightsOf(terms.filter((term) => !known.has(term)));

  const shared = new Set(common.map((term) => hashes[term]!));
  const at = mine.hashes.flatMap((hashed, place) => (shared.has(hashed) ? [place] : []));
  const begin = Math.max(0, (at[0] ?? 0) - WINDOW_WORDS);
  const end = at.length === 0 ? undefined : at.at(-1)! + WINDOW_WORDS + 1;
  const negators = setOf(rule.negators[code]);
  const denied = (some: readonly string[]) => some.filter((word) => negators.has(word)).length;
  const [here, there] = [denied(mine.words.slice(begin, end)), denied(its.words)];
  const negated = here > 0 !== there > 0 || here % 2 !== there % 2;
  const frames = setOf(rule.frames[code]);
  const framed = new Set(mine.words.filter((word) => frames.has(word) && !its.words.includes(word))).size;
  const numbered = mine.numbers.size > 0 && its.numbers.size > 0;
  const number = numbered && [...mine.numbers].every((word) => !its.numbers.has(word));
  const named = namesIn(wording.text);
  const names = weightsOf(common.filter((term) => named.has(hashes[term]!))).reduce((sum, weight) => sum + weight, 0);
  const pairs = new Set(pairsOf(mine.hashes));
  const neighbours = pairsOf(its.hashes);
  const both = mine.words.length + its.words.length;

  const evidence = [
    ...near.evidence,
    top,
    second,
    missing,
    Number(negated),
    Math.min(framed, MOST_FRAMES),
    Number(number),
    Math.floor((512 * inCommon(mine.hashes, its.hashes)) / Math.max(both, 1)),
    mine.words.length,
    its.words.length,
    names,
    Number([...mine.numbers].some((word) => its.numbers.has(word))),
    Math.floor((256 * neighbours.filter((pair) => pairs.has(pair)).length) / Math.max(neighbours.length, 1)),
    rank,
    rows,
    toned(mine.words, rule.tones[code] ?? {}),
  ];
  const [, , , , , cover, part] = near.evidence as [number, number, number, number, number, number, number];
  const literal = cover >= LITERAL_COVER && part >= LITERAL_PART;
  const guard = negated ? "negated" : framed > 0 ? "quoted" : number ? "number" : null;
  return {
    wording,
    score: weighed(rule, evidence),
    evidence,
    band: literal && guard === null ? "match" : "similar",
    guard,
    shared: [...new Set(at.map((place) => mine.words[place]!))],
  };
}

/** The tone of a text from its words, each distinct one once. */
function toned(words: readonly string[], tones: Readonly<Record<string, number>>): number {
  const cut = new Set(words.map((word) => word.slice(0, PREFIX_UNITS)));
  return [...cut].reduce((sum, word) => sum + (tones[word] ?? 0), 0);
}

/** Hashes of the words that a text writes with capitals, but for its first. */
function namesIn(text: string): Set<number> {
  const capitals = (text.match(/[^ \t\n\r\f\v]+/g) ?? []).slice(1).filter((run) => run !== run.toLowerCase());
  return new Set(capitals.flatMap(words).map((word) => fold(word).hashed));
}

/** Each word with the one that follows, as one number. */
const pairsOf = (hashes: readonly number[]) => hashes.slice(1).map((next, at) => hashes[at]! * 2 ** 24 + next);

/** How many of the hashes are in both, each as often as in both. */
function inCommon(mine: readonly number[], its: readonly number[]): number {
  const left = new Map<number, number>();
  for (const hashed of its) left.set(hashed, (left.get(hashed) ?? 0) + 1);
  let common = 0;
  for (const hashed of mine) {
    const count = left.get(hashed) ?? 0;
    if (count === 0) continue;
    common += 1;
    left.set(hashed, count - 1);
  }
  return common;
}
