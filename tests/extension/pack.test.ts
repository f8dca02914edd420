/** The offline pack is whole before it is used, is the server's own, and costs only what changed. */
import { createHash } from "node:crypto";
import { deflateSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { PackedCase } from "extension/common/wire.ts";
import { Packs, PACK_FORMAT, type Kept, type PackStore, type Source } from "extension/filter/pack.ts";
import { FilterError, UnknownFormat } from "extension/filter/wire.ts";

const SERVER = "https://server.example";
const FIVE_MINUTES = 300_000;
const RULE = { bias: 0, coefficients: new Array<number>(23).fill(1), least_score: 1, eager_score: 0, tones: {}, negators: {}, frames: {} };

function caseOf(id: string, row: number) {
  const claims = [{ text: `The claim of ${id}`, language: "en", rows: [row] }];
  return { id, claims, verdict: "false", url: `https://facts.example/${id}`, publisher: { name: "Facts" }, published: "2022-01-25" };
}

/** What a browser's disk does, in memory. */
class Disk implements PackStore {
  now: Kept | undefined;
  readonly parts = new Map<number, readonly PackedCase[]>();
  kept() { return Promise.resolve(this.now); }
  begin(kept: Kept) { this.parts.clear(); return this.keep(kept); }
  keep(kept: Kept) { this.now = kept; return Promise.resolve(); }
  put(part: number, cases: readonly PackedCase[], kept: Kept) { this.parts.set(part, cases); return this.keep(kept); }
  forget() { this.parts.clear(); this.now = undefined; return Promise.resolve(); }
  withRow(key: number) { return Promise.resolve(this.all().filter(({ claims }) => claims.some(({ rows }) => rows.includes(key)))); }
  case(id: string) { return Promise.resolve(this.all().find((one) => one.id === id)); }
  private all() { return [...this.parts.values()].flat(); }
}

/** A server of four parts. */
class Server implements Source {
  format = PACK_FORMAT;
  version = 1;
  away = false;
  rule: object = RULE;
  readonly contents: object[][] = [0, 1, 2, 3].map((part) => [caseOf(`case-${part}`, part)]);
  readonly asked: string[] = [];
  /** A name whose bytes arrive damaged. */
  damaged = "";
  /** Parts that still arrive before the connection breaks. */
  left = Infinity;

  list(): Promise<unknown> {
    this.asked.push("list");
    if (this.away) return Promise.reject(new Error("away"));
    const [rule, ...parts] = this.packed().map(({ name }) => name);
    return Promise.resolve({ format: this.format, version: this.version, digest: "d", cases: 4, min_wait_s: 300, rule, parts });
  }

  part(name: string): Promise<Uint8Array<ArrayBuffer>> {
    this.asked.push(name);
    const found = this.packed().find((part) => part.name === name);
    if (found === undefined || this.left-- <= 0) return Promise.reject(new Error(`no ${name}`));
    return Promise.resolve(new Uint8Array(deflateSync(name === this.damaged ? "[]" : found.plain)));
  }

  /** The name of the rule (0) or of a part (1 and up). */
  name(at: number): string {
    return this.packed().at(at)?.name ?? "";
  }

  /** The rule, then the parts. */
  packed(): { name: string; plain: string }[] {
    return [this.rule, ...this.contents].map((content) => {
      const plain = JSON.stringify(content);
      return { plain, name: createHash("sha256").update(plain).digest("hex").slice(0, 32) };
    });
  }
}

let disk: Disk;
let server: Server;
let packs: Packs;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: 1_700_000_000_000 });
  disk = new Disk();
  server = new Server();
  packs = new Packs(disk);
});
afterEach(() => { vi.useRealTimers(); });

const later = (ms: number) => vi.setSystemTime(Date.now() + ms);

test("the first page after the choice has all cases at once", async () => {
  expect(await packs.ready(SERVER, server, null)).toMatchObject({ version: 1, whole: true, rule: RULE });
  expect((await packs.wordings(2)).map(({ text, about }) => [text, about.id])).toEqual([["The claim of case-2", "case-2"]]);
  expect((await packs.case("case-3"))?.url).toBe("https://facts.example/case-3");
  expect(server.asked).toHaveLength(6);
});

test("pages that ask at the same time cost one fetch", async () => {
  await Promise.all([1, 2, 3].map(() => packs.ready(SERVER, server, null)));
  expect(server.asked).toHaveLength(6);
});

