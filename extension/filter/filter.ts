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
  readonly leastScore: number;
  readonly unknownWeight: number;
}

export class Filter {
  readonly content: FilterContent;
  private readonly terms: ReadonlyMap<number, number>;
  private readonly rowWeights: Uint32Array;
  /** Weight that the sentence at hand shares with each row; all zero between two sentences. */
  private readonly shared: Uint32Array;
  private readonly touched: Uint32Array;

  constructor(content: FilterContent) {
    this.content = content;
    const { hashes, weights, starts, postings, rows } = content;
    this.terms = new Map(Array.from(hashes, (hashed, term) => [hashed, term]));
    this.rowWeights = new Uint32Array(rows);
    this.shared = new Uint32Array(rows);
    this.touched = new Uint32Array(rows);
    for (let term = 0; term < hashes.length; term++) {
      const weight = weights[term]!;
      const end = starts[term + 1]!;
      for (let at = starts[term]!; at < end; at++) this.rowWeights[postings[at]!]! += weight;
    }
  }

  /** Whether a page is a publisher's own: it debunks, so nothing of it need be asked about. */
  isPublisher(host: string): boolean {
    return this.content.hosts.some((publisher) => isUnder(host, publisher));
  }

  /** Whether a server is to be asked about a sentence. `share`: below 1, more sentences pass. */
  passes(sentence: string, share = 1): boolean {
    const least = this.content.leastScore * share;
    return this.score(sentence, least) >= least;
  }

  /**
   * How much of a claim a sentence says, and of a sentence a claim: with S, C and Q the weights of
   * the words shared, of the claim's and of the sentence's, the highest (S²/C)² S/Q of any claim,
   * rounded down in two steps. Scores below `least` may come back as 0.
   */
  score(sentence: string, least = 0): number {
    const { weights, starts, postings, unknownWeight } = this.content;
    const known = new Set<number>();
    const unknown = new Set<number>();
    for (const word of words(sentence)) {
      const { hashed, telling } = fold(word);
      const term = this.terms.get(hashed);
      if (term !== undefined) known.add(term);
      else if (telling) unknown.add(hashed);
    }
    let most = 0;
    for (const term of known) most += weights[term]!;
    const whole = most + unknownWeight * unknown.size;
    // A claim cannot share more than all the known words, nor weigh less than what it shares.
    if (most === 0 || 16 * most ** 3 < least * whole) return 0;
    let count = 0;
    for (const term of known) {
      const weight = weights[term]!;
      const end = starts[term + 1]!;
      for (let at = starts[term]!; at < end; at++) {
        const row = postings[at]!;
        const before = this.shared[row]!;
        if (before === 0) this.touched[count++] = row;
        this.shared[row] = before + weight;
      }
    }
    // Dividing is dear; this much a claim has to share at the very least, by the same reckoning.
    const enough = Math.cbrt((least * whole) / 16) - 1;
    let best = 0;
    for (let at = 0; at < count; at++) {
      const row = this.touched[at]!;
      const shared = this.shared[row]!;
      this.shared[row] = 0;
      if (shared < enough) continue;
      const strength = Math.floor((16 * shared * shared) / this.rowWeights[row]!);
      best = Math.max(best, strength * strength * shared);
    }
    return Math.floor(best / (16 * whole));
  }
}
