/** A server that is away, slow, busy or mad never breaks a page, and is not flooded. */
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { browsers } from "./browsers.ts";
import { cardIn, markedText, pointOn, type Driver, type Tab } from "./driver.ts";
import { ownPage, send, setSettings, stored } from "./own-pages.ts";
import { openRecorder, type Recorder, type Way } from "./recorder.ts";
import { openSite, type Site } from "./site.ts";
import { until } from "./wait.ts";

const json = { "Content-Type": "application/json" };
const problem = { "Content-Type": "application/problem+json" };

const FAULTS: readonly { fault: string; way: Way; state: string }[] = [
  { fault: "away", way: { kind: "cut" }, state: "unreachable" },
  { fault: "silent", way: { kind: "hold" }, state: "slow" },
  { fault: "busy", way: { kind: "answer", status: 429, headers: { ...problem, "Retry-After": "1" }, body: "{}" }, state: "busy" },
  { fault: "starting", way: { kind: "answer", status: 503, headers: { ...problem, "Retry-After": "1" }, body: "{}" }, state: "starting" },
  { fault: "broken", way: { kind: "answer", status: 500, headers: problem, body: "{}" }, state: "failing" },
  { fault: "no JSON", way: { kind: "answer", status: 200, headers: json, body: "<html>" }, state: "not-claimlight" },
  { fault: "another JSON", way: { kind: "answer", status: 200, headers: json, body: '{"matches": 7}' }, state: "not-claimlight" },
];

describe.each(browsers)("in $name", ({ open }) => {
  let site: Site;
  let recorder: Recorder;
  let browser: Driver;
  let tab: Tab;

  beforeAll(async () => {
    site = await openSite();
    browser = await open(inject("builds"), "test");
    tab = await browser.open(site.page("no-text"));
  });
  afterAll(async () => {
    await browser.close();
    await site.close();
  });
  beforeEach(async () => {
    recorder = await openRecorder(inject("server"));
    return () => recorder.close();
  });

  test.each(FAULTS)("a server that is $fault: said in plain words, the page works, hints come later", async ({ way, state }) => {
    recorder.way = way;
    await setSettings(browser, { server: recorder.address });
    await tab.goto(site.page("article"));
    expect(await send(await ownPage(browser), { type: "ui:server" })).toMatchObject({ state });
    await tab.evaluate(() => new Promise((resolve) => setTimeout(resolve, 1500)));
    expect(await tab.evaluate(() => CSS.highlights.size)).toBe(0);
    expect(tab.errors).toEqual([]);
    // The page asked, and waits: it does not ask again and again.
    expect(recorder.requests.length).toBeLessThanOrEqual(6);

    recorder.way = { kind: "pass" };
    expect(await send(await ownPage(browser), { type: "ui:server" })).toMatchObject({ state: "ready" });
    await tab.goto(site.page("article"));
    await until(() => markedText(tab), (text) => text.endsWith("eastwards."));
  });

  test("a server that asks to be left alone for an hour is left alone, by every page", async () => {
    recorder.way = { kind: "answer", status: 429, headers: { ...problem, "Retry-After": "3600" }, body: "{}" };
    await setSettings(browser, { server: recorder.address });
    await tab.goto(site.page("article"));
    const own = await ownPage(browser);
    const waits = async () => (((await stored(own)).session["server"] as { until?: number } | undefined)?.until ?? 0) - Date.now();
    await until(waits, (ms) => ms > 3_000_000);
    recorder.requests.length = 0;
    await tab.goto(site.page("table"));
    await tab.goto(site.page("article"));
    await tab.evaluate(() => new Promise((resolve) => setTimeout(resolve, 1000)));
    expect(recorder.requests).toEqual([]);
    expect(tab.errors).toEqual([]);
  });

  test("a page that waited for a server goes on by itself", async () => {
    recorder.way = { kind: "cut" };
    await setSettings(browser, { server: recorder.address });
    await tab.goto(site.page("article"));
    await until(() => Promise.resolve(recorder.attempts), (count) => count > 0);
    recorder.way = { kind: "pass" };
    await until(() => markedText(tab), (text) => text.endsWith("eastwards."));
  });

  test("a card opens while the server is away, and says as of when it is", async () => {
    await setSettings(browser, { server: recorder.address });
    await tab.goto(site.page("article"));
    await until(() => markedText(tab), (text) => text.endsWith("eastwards."));
    recorder.way = { kind: "cut" };
    const { x, y } = await pointOn(tab, "After the Soviet");
    await tab.click(x, y);
    const card = await until(() => cardIn(tab), (found) => found?.text.includes("as of") ?? false);
    expect(card?.text).toContain("No treaty barred NATO");
  });
});
