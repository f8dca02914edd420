/** The ledger keeps what left, newest first, within what a browser's memory for sessions holds. */
import { expect, test } from "vitest";
import { withEntry } from "extension/background/ledger.ts";
import type { LedgerEntry } from "extension/common/messages.ts";

const entry = (at: number, chars = 10): LedgerEntry => ({
  at,
  server: "https://server.example",
  path: "/v1/match",
  sentences: 1,
  body: "x".repeat(chars),
});

const fill = (count: number, chars?: number) =>
  Array.from({ length: count }, (_, at) => entry(at, chars)).reduce<LedgerEntry[]>(withEntry, []);

test("the newest comes first", () => {
  expect(fill(3).map(({ at }) => at)).toEqual([2, 1, 0]);
});

test("fifty entries are kept, and the oldest go", () => {
  const kept = fill(60);
  expect(kept).toHaveLength(50);
  expect(kept.at(-1)?.at).toBe(10);
});

test("long requests leave room for fewer, and the newest is always there", () => {
  expect(fill(50, 300_000).length).toBeLessThan(10);
  expect(fill(3, 5_000_000).map(({ at }) => at)).toEqual([2]);
});