test("a worker that starts again asks for nothing", async () => {
  await packs.ready(SERVER, server, null);
  server.asked.length = 0;
  expect(await new Packs(disk).ready(SERVER, server, null)).toMatchObject({ version: 1 });
  expect(server.asked).toEqual([]);
});

test("the pack of another server is not used", async () => {
  await packs.ready(SERVER, server, null);
  const other = new Server();
  other.contents.splice(0, 4, [caseOf("theirs", 9)]);
  expect(await packs.ready("https://other.example", other, null)).toMatchObject({ server: "https://other.example" });
  expect(await packs.case("case-0")).toBeUndefined();
  expect((await packs.case("theirs"))?.id).toBe("theirs");
});

test("a server whose format is unknown shows nothing, whatever is at hand", async () => {
  server.format = 2;
  await expect(packs.ready(SERVER, server, null)).rejects.toThrow(UnknownFormat);
  server.format = PACK_FORMAT;
  later(FIVE_MINUTES);
  await packs.ready(SERVER, server, null);
  later(2 * FIVE_MINUTES);
  server.format = 2;
  await expect(packs.ready(SERVER, server, null)).rejects.toThrow(UnknownFormat);
});

test("a part that is not what its name says is not believed", async () => {
  server.damaged = server.name(2);
  await expect(packs.ready(SERVER, server, null)).rejects.toThrow(FilterError);
  expect(disk.now?.whole).toBe(false);
});

test("a fetch that broke off goes on where it stopped", async () => {
  // The parts of one step are kept or fetched again together; the rule comes first.
  server.contents.push(...[4, 5, 6, 7].map((part) => [caseOf(`case-${part}`, part)]));
  server.left = 8;
  await expect(packs.ready(SERVER, server, null)).rejects.toThrow();
  expect(disk.now?.whole).toBe(false);
  server.left = Infinity;
  server.asked.length = 0;
  expect(await packs.ready(SERVER, server, null)).toMatchObject({ whole: true });
  expect(server.asked).toEqual(["list", ...server.packed().slice(7).map(({ name }) => name)]);
});

describe("news", () => {
  beforeEach(async () => {
    await packs.ready(SERVER, server, null);
    server.asked.length = 0;
    server.version = 2;
    server.contents[1] = [caseOf("case-1", 1), caseOf("new", 77)];
  });

  test("are not asked for before the server's waiting time is over", async () => {
    later(FIVE_MINUTES - 1);
    expect(await packs.ready(SERVER, server, null)).toMatchObject({ version: 1 });
    expect(server.asked).toEqual([]);
  });

  test("cost the list and the part that changed", async () => {
    later(2 * FIVE_MINUTES);
    expect(await packs.ready(SERVER, server, null)).toMatchObject({ version: 2, whole: true });
    expect(server.asked).toEqual(["list", server.name(2)]);
    expect((await packs.case("new"))?.id).toBe("new");
  });

  test("are asked for sooner where another version was heard of", async () => {
    later(30_000);
    expect(await packs.ready(SERVER, server, 2)).toMatchObject({ version: 2 });
  });

  test("take away a case that was retracted", async () => {
    server.contents[1] = [];
    later(2 * FIVE_MINUTES);
    await packs.ready(SERVER, server, null);
    expect(await packs.case("case-1")).toBeUndefined();
    expect(await packs.wordings(1)).toEqual([]);
  });

  test("can bring another rule alone", async () => {
    server.contents[1] = [caseOf("case-1", 1)];
    server.rule = { ...RULE, least_score: 5 };
    later(2 * FIVE_MINUTES);
    expect((await packs.ready(SERVER, server, null)).rule.least_score).toBe(5);
    expect(server.asked).toEqual(["list", server.name(0)]);
  });

  test("that are damaged or cannot be had leave the pack at hand in use, and are not asked for at once", async () => {
    server.damaged = server.name(2);
    later(2 * FIVE_MINUTES);
    expect(await packs.ready(SERVER, server, null)).toMatchObject({ version: 1 });
    server.away = true;
    later(FIVE_MINUTES);
    expect(await packs.ready(SERVER, server, null)).toMatchObject({ version: 1 });
    server.asked.length = 0;
    later(29_000);
    await packs.ready(SERVER, server, null);
    expect(server.asked).toEqual([]);
  });

  test("come after a clock that was set back, too", async () => {
    later(-40 * 86_400_000);
    expect(await packs.ready(SERVER, server, null)).toMatchObject({ version: 2 });
  });
});
