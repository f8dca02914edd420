/**
 * The interface in dark mode: a picture of each part to look at. In Chromium it speaks German there
 * (Firefox would need a language pack for that).
 */
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { browsers } from "./browsers.ts";
import { cardIn, markedText, pointOn, pressButton, type Driver, type Tab } from "./driver.ts";
import { ownPage, tabNumber } from "./own-pages.ts";
import { openSite, type Site } from "./site.ts";
import { keepPicture, until } from "./wait.ts";

/** Whether the page's own ground is dark. */
async function isDark(tab: Tab): Promise<boolean> {
  const [red = 255] = await tab.evaluate(() =>
    (getComputedStyle(document.body).backgroundColor.match(/\d+/g) ?? []).map(Number),
  );
  return red < 80;
}

const WORDS = {
  chromium: {
    language: "de",
    matches: "Entspricht einer Behauptung, die EUvsDisinfo am 25. Januar 2022 geprüft hat",
    why: "Warum sehe ich das?",
    answers: "Der Server antwortet.",
  },
  firefox: {
    language: "en",
    matches: "Matches a claim reviewed by EUvsDisinfo on January 25, 2022",
    why: "Why am I seeing this?",
    answers: "The server answers.",
  },
} as const;

describe.each(browsers)("in $name, dark", ({ name, open }) => {
  let site: Site;
  let browser: Driver;

  beforeAll(async () => {
    site = await openSite();
    browser = await open(inject("builds"), "test", { dark: true, language: WORDS[name].language });
    await ownPage(browser);
  });
  afterAll(async () => {
    await browser.close();
    await site.close();
  });

  test("the card", async () => {
    const tab = await browser.open(site.page("dark"));
    await until(() => markedText(tab), (text) => text.endsWith("east."));
    const { x, y } = await pointOn(tab, "The West");
    await tab.click(x, y);
    const card = await until(() => cardIn(tab), (found) => found !== null);
    expect(card?.text).toContain(WORDS[name].matches);
    expect(card?.text).toContain(WORDS[name].why);
    expect(card?.tree.attributes).toMatchObject({ lang: WORDS[name].language, dir: "ltr" });
    await keepPicture(tab, `dark-card-${name}`);
    expect(tab.errors).toEqual([]);
  });

  test.each(["options.html", "welcome.html"])("%s", async (path) => {
    const tab = await browser.openOwn(path);
    await until(() => tab.evaluate(() => document.documentElement.lang), (lang) => lang === WORDS[name].language);
    expect(await isDark(tab)).toBe(true);
    await pressButton(tab, "#test");
    await until(
      () => tab.evaluate(() => document.querySelector("#server-state")?.textContent ?? ""),
      (text) => text.startsWith(WORDS[name].answers),
    );
    await keepPicture(tab, `dark-${path.replace(".html", "")}-${name}`);
    expect(tab.errors).toEqual([]);
    await tab.close();
  });

  test("the popup", async () => {
    const tab = await browser.open(site.page("repeated"));
    await until(() => markedText(tab), (text) => text.endsWith("east."));
    const number = await tabNumber(await ownPage(browser), site.page("repeated"));
    const popup = await browser.openOwn(`popup.html?tab=${number}`);
    await until(
      () => popup.evaluate(() => document.querySelectorAll("#list button").length),
      (entries) => entries === 3,
    );
    expect(await isDark(popup)).toBe(true);
    await keepPicture(popup, `dark-popup-${name}`);
    expect(popup.errors).toEqual([]);
  });
});
