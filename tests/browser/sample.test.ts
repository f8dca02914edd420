/** The sample article of the demo, read by the extension as any page is. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { sampleArticle } from "extension/scripts/sample-article.mjs";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { browsers } from "./browsers.ts";
import { markedText, type Driver } from "./driver.ts";
import { setSettings } from "./own-pages.ts";
import { keepPicture, PATIENCE } from "./wait.ts";

describe.each(browsers)("in $name", ({ name, open }) => {
  let site: Server;
  let browser: Driver;
  let hints: string[];

  beforeAll(async () => {
    const article = await sampleArticle();
    hints = article.hints;
    site = createServer((_request, response) => {
      response.writeHead(200, { "Content-Type": "text/html; charset=utf-8" }).end(article.html);
    });
    await new Promise<void>((resolve) => site.listen(0, "127.0.0.1", resolve));
    browser = await open(inject("builds"), "test");
  });
  afterAll(async () => {
    await browser.close();
    site.closeAllConnections();
    site.close();
  });

  test("exactly the sentences that its own list names are marked as matches", async () => {
    await setSettings(browser, { showSimilar: false });
    expect(hints.length).toBeGreaterThan(0);
    const tab = await browser.open(`http://localhost:${(site.address() as AddressInfo).port}/`);
    await expect.poll(() => markedText(tab), PATIENCE).toBe(hints.join(""));
    await keepPicture(tab, `sample-article-${name}`);
  });
});
