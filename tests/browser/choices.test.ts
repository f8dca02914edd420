/** Where pages are read is the reader's choice: on the welcome page, in the popup, in the browser itself. */
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { browsers } from "./browsers.ts";
import { markedText, pressButton, type Driver, type Tab } from "./driver.ts";
import { badgeOf, ownPage, send, setSettings, stored, tabNumber, takeBack } from "./own-pages.ts";
import { openRecorder, type Recorder } from "./recorder.ts";
import { openSite, type Site } from "./site.ts";
import { until } from "./wait.ts";

const NEWS = "news.example";

/** Presses the button of these words. */
async function pressWords(page: Tab, words: string): Promise<void> {
  await page.front();
  const at = await until(() => page.evaluate((text: string) => {
    const found = [...document.querySelectorAll("button")].find(({ textContent }) => textContent === text);
    const box = found?.getBoundingClientRect();
    return box === undefined ? null : { x: box.left + box.width / 2, y: box.top + box.height / 2 };
  }, words), (point) => point !== null);
  if (at !== null) await page.click(at.x, at.y);
}

const textOf = (page: Tab, selector: string) =>
  page.evaluate((wanted: string) => document.querySelector(wanted)?.textContent ?? "", selector);
const says = (page: Tab, selector: string, words: string) => until(() => textOf(page, selector), (text) => text.includes(words));
const isMarked = (tab: Tab) => until(() => markedText(tab), (text) => text.endsWith("eastwards."));
const isUnmarked = (tab: Tab) => until(() => tab.evaluate(() => CSS.highlights.size), (size) => size === 0);

describe.each(browsers)("a fresh installation in $name", ({ name, open }) => {
  let site: Site;
  let recorder: Recorder;
  let browser: Driver;
  let address: string;

  beforeAll(async () => {
    site = await openSite();
    address = site.page("article").replace("localhost", NEWS);
    recorder = await openRecorder(inject("server"));
    browser = await open(inject("builds"), "production", { grants: true, hosts: [NEWS] });
    await setSettings(browser, { server: recorder.address });
  });
  afterAll(async () => {
    await browser.close();
    await recorder.close();
    await site.close();
  });

  test("“All sites” is asked of the browser; then pages are read as they open, those already open too", async () => {
    const before = await browser.open(address);
    const welcome = await browser.openOwn("welcome.html");
    await pressButton(welcome, "input[value=all]");
    await pressButton(welcome, "button[type=submit]");
    await says(welcome, "#done", "You can close this page");
    await isMarked(before);
    const after = await browser.open(address);
    await isMarked(after);
    expect(after.errors).toEqual([]);
    await after.close();
    await before.close();
    await welcome.close();
  });

  test("a permission that is taken back ends the reading and all requests, and can be given again where it is missed", async () => {
    const tab = await browser.open(address);
    await isMarked(tab);
    const own = await ownPage(browser);
    const number = await tabNumber(own, address);
    await takeBack(own);
    await isUnmarked(tab);
    await until(() => badgeOf(own, number), (text) => text === "");
    recorder.requests.length = 0;
    expect(await send(own, { type: "ui:server" })).toEqual({ state: "no-permission" });
    await tab.goto(address);
    const popup = await browser.openOwn(`popup.html?tab=${number}`);
    await says(popup, "#server", "has no permission to reach");
    expect(recorder.requests).toEqual([]);
    expect(await tab.evaluate(() => CSS.highlights.size)).toBe(0);
    if (name === "firefox") {
      await pressWords(popup, "Allow it");
      await until(() => send(own, { type: "ui:server" }), (state) => (state as { state: string }).state === "ready");
    } else {
      // Chromium shows its own question here, which no test can answer.
      await says(popup, "#server button", "Allow it");
    }
    await popup.close();
  });
});

describe.each(browsers)("in $name", ({ open }) => {
  let site: Site;
  let browser: Driver;
  let tab: Tab;
  let popup: Tab;

  beforeAll(async () => {
    site = await openSite();
    browser = await open(inject("builds"), "test");
    const own = await ownPage(browser);
    tab = await browser.open(site.page("article"));
    popup = await browser.openOwn(`popup.html?tab=${await tabNumber(own, site.page("article"))}`);
  });
  afterAll(async () => {
    await browser.close();
    await site.close();
  });

  test("the popup switches off and on: this page, this site, everything", async () => {
    await isMarked(tab);
    await pressWords(popup, "Stop on this page");
    await isUnmarked(tab);
    await pressWords(popup, "Check this page now");
    await isMarked(tab);
    await pressWords(popup, "Never check localhost");
    await says(popup, "#reading", "switched Claimlight off on this site");
    await isUnmarked(tab);
    await pressWords(popup, "Always check localhost");
    await isMarked(tab);
    await pressButton(popup, "#enabled");
    await says(popup, "#reading", "switched off everywhere");
    await isUnmarked(tab);
    await pressButton(popup, "#enabled");
    await isMarked(tab);
    expect(popup.errors).toEqual([]);
  });

  test("with “only when I click” no page is read but those of the sites that were chosen", async () => {
    await setSettings(browser, { scope: "click", sitesOn: [] });
    await isUnmarked(tab);
    await tab.goto(site.page("article"));
    await says(popup, "#reading", "Nothing of it was sent");
    await pressWords(popup, "Always check localhost");
    await isMarked(tab);
    const { local } = await stored(await ownPage(browser));
    expect(local["settings"]).toMatchObject({ scope: "click", sitesOn: ["localhost"] });
    await tab.goto(site.page("article"));
    await isMarked(tab);
    const other = await browser.open(site.page("article").replace("localhost", "127.0.0.1"));
    const number = await tabNumber(await ownPage(browser), site.page("article").replace("localhost", "127.0.0.1"));
    expect(await send(await ownPage(browser), { type: "ui:tab", tab: number })).toMatchObject({ reading: "not-chosen", running: false });
    expect(await other.evaluate(() => CSS.highlights.size)).toBe(0);
  });
});
