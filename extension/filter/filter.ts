/**
 * Decides which sentences a server is asked about: the twin of `matcher/filter.py`, whole numbers
 * only, so that both decide alike. Pure: knows neither pages nor servers.
 */
import { isUnder } from "../common/sites.ts";
import { fold, words } from "./folding.ts";

/** A filter as it is sent: hashed words, a weight for each, and which claims hold them. */
export interface FilterContent {
  /** Terms: those in most rows first, then ascending. */
  readonly hashes: Uint32Array;
  readonly weights: Uint8Array;
  /** The rows of term `t`, ascending, at `starts[t]` to `starts[t + 1]`. */
  readonly starts: Uint32Array;
  readonly postings: Uint32Array;
  readonly rows: number;
  /** The publishers' hosts: their pages debunk, and are left alone. */
  readonly hosts: readonly string[];
  readonly rule: Rule;
}

/** How a sentence is decided by, in whole numbers that travel with the filter. */
export interface Rule {
  /** Weight of a word that no claim holds. */
  readonly unknownWeight: number;
  /** Rows of less evidence are not looked at. */
  readonly gate: number;
  readonly bias: number;
  readonly coefficients: readonly number[];
  /** From this score on a sentence passes; from the other for readers who want to see more. */
  readonly leastScore: number;
  readonly eagerScore: number;
}

/** Numbers that the rule weighs for each row. */
export const EVIDENCE = 8;

/** 64 times the binary logarithm of a positive number, straight between powers of two. */
export function log64(number: number): number {
  const whole = 31 - Math.clz32(number);
  return 64 * whole + Math.floor(((number - 2 ** whole) * 64) / 2 ** whole);
}

export class Filter {
  readonly content: FilterContent;
  private readonly terms: ReadonlyMap<number, number>;
  private readonly rowWeights: Uint32Array;
  private readonly rowTerms: Uint32Array;
  /** Weight and number of words that the sentence at hand shares with each row; else zero. */
  private readonly shared: Uint32Array;
  private readonly count: Uint32Array;
  private readonly touched: Uint32Array;

  constructor(content: FilterContent) {
    this.content = content;
    const { hashes, weights, starts, postings, rows } = content;
    this.terms = new Map(Array.from(hashes, (hashed, term) => [hashed, term]));
    this.rowWeights = new Uint32Array(rows);
    this.rowTerms = new Uint32Array(rows);
    this.shared = new Uint32Array(rows);
    this.count = new Uint32Array(rows);
    this.touched = new Uint32Array(rows);
    for (let term = 0; term < hashes.length; term++) {
      const weight = weights[term]!;
      const end = starts[term + 1]!;
      for (let at = starts[term]!; at < end; at++) {
        this.rowWeights[postings[at]!]! += weight;
        this.rowTerms[postings[at]!]! += 1;
      }
    }
  }

  /** Whether a page is a publisher's own: it debunks, so nothing of it need be asked about. */
  isPublisher(host: string): boolean {
    return this.content.hosts.some((publisher) => isUnder(host, publisher));
  }

  /** Whether a server is to be asked about a sentence. `eager`: for readers who want to see more. */
  passes(sentence: string, eager = false): boolean {
    const { leastScore, eagerScore } = this.content.rule;
    return this.score(sentence) >= (eager ? eagerScore : leastScore);
  }

  /** How much a sentence looks like one that the server would show: 0 and up. */
  score(sentence: string): number {
    const { weights, starts, postings, rule } = this.content;
    const known = new Set<number>();
    const unknown = new Set<number>();
    for (const word of words(sentence)) {
      const { hashed, telling } = fold(word);
      const term = this.terms.get(hashed);
      if (term !== undefined) known.add(term);
      else if (telling) unknown.add(hashed);
    }
    let whole = rule.unknownWeight * unknown.size;
    let touched = 0;
    for (const term of known) {
      const weight = weights[term]!;
      whole += weight;
      const end = starts[term + 1]!;
      for (let at = starts[term]!; at < end; at++) {
        const row = postings[at]!;
        if (this.shared[row] === 0) this.touched[touched++] = row;
        this.shared[row]! += weight;
        this.count[row]! += 1;
      }
    }
    let best = 0;
    for (let at = 0; at < touched; at++) {
      const row = this.touched[at]!;
      const shared = this.shared[row]!;
      if (16 * shared * shared >= rule.gate * this.rowWeights[row]!) {
        best = Math.max(best, this.rowScore(row, shared, this.count[row]!, whole));
      }
      this.shared[row] = 0;
      this.count[row] = 0;
    }
    return best;
  }

  private rowScore(row: number, shared: number, count: number, whole: number): number {
    const { bias, coefficients } = this.content.rule;
    const claim = this.rowWeights[row]!;
    const cover = Math.floor((256 * shared) / claim);
    const part = Math.floor((256 * shared) / whole);
    return (
      bias +
      coefficients[0]! * log64(shared) +
      coefficients[1]! * log64(claim) +
      coefficients[2]! * log64(whole) +
      coefficients[3]! * log64(count) +
      coefficients[4]! * log64(this.rowTerms[row]!) +
      coefficients[5]! * cover +
      coefficients[6]! * part +
      coefficients[7]! * Math.floor((cover * part) / 256)
    );
  }
}
