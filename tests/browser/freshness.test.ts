/** News of the index reach open pages: what is withdrawn goes, what is new comes. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { browsers } from "./browsers.ts";
import { cardIn, markedText, pointOn, type Driver } from "./driver.ts";
import { HOSTILE, MARKUP } from "./hostile.ts";
import { setSettings } from "./own-pages.ts";
import { claimlight, startService, type Service } from "./service.ts";
import { openSite, type Site } from "./site.ts";
import { until } from "./wait.ts";

const run = promisify(execFile);
/** A sentence of the article that no starter case is about. */
const NEW = "The harbour master only asked whether anyone had seen his dog.";

describe.each(browsers)("in $name", ({ open }) => {
  let site: Site;
  let service: Service;
  let browser: Driver;

  beforeAll(async () => {
    site = await openSite();
    service = await startService();
    browser = await open(inject("builds"), "test");
    await setSettings(browser, { server: service.address });
  });
  afterAll(async () => {
    await browser.close();
    await service.stop();
    await site.close();
  });

  function command(...words: string[]): Promise<unknown> {
    const env = { ...process.env, CLAIMLIGHT_SERVER: service.address, CLAIMLIGHT_DATA_DIR: service.folder };
    return run(claimlight, words, { env });
  }

  async function push(row: object): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), "claimlight-push-"));
    const file = join(folder, "cases.jsonl");
    await writeFile(file, `${JSON.stringify(row)}\n`);
    await command("push", file);
    await rm(folder, { recursive: true });
  }

  test("a new case appears on a page that is open, and disappears when it is withdrawn", async () => {
    const tab = await browser.open(site.page("article"));
    await until(() => markedText(tab), (text) => text.endsWith("eastwards."));

    await push({
      id: "harbour-dog",
      claims: [{ text: NEW, language: "en" }],
      verdict: "unproven",
      url: "https://checks.example/harbour-dog",
      publisher: { name: "Harbour Checks" },
      published: "2026-01-02",
    });
    // Any answer tells of the new index: here the one to another page.
    await browser.open(site.page("table"));
    await until(() => markedText(tab), (text) => text.endsWith(NEW));

    await command("retract", "harbour-dog", "--note", "a test");
    await browser.open(site.page("repeated"));
    await until(() => markedText(tab), (text) => text.endsWith("eastwards."));
  });

  test("a case with markup in every field is shown in the card as the text it is", async () => {
    await push({ ...HOSTILE, claims: [{ text: NEW, language: "en" }, ...HOSTILE.claims] });
    const tab = await browser.open(site.page("article"));
    await until(() => markedText(tab), (text) => text.endsWith(NEW));
    const { x, y } = await pointOn(tab, "The harbour master only");
    await tab.click(x, y);
    const card = await until(() => cardIn(tab), (found) => found?.text.includes("{{7*7}}") ?? false);
    for (const text of [HOSTILE.rating, HOSTILE.summary, `Matches a claim reviewed by ${MARKUP} on`]) expect(card?.text).toContain(text);
    expect(card?.related[0]).toBe(MARKUP);
    for (const { href } of card?.links ?? []) expect(href).toMatch(/^https:\/\//);
    expect(await tab.evaluate(() => "hacked" in window)).toBe(false);
    expect(tab.errors).toEqual([]);
    await command("retract", "hostile", "--note", "a test");
  });
});
