/** The filter in TypeScript decides exactly as in Python: the vectors come from there. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { Filter } from "extension/filter/filter.ts";
import { eachWord, fold, words } from "extension/filter/folding.ts";
import { apply, decode, digest, FilterError, UnknownFormat, unpack } from "extension/filter/wire.ts";

interface Vectors {
  sent: { whole: string; before: string; delta: string };
  digest: string;
  leastScore: number;
  hosts: string[];
  sentences: {
    name: string;
    text: string;
    words: string[];
    hashes: number[];
    telling: boolean[];
    score: number;
    passes: boolean;
  }[];
}

const vectors = JSON.parse(
  readFileSync(new URL("../contract/filter.json", import.meta.url), "utf8"),
) as Vectors;

const bytes = (text: string) => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
const sent = (name: keyof Vectors["sent"]) => bytes(vectors.sent[name]);

const whole = await unpack(sent("whole"));
const filter = new Filter(decode(whole.content));

describe.each(vectors.sentences)("$name", (vector) => {
  test("has the same words", () => {
    expect(words(vector.text)).toEqual(vector.words);
  });
  test("has the same hashes", () => {
    expect(vector.words.map((word) => fold(word).hashed)).toEqual(vector.hashes);
    expect(vector.words.map((word) => fold(word).telling)).toEqual(vector.telling);
  });
  test("has the same score and the same fate", () => {
    expect(filter.score(vector.text)).toBe(vector.score);
    expect(filter.passes(vector.text)).toBe(vector.passes);
  });
});

const eachOf = (text: string) => {
  const found: { hashed: number; telling: boolean }[] = [];
  eachWord(text, (hashed, telling) => found.push({ hashed, telling }));
  return found;
};

test("the short way through plain text comes to the same words as the long one", () => {
  // All pairs of characters between two letters, and odd numbers, humps and links.
  const plain = [...Array.from({ length: 98 }, (_, at) => String.fromCharCode(at < 95 ? at + 32 : [9, 10, 13][at - 95]!)), "–", "—", "‘", "’", "“", "”", "…", "é"];
  const odd = ["", "a", "1.5.", "1,000,000.5", "3..4", "x1.2Y", "stopNATO andUSAToday", "www.a.b", "http", "https://a.b c", "HTTPS://A.B c", "don’t “Stop”"];
  for (const one of plain) odd.push(...plain.map((other) => `Ab${one}${other}cD 1${one}${other}2 lengthy${one}Words`));
  for (const text of odd) expect(eachOf(text), text).toEqual(words(text).map(fold));
  for (const { text } of vectors.sentences) expect(eachOf(text)).toEqual(words(text).map(fold));
});

test("a sentence leaves nothing behind that changes the next", () => {
  const scores = () => vectors.sentences.map(({ text }) => filter.score(text));
  expect(scores()).toEqual(scores());
});

test("what is sent is what its digest says", async () => {
  expect(whole.digest).toBe(vectors.digest);
  expect(await digest(whole.content)).toBe(vectors.digest);
  expect([whole.version, whole.minWaitS, whole.base]).toEqual([2, 300, null]);
  expect(filter.content.hosts).toEqual(vectors.hosts);
  expect(filter.content.rule.leastScore).toBe(vectors.leastScore);
});

test("a difference leads to the very bytes of the whole, with the retracted case gone", async () => {
  const before = await unpack(sent("before"));
  const delta = await unpack(sent("delta"));
  expect(delta.base).toBe(await digest(before.content));
  expect(apply(decode(before.content), delta.content)).toEqual(whole.content);
  const retracted = "Drinking bleach cures malaria and the common cold.";
  expect(new Filter(decode(before.content)).passes(retracted)).toBe(true);
  expect(filter.passes(retracted)).toBe(false);
});

test("a difference to another filter does not lead to the same bytes", async () => {
  const delta = await unpack(sent("delta"));
  const led = await digest(apply(decode(whole.content), delta.content)).catch(() => "refused");
  expect(led === vectors.digest).toBe(false);
});

test.each([2, 255])("format %i is told apart from damage", async (format) => {
  const other = sent("whole");
  other[4] = format;
  await expect(unpack(other)).rejects.toThrow(UnknownFormat);
});

test("damaged bytes are refused wherever they are damaged, or known by their digest", async () => {
  const intact = sent("whole");
  for (let at = 0; at < intact.length; at += 7) {
    const damaged = intact.slice();
    damaged[at]! ^= 0x55;
    const known = await unpack(damaged).then(
      async (message) => (await digest(message.content)) !== message.digest,
      (error: unknown) => error instanceof FilterError,
    );
    // Version and waiting time, bytes 6 to 13, are no part of the content, nor is an unused base.
    if (at < 6 || at >= 78 || (at >= 14 && at < 46)) expect(known, `byte ${at}`).toBe(true);
  }
});

test("content cut short or continued is refused", () => {
  for (let length = 0; length < whole.content.length; length += 11) {
    expect(() => decode(whole.content.subarray(0, length))).toThrow(FilterError);
  }
  expect(() => decode(new Uint8Array([...whole.content, 0]))).toThrow(FilterError);
});

test("a few bytes cannot make it fill the memory", () => {
  const huge = [0xff, 0xff, 0xff, 0xff, 0x0f];
  const rule = new Array<number>(13).fill(1);
  expect(() => decode(new Uint8Array([...rule, 0, ...huge, 1, ...huge, ...huge]))).toThrow(FilterError);
  expect(() => decode(new Uint8Array([...rule, 0, ...huge, 0]))).toThrow(FilterError);
  expect(() => decode(new Uint8Array([...rule, ...huge]))).toThrow(FilterError);
});
