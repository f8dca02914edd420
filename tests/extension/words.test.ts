import { readFile, readdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { filled, grouped, isSingle, packed, ungrouped } from "extension/common/packing.ts";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("../../extension/", import.meta.url));
type Words = Record<string, { message: string }>;
const read = async (language: string) =>
  JSON.parse(await readFile(`${root}public/_locales/${language}/messages.json`, "utf8")) as Words;
const en = await read("en");
const languages = await readdir(`${root}public/_locales`);
const holes = (text = "") => [...new Set(text.match(/\$\d/g))].sort();

/** Every word key that the code and the pages name. */
async function named(): Promise<Set<string>> {
  const keys = new Set<string>();
  const rooms = ["background", "common", "entrypoints", "page", "ui"];
  const all = await Promise.all(
    rooms.map(async (room) => (await readdir(root + room, { recursive: true })).map((path) => `${room}/${path}`)),
  );
  const sources = all.flat().filter((path) => /\.(ts|html)$/.test(path));
  for (const path of [...sources, "wxt.config.ts"]) {
    const text = await readFile(root + path, "utf8");
    for (const [, key] of text.matchAll(/["_](\w+?)(?:__)?"/g)) if (key !== undefined && key in en) keys.add(key);
    for (const [, key] of text.matchAll(/__MSG_(\w+?)__/g)) if (key !== undefined) keys.add(key);
    for (const [, key] of text.matchAll(/data-(?:words|label|title)="(\w+)"/g)) if (key !== undefined) keys.add(key);
  }
  return keys;
}

test("the interface speaks seven languages", () => {
  expect(languages.sort()).toEqual(["de", "en", "es", "fr", "pl", "ru", "uk"]);
});

describe.each(languages)("%s", (language) => {
  test("has every string, and no other", async () => {
    expect(Object.keys(await read(language)).sort()).toEqual(Object.keys(en).sort());
  });

  test("has no empty string, and the same places to fill", async () => {
    for (const [key, { message }] of Object.entries(await read(language))) {
      expect(message.trim(), key).not.toBe("");
      expect(holes(message), key).toEqual(holes(en[key]?.message));
    }
  });
});

test("packed into one message, every string comes out again with its places filled", async () => {
  const keys = Object.keys(en).filter((key) => !isSingle(key));
  for (const language of languages) {
    const words = await read(language);
    const lines = packed(words, keys).split("\n");
    expect(lines).toHaveLength(keys.length);
    for (const [at, key] of keys.entries()) {
      const expected = words[key]?.message.replace("$1", "one").replace("$2", "two").replace("$3", "3");
      expect(filled(lines[at] ?? "", ["one", "two", 3]), key).toBe(expected);
    }
  }
});

test("the keys come out of their groups as they went in", () => {
  const keys = Object.keys(en).filter((key) => !isSingle(key));
  expect(ungrouped(grouped(keys))).toEqual(keys);
  expect(grouped(["popupOn", "popupOff", "close"])).toBe("popup:On,Off close:");
});

test("a value that looks like a place to fill stays as it is", () => {
  expect(filled("{1} and {2}", ["{2}", "$1"])).toBe("{2} and $1");
});

test("each file names its own language", async () => {
  for (const language of languages) expect((await read(language))["wordsLanguage"]?.message).toBe(language);
});

test("every string that the pages name exists", async () => {
  const keys = await named();
  expect([...keys].filter((key) => !(key in en))).toEqual([]);
});

test("no string is left that nobody uses", async () => {
  const keys = await named();
  expect(Object.keys(en).filter((key) => !keys.has(key))).toEqual([]);
});

test("the browsers' limits hold: name up to 45 characters, description up to 132", async () => {
  for (const language of languages) {
    const words = await read(language);
    expect(words["extensionName"]?.message.length).toBeLessThanOrEqual(45);
    expect(words["extensionDescription"]?.message.length, language).toBeLessThanOrEqual(132);
  }
});
