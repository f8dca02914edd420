/**
 * Keeps a server's pack: all cases as cards show them, so that nothing has to be asked. A list names
 * the parts by their digests; only parts that are not at hand are fetched, and none is believed
 * whose digest does not fit. Named in `docs/filter.md`.
 */
import * as v from "valibot";
import { turns } from "../background/turns.ts";
import { PackCase, PackList, reader, type PackedCase, type PackedList } from "../common/wire.ts";
import type { LocalRule, Wording } from "./local.ts";
import { digest, FilterError, inflate, UnknownFormat } from "./wire.ts";

export const PACK_FORMAT = 1;
/** Parts that are fetched at a time. */
const AT_ONCE = 6;
const LEAST_GAP_MS = 30_000;
const FAR_MS = 7 * 86_400_000;
/** Characters of a part's name: the beginning of its SHA-256. */
const NAME_CHARS = 32;

/** Where a pack comes from: `list` is the answer to `GET /v1/pack`, `part` the bytes of one part. */
export interface Source {
  list(): Promise<unknown>;
  part(name: string): Promise<Uint8Array<ArrayBuffer>>;
}

/** The pack that is at hand. `asOf`: when it was last found to be the server's own (ISO 8601). */
export interface Kept {
  readonly server: string;
  readonly version: number;
  readonly rule: LocalRule;
  readonly ruleName: string;
  /** The parts that are at hand; an empty name is yet to be fetched. */
  readonly parts: readonly string[];
  readonly asOf: string;
  readonly due: number;
  /** All parts are there. */
  readonly whole: boolean;
}

/** A wording and the case that it belongs to. */
export interface CaseWording extends Wording {
  readonly about: PackedCase;
}

/** Where a pack is kept; `extension/filter/pack-store.ts` in a browser. */
export interface PackStore {
  kept(): Promise<Kept | undefined>;
  /** Forgets everything and begins anew. */
  begin(kept: Kept): Promise<void>;
  keep(kept: Kept): Promise<void>;
  /** Puts the cases of a part in the place of those it had, in one step with what is kept. */
  put(part: number, cases: readonly PackedCase[], kept: Kept): Promise<void>;
  forget(): Promise<void>;
  withRow(key: number): Promise<PackedCase[]>;
  case(id: string): Promise<PackedCase | undefined>;
}

const Words = v.record(v.string(), v.pipe(v.array(v.string()), v.maxLength(1000)));
const Whole = v.pipe(v.number(), v.safeInteger());
const Rule = v.object({
  bias: Whole,
  coefficients: v.pipe(v.array(Whole), v.length(23)),
  least_score: Whole,
  eager_score: Whole,
  tones: v.record(v.string(), v.record(v.string(), Whole)),
  negators: Words,
  frames: Words,
});
const readList = reader(PackList);
const readRule = reader(Rule);
const readCases = reader(v.array(PackCase));

export class Packs {
  private readonly store: PackStore;
  private readonly inTurn = turns();
  private asked = 0;

  constructor(store: PackStore) {
    this.store = store;
  }

  /**
   * The pack to judge by: the one at hand, or a newer one where it is time to ask or another version
   * was `heard` of. While no newer one can be had, the one at hand serves.
   *
   * @throws UnknownFormat where the server's cannot be read here; FilterError where it is damaged;
   * and without a pack at hand whatever `source` throws.
   */
  ready(server: string, source: Source, heard: number | null): Promise<Kept> {
    return this.inTurn(async () => {
      const kept = await this.store.kept();
      const own = kept?.server === server ? kept : undefined;
      if (own?.whole === true && !this.isDue(own, heard)) return own;
      this.asked = Date.now();
      try {
        return await this.update(server, source, own);
      } catch (error) {
        if (own?.whole !== true || error instanceof UnknownFormat) throw error;
        return own;
      }
    });
  }

  /** The pack as it is, without asking for another. */
  atHand(): Promise<Kept | undefined> {
    return this.store.kept();
  }

  async wordings(key: number): Promise<CaseWording[]> {
    const cases = await this.store.withRow(key);
    return cases.flatMap((about) =>
      about.claims.filter(({ rows }) => rows.includes(key)).map(({ text, language }) => ({ text, language, about })),
    );
  }

  case(id: string): Promise<PackedCase | undefined> {
    return this.store.case(id);
  }

  private isDue({ version, due }: Kept, heard: number | null): boolean {
    const now = Date.now();
    if (now < this.asked + LEAST_GAP_MS && now >= this.asked) return false;
    return now >= due || due > now + FAR_MS || (heard !== null && heard !== version);
  }

  private async update(server: string, source: Source, own: Kept | undefined): Promise<Kept> {
    const list = readList(await source.list());
    if (list.format !== PACK_FORMAT) throw new UnknownFormat(`pack of format ${list.format}`);
    const rule = own?.ruleName === list.rule ? own.rule : readRule(await content(source, list.rule));
    let kept: Kept;
    if (own?.parts.length === list.parts.length) kept = { ...own, rule, ruleName: list.rule };
    else {
      kept = { ...stateOf(list, rule), server, parts: list.parts.map(() => ""), asOf: "", due: 0, whole: false };
      await this.store.begin(kept);
    }
    const missing = list.parts.flatMap((name, part) => (kept.parts[part] === name ? [] : [{ name, part }]));
    for (let at = 0; at < missing.length; at += AT_ONCE) {
      const some = missing.slice(at, at + AT_ONCE);
      const contents = await Promise.all(some.map(({ name }) => content(source, name)));
      for (const [which, { name, part }] of some.entries()) {
        kept = { ...kept, parts: kept.parts.with(part, name) };
        await this.store.put(part, readCases(contents[which]), kept);
      }
    }
    // Readers who opened their browsers together shall not ask together.
    const due = Date.now() + Math.max(60, list.min_wait_s) * 1000 * (1 + Math.random() / 4);
    kept = { ...kept, ...stateOf(list, rule), asOf: new Date().toISOString(), due, whole: true };
    await this.store.keep(kept);
    return kept;
  }
}

function stateOf({ version, rule: ruleName }: PackedList, rule: LocalRule) {
  return { version, rule, ruleName };
}

/** What a part holds, if it is what its name says. */
async function content(source: Source, name: string): Promise<unknown> {
  const plain = await inflate(await source.part(name));
  if ((await digest(plain)).slice(0, NAME_CHARS) !== name) throw new FilterError("not what its name says");
  try {
    return JSON.parse(new TextDecoder().decode(plain)) as unknown;
  } catch {
    throw new FilterError("a part that is no JSON");
  }
}
