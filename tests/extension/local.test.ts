/** Strict mode in TypeScript judges exactly as in Python: the vectors come from there. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { PackCase, type PackedCase } from "extension/common/wire.ts";
import { Filter } from "extension/filter/filter.ts";
import { best, nearRows, rowKey, type LocalRule } from "extension/filter/local.ts";
import { decode, digest, inflate, unpack } from "extension/filter/wire.ts";
import * as v from "valibot";

interface Part { name: string; body: string }
interface Told {
  score: number;
  wording: string;
  evidence: number[];
  band: string;
  guard: string | null;
}
interface Vectors {
  filter: string;
  rule: Part;
  parts: Part[];
  keys: number[];
  sentences: { name: string; text: string; judged: (Told | null)[] }[];
}

const vectors = JSON.parse(readFileSync(new URL("../contract/local.json", import.meta.url), "utf8")) as Vectors;
const bytes = (text: string) => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
const filter = new Filter(decode((await unpack(bytes(vectors.filter))).content));
const content = async ({ body }: Part) => inflate(bytes(body));
const json = async (part: Part) => JSON.parse(new TextDecoder().decode(await content(part))) as unknown;

const rule = (await json(vectors.rule)) as LocalRule;
const cases: PackedCase[] = [];
for (const part of vectors.parts) cases.push(...v.parse(v.array(PackCase), await json(part)));
const wordings = (key: number) =>
  cases.flatMap(({ claims }) => claims.filter(({ rows }) => rows.includes(key)));

test("rows have the same keys", () => {
  const { hashes, rows } = filter.content;
  const keys = Array.from({ length: rows }, (_, row) =>
    rowKey(filter.termsOf(row).map((term) => hashes[term] ?? 0).sort((a, b) => a - b)),
  );
  expect(keys).toEqual(vectors.keys);
});

test("parts are what their names say", async () => {
  for (const part of [vectors.rule, ...vectors.parts]) {
    expect((await digest(await content(part))).slice(0, 32)).toBe(part.name);
  }
});

describe.each(vectors.sentences)("$name", ({ text, judged }) => {
  test.each([
    [undefined, judged[0]],
    ["en", judged[1]],
  ])("is judged alike on a page in %s", (language, told) => {
    const rows = nearRows(filter, text).map((row) => ({ ...row, wordings: wordings(row.key) }));
    const found = best(filter, rule, text, language, rows);
    expect(
      found && { score: found.score, wording: found.wording.text, evidence: found.evidence, band: found.band, guard: found.guard },
    ).toEqual(told ?? null);
  });
});
