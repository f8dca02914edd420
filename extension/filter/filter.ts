/**
 * Decides which sentences a server is asked about: the twin of `matcher/filter.py`, whole numbers
 * only, so that both decide alike. Pure: knows neither pages nor servers.
 */
import { isUnder } from "../common/sites.ts";
import { eachWord } from "./folding.ts";

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

/** A row that a sentence comes near to: the evidence that the rule weighs, and what it says. */
export interface Near {
  readonly row: number;
  readonly evidence: readonly number[];
  readonly score: number;
}

/** Numbers that the rule weighs for each row. */
export const EVIDENCE = 8;

/** 64 times the binary logarithm of a positive number below 2^25, straight between powers of two. */
function log64(number: number): number {
  const whole = 31 - Math.clz32(number);
  return 64 * whole + (((number - (1 << whole)) << 6) >> whole);
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
  /** What speaks for the row at hand. */
  private readonly evidence = new Int32Array(EVIDENCE);
  /** The terms of each row, one row after the other; made when first asked for. */
  private rowStarts: Uint32Array | null = null;
  private readonly inRows: Uint32Array;

  constructor(content: FilterContent) {
    this.content = content;
    const { hashes, weights, starts, postings, rows } = content;
    this.terms = new Map(Array.from(hashes, (hashed, term) => [hashed, term]));
    this.rowWeights = new Uint32Array(rows);
    this.rowTerms = new Uint32Array(rows);
    this.shared = new Uint32Array(rows);
    this.count = new Uint32Array(rows);
    this.touched = new Uint32Array(rows);
    this.inRows = new Uint32Array(postings.length);
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
    let best = 0;
    this.weigh(sentence, (_row, score) => {
      if (score > best) best = score;
    });
    return best;
  }

  /** The rows nearest to a sentence, best first, of how many, and the numbers of its terms. */
  nearest(sentence: string, most: number): { near: Near[]; rows: number; known: ReadonlySet<number> } {
    const near: Near[] = [];
    let rows = 0;
    const known = this.weigh(sentence, (row, score) => {
      rows += 1;
      // Rows come in no order: of equal scores the lower row is the nearer.
      const at = near.findLastIndex((other) => other.score > score || (other.score === score && other.row < row)) + 1;
      if (at === most) return;
      if (near.length === most) near.pop();
      near.splice(at, 0, { row, evidence: Array.from(this.evidence), score });
    });
    return { near, rows, known };
  }

  /** The terms of a row, ascending by number. */
  termsOf(row: number): number[] {
    if (this.rowStarts === null) {
      const { starts, postings, rows } = this.content;
      this.rowStarts = new Uint32Array(rows + 1);
      for (let at = 0; at < rows; at++) this.rowStarts[at + 1] = this.rowStarts[at]! + this.rowTerms[at]!;
      const next = this.rowStarts.slice();
      for (let term = 0; term + 1 < starts.length; term++) {
        for (let at = starts[term]!; at < starts[term + 1]!; at++) this.inRows[next[postings[at]!]!++] = term;
      }
    }
    return Array.from(this.inRows.subarray(this.rowStarts[row], this.rowStarts[row + 1]));
  }

  /**
   * Hands on each row that is worth a look with its score; what speaks for it is in `evidence` then.
   * Returns the known terms.
   */
  private weigh(sentence: string, each: (row: number, score: number) => void): Set<number> {
    const { terms, shared, count, touched, rowWeights } = this;
    const { weights, starts, postings, rule } = this.content;
    const known = new Set<number>();
    const unknown = new Set<number>();
    eachWord(sentence, (hashed, telling) => {
      const term = terms.get(hashed);
      if (term !== undefined) known.add(term);
      else if (telling) unknown.add(hashed);
    });
    let whole = rule.unknownWeight * unknown.size;
    let rows = 0;
    for (const term of known) {
      const weight = weights[term]!;
      whole += weight;
      const end = starts[term + 1]!;
      for (let at = starts[term]!; at < end; at++) {
        const row = postings[at]!;
        if (count[row]! === 0) touched[rows++] = row;
        shared[row]! += weight;
        count[row]! += 1;
      }
    }
    for (let at = 0; at < rows; at++) {
      const row = touched[at]!;
      const weight = shared[row]!;
      if (16 * weight * weight >= rule.gate * rowWeights[row]!) {
        this.seeEvidence(row, weight, count[row]!, whole);
        each(row, weighed(rule, this.evidence));
      }
      shared[row] = 0;
      count[row] = 0;
    }
    return known;
  }

  private seeEvidence(row: number, shared: number, count: number, whole: number): void {
    const { evidence } = this;
    const claim = this.rowWeights[row]!;
    const cover = Math.floor((256 * shared) / claim);
    const part = Math.floor((256 * shared) / whole);
    evidence[0] = log64(shared);
    evidence[1] = log64(claim);
    evidence[2] = log64(whole);
    evidence[3] = log64(count);
    evidence[4] = log64(this.rowTerms[row]!);
    evidence[5] = cover;
    evidence[6] = part;
    evidence[7] = (cover * part) >> 8;
  }
}

/** What a rule says of evidence. */
export function weighed(
  { bias, coefficients }: { readonly bias: number; readonly coefficients: readonly number[] },
  evidence: ArrayLike<number>,
): number {
  let score = bias;
  for (let at = 0; at < evidence.length; at++) score += coefficients[at]! * evidence[at]!;
  return score;
}
