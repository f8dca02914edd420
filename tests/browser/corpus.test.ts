/** Each page of the corpus: exactly the expected words are marked, and the page stays as it is. */
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { browsers } from "./browsers.ts";
import { cardIn, markedText, type Driver, type Tab } from "./driver.ts";
import { setSettings } from "./own-pages.ts";
import { expected, openSite, slugs, type Site } from "./site.ts";
import { keepPicture, PATIENCE, until } from "./wait.ts";

const pages = await slugs();

describe.each(browsers)("in $name", ({ name, open }) => {
  let site: Site;
  let browser: Driver;
  const before = new Map<string, string>();

  beforeAll(async () => {
    site = await openSite();
    browser = await open(inject("builds"), "test");
    // The pages as they are without us; each says when its own scripts are done.
    await setSettings(browser, { enabled: false });
    for (const slug of pages) {
      const tab = await browser.open(site.page(slug));
      before.set(slug, await settledHtml(tab));
      await tab.close();
    }
    await setSettings(browser, { enabled: true });
  });
  afterAll(async () => {
    await browser.close();
    await site.close();
  });

  test.each(pages)("%s: exactly the expected words are marked, and the page is untouched", async (slug) => {
    const { hints } = await expected(slug);
    const words = hints.map(({ sentence }) => sentence).join("").replace(/\s+/g, " ");
    const tab = await browser.open(site.page(slug));
    const html = await settledHtml(tab);
    await expect.poll(() => markedText(tab), PATIENCE).toBe(words);
    await keepPicture(tab, `${slug}-${name}`);
    expect(html).toBe(before.get(slug));
    expect(await tab.evaluate(() => document.documentElement.outerHTML)).toBe(before.get(slug));
    expect(await cardIn(tab)).toBeNull();
    expect(tab.errors).toEqual([]);

    await setSettings(browser, { enabled: false });
    await expect.poll(() => tab.evaluate(() => CSS.highlights.size), PATIENCE).toBe(0);
    expect(await tab.evaluate(() => document.documentElement.outerHTML)).toBe(before.get(slug));
    await setSettings(browser, { enabled: true });
    // Switched on again, the open page is read again.
    await expect.poll(() => markedText(tab), PATIENCE).toBe(words);
    await tab.close();
  });
});

/** The page's markup once its own scripts say `data-settled` (or have nothing to say). */
async function settledHtml(tab: Tab): Promise<string> {
  await until(
    () => tab.evaluate(() => document.documentElement.dataset["settled"] ?? "yes"),
    (settled) => settled === "yes",
  );
  return tab.evaluate(() => document.documentElement.outerHTML);
}
