/** Private windows leave nothing behind: not on disk, not in the session's memory. */
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { browsers } from "./browsers.ts";
import { cardIn, markedText, pointOn, pressInCard, type Driver } from "./driver.ts";
import { openPrivately, ownPage, send, setSettings, stored } from "./own-pages.ts";
import { openRecorder, type Recorder } from "./recorder.ts";
import { openSite, type Site } from "./site.ts";
import { until } from "./wait.ts";

describe.each(browsers)("in a private window of $name", ({ open }) => {
  let site: Site;
  let recorder: Recorder;
  let browser: Driver;

  beforeAll(async () => {
    site = await openSite();
    recorder = await openRecorder(inject("server"));
    browser = await open(inject("builds"), "test", { private: true });
    await setSettings(browser, { server: recorder.address });
  });
  afterAll(async () => {
    await browser.close();
    await recorder.close();
    await site.close();
  });

  test("pages are read, and neither sentences nor cases nor what was sent are remembered", async () => {
    const own = await ownPage(browser);
    const tab = await openPrivately(browser, site.page("article"));
    await until(() => markedText(tab), (text) => text.endsWith("eastwards."));
    await tab.front();
    const openCard = async () => {
      const { x, y } = await pointOn(tab, "After the Soviet");
      await tab.click(x, y);
      return until(() => cardIn(tab), (card) => card !== null);
    };
    await openCard();
    await until(() => Promise.resolve(recorder.requests.filter(({ path }) => path.startsWith("/v1/cases/"))), (asked) => asked.length > 0);
    await tab.press("Escape");

    // Away, the card has what the page itself holds, and nothing that was kept for later.
    recorder.way = { kind: "cut" };
    await openCard();
    await until(() => cardIn(tab), (card) => card?.text.includes("as of") ?? false);
    await tab.press("Escape");
    recorder.way = { kind: "pass" };
    expect(await send(own, { type: "ui:server" })).toMatchObject({ state: "ready" });

    await openCard();
    await pressInCard(tab, "Hide this hint");
    // The last of three offers: this case everywhere.
    for (let stop = 0; stop < 3; stop += 1) await tab.press("Tab");
    await tab.press("Enter");
    await until(() => cardIn(tab), (card) => card?.text.includes("This holds until the tab is closed") ?? false);
    await until(() => markedText(tab), (text) => text === "");

    const { local, session } = await stored(own);
    expect((local["settings"] as { dismissed?: unknown[] }).dismissed ?? []).toEqual([]);
    expect(session["seen"] ?? []).toEqual([]);
    expect(session["ledger"] ?? []).toEqual([]);
    for (const words of ["Soviet", "guaranteed", "localhost"]) expect(JSON.stringify(local)).not.toContain(words);
    expect(JSON.stringify({ ...session, dismissed: null })).not.toContain("Soviet");
    await tab.close();
    await until(() => stored(own), (kept) => JSON.stringify(kept.session["dismissed"] ?? []) === "[]");
  });
});
