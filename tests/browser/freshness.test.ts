/** News of the index reach open pages: what is withdrawn goes, what is new comes. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, inject, test } from "vitest";
import { browsers } from "./browsers.ts";
import { markedText, type Driver } from "./driver.ts";
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

  test("a new case appears on a page that is open, and disappears when it is withdrawn", async () => {
    const tab = await browser.open(site.page("article"));
    await until(() => markedText(tab), (text) => text.endsWith("eastwards."));

    const folder = await mkdtemp(join(tmpdir(), "claimlight-push-"));
    const file = join(folder, "cases.jsonl");
    await writeFile(file, `${JSON.stringify({
      id: "harbour-dog",
      claims: [{ text: NEW, language: "en" }],
      verdict: "unproven",
      url: "https://checks.example/harbour-dog",
      publisher: { name: "Harbour Checks" },
      published: "2026-01-02",
    })}\n`);
    const env = { ...process.env, CLAIMLIGHT_SERVER: service.address, CLAIMLIGHT_DATA_DIR: service.folder };
    await run(claimlight, ["push", file], { env });
    await rm(folder, { recursive: true });
    // Any answer tells of the new index: here the one to another page.
    await browser.open(site.page("table"));
    await until(() => markedText(tab), (text) => text.endsWith(NEW));

    await run(claimlight, ["retract", "harbour-dog", "--note", "a test"], { env });
    await browser.open(site.page("repeated"));
    await until(() => markedText(tab), (text) => text.endsWith("eastwards."));
  });
});
