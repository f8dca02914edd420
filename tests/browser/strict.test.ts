/** Strict mode: hints and cards as ever, and not one byte that follows from what is read. */
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { browsers } from "./browsers.ts";
import { cardIn, markedText, pointOn, type Driver } from "./driver.ts";
import { ownPage, send, setSettings, tabNumber } from "./own-pages.ts";
import { openRecorder, type Recorder } from "./recorder.ts";
import { openSite, slugs, type Site } from "./site.ts";
import { keepPicture, until } from "./wait.ts";

interface TabState { running: boolean; checked: number; sent: number }

/** Pages that are open side by side: what matters here is what all of them send. */
const AT_ONCE = 6;
/** All pages take 20 s on a quiet machine. */
const ALL_PAGES_MS = 300_000;
/** Polled at any moment, whatever is read. */
const POLLED = /^\/v1\/(index|filter(\?since=\d+)?)$/;
const FIRST = "The West, after the collapse of the Soviet Union and the collapse of the Warsaw Pact";

describe.each(browsers)("in $name", ({ name, open }) => {
  let site: Site;
  let recorder: Recorder;
  let browser: Driver;

  beforeAll(async () => {
    site = await openSite();
    recorder = await openRecorder(inject("server"));
    browser = await open(inject("builds"), "test");
    await setSettings(browser, { server: recorder.address, mode: "strict" });
  });
  afterAll(async () => {
    await browser.close();
    await recorder.close();
    await site.close();
  });

  test("a sentence in a claim's own words is marked, and its card opens from the copy kept here", async () => {
    const tab = await browser.open(site.page("article"));
    await tab.front();
    await until(() => markedText(tab), (text) => text.includes(FIRST) && text.endsWith("eastwards."));
    recorder.requests.length = 0;
    const { x, y } = await pointOn(tab, "After the Soviet");
    await tab.click(x, y);
    const card = await until(() => cardIn(tab), (found) => found?.text.includes("as of") === true);
    expect(card?.text).toContain("Nobody was asked.");
    await keepPicture(tab, `strict-card-${name}`);
    expect(recorder.requests.filter(({ path }) => !POLLED.test(path))).toEqual([]);
    await tab.close();
  });

  test("on all pages of the corpus nothing leaves but requests that are the same for everyone", async () => {
    recorder.requests.length = 0;
    const own = await ownPage(browser);
    const all = await slugs();
    let checked = 0;
    for (let at = 0; at < all.length; at += AT_ONCE) {
      const tabs = await Promise.all(
        all.slice(at, at + AT_ONCE).map(async (slug) => {
          const tab = await browser.open(site.page(slug));
          const number = await tabNumber(own, site.page(slug));
          const state = () => send(own, { type: "ui:tab", tab: number }) as Promise<TabState>;
          await until(state, ({ running }) => running);
          await tab.evaluate(() => new Promise((resolve) => setTimeout(resolve, 400)));
          return { tab, state: await state() };
        }),
      );
      for (const { tab, state } of tabs) {
        expect(state.sent).toBe(0);
        checked += state.checked;
        await tab.close();
      }
    }
    expect(checked).toBeGreaterThan(all.length);
    for (const { method, path, body } of recorder.requests) {
      expect([method, body]).toEqual(["GET", ""]);
      expect(path).toMatch(/^\/v1\/(index|filter(\?since=\d+)?|pack(\/[0-9a-f]{32})?)$/);
    }
    expect(await send(own, { type: "ui:ledger" })).toEqual([]);
  }, ALL_PAGES_MS);

  test("without a server pages are still marked", async () => {
    recorder.way = { kind: "cut" };
    const tab = await browser.open(site.page("article"));
    await until(() => markedText(tab), (text) => text.includes(FIRST));
    const own = await ownPage(browser);
    const number = await tabNumber(own, site.page("article"));
    expect(await send(own, { type: "ui:tab", tab: number })).toMatchObject({ sent: 0 });
    const popup = await browser.openOwn(`popup.html?tab=${number}`);
    await until(() => popup.evaluate(() => document.querySelector("#sent")?.textContent ?? ""), (text) => text.startsWith("Strict mode"));
    const server = () => popup.evaluate(() => {
      const place = document.querySelector<HTMLElement>("#server");
      return { words: place?.textContent ?? "", state: place?.dataset["state"] };
    });
    await until(server, ({ words }) => /The server does not answer. The copy of the cases as of .+ is enough/.test(words));
    expect((await server()).state).toBeUndefined();
    await keepPicture(popup, `strict-popup-${name}`);
    await popup.close();
    await tab.close();
    recorder.way = { kind: "pass" };
  });
});
