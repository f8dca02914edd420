/** Runs in a page of the bench: the filter and strict mode on their own, as a browser runs them. */
import { Filter } from "extension/filter/filter.ts";
import { best, nearRows, type LocalRule, type Wording } from "extension/filter/local.ts";
import { decode, unpack } from "extension/filter/wire.ts";

export interface Timed {
  /** Milliseconds to make the filter from its bytes, in one task. */
  readonly madeMs: number;
  /** Microseconds a sentence: the filter alone, and strict mode with the wordings in memory. */
  readonly filterUs: number;
  readonly strictUs: number;
  /** Shares of the sentences that pass the filter, and that strict mode shows. */
  readonly passing: number;
  readonly shown: number;
}

interface PackedCase {
  readonly claims: readonly (Wording & { readonly rows: readonly number[] })[];
}

/** Times each over all sentences, after a round in which the engine compiles what it wants to. */
const ROUNDS = 3;

async function measure(): Promise<Timed> {
  const from = async (path: string) => (await fetch(path)).json() as Promise<unknown>;
  const { content } = await unpack(new Uint8Array(await (await fetch("/filter")).arrayBuffer()));
  const sentences = (await from("/sentences")) as string[];
  const { rule, cases } = (await from("/pack")) as { rule: LocalRule; cases: PackedCase[] };
  const wordings = new Map<number, Wording[]>();
  for (const { claims } of cases) {
    for (const claim of claims) for (const row of claim.rows) wordings.set(row, [...(wordings.get(row) ?? []), claim]);
  }
  const before = performance.now();
  const filter = new Filter(decode(content));
  const madeMs = performance.now() - before;
  const strictly = (text: string) => {
    if (!filter.passes(text)) return false;
    const rows = nearRows(filter, text).map((row) => ({ ...row, wordings: wordings.get(row.key) ?? [] }));
    const judged = best(filter, rule, text, "en", rows);
    return judged !== null && judged.score >= rule.least_score;
  };
  const timed = (decide: (text: string) => boolean) => {
    let yes = sentences.filter(decide).length;
    const start = performance.now();
    for (let round = 0; round < ROUNDS; round++) yes = sentences.filter(decide).length;
    return { us: ((performance.now() - start) * 1000) / ROUNDS / sentences.length, share: yes / sentences.length };
  };
  const { us: filterUs, share: passing } = timed((text) => filter.passes(text));
  const { us: strictUs, share: shown } = timed(strictly);
  return { madeMs, filterUs, strictUs, passing, shown };
}

(globalThis as { measured?: Promise<Timed> }).measured = measure();
