/**
 * The pictures in the readers' documentation, taken of the extension as it is: `npm run pictures`.
 * Look at each before it is committed.
 */
import { mkdir } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { sampleArticle } from "extension/scripts/sample-article.mjs";
import { afterAll, beforeAll, inject, test } from "vitest";
import { addArabic, ARABIC, publishArabic } from "./arabic.ts";
import { openChromium } from "./chromium.ts";
import { cardIn, marksIn, pointOn, pressButton, pressInCard, type Driver, type Options, type Tab } from "./driver.ts";
import { ownPage, setSettings, tabNumber } from "./own-pages.ts";
import { startService } from "./service.ts";
import { openSite, type Site } from "./site.ts";
import { until } from "./wait.ts";

const images = fileURLToPath(new URL("../../docs/images/", import.meta.url));
const POPUP: Options = { width: 376, height: 610 };

let site: Site;
let sample: string;
let closeSample: () => void;

beforeAll(async () => {
  await mkdir(images, { recursive: true });
  site = await openSite();
  const { html } = await sampleArticle();
  const server = createServer((_request, response) => {
    response.writeHead(200, { "Content-Type": "text/html; charset=utf-8" }).end(html);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  sample = `http://localhost:${(server.address() as AddressInfo).port}/`;
  closeSample = () => { server.closeAllConnections(); server.close(); };
});
afterAll(async () => {
  await site.close();
  closeSample();
});

async function within(options: Options, work: (browser: Driver) => Promise<void>, mode: "-test" | "" = "-test"): Promise<void> {
  const browser = await openChromium(join(inject("builds"), `chrome-mv3${mode}`), options);
  try {
    await work(browser);
  } finally {
    await browser.close();
  }
}

const keep = (tab: Tab, name: string) => tab.screenshot(join(images, `${name}.png`));

async function openMarked(browser: Driver, address: string): Promise<Tab> {
  const tab = await browser.open(address);
  await until(() => marksIn(tab), (marks) => marks.length > 0);
  return tab;
}

async function openCard(tab: Tab, beginning: string): Promise<void> {
  const { x, y } = await pointOn(tab, beginning);
  await tab.click(x, y);
  await until(() => cardIn(tab), (card) => card !== null);
  // The focus ring of a click is none of the picture.
  await tab.hover(2, 2);
}

const answers = (page: Tab, state: string) =>
  until(() => page.evaluate(() => document.querySelector<HTMLElement>("#server")?.dataset["state"]), (shown) => shown === state);

test("a sentence and its card; a report and a dismissal in it", async () => {
  await within({ width: 1000, height: 900 }, async (browser) => {
    const tab = await openMarked(browser, sample);
    await openCard(tab, "The West");
    await keep(tab, "hint");
    await pressInCard(tab, "Report a mistake");
    await pressInCard(tab, "Send the sentence as well", " ");
    await until(() => cardIn(tab), (card) => card?.text.includes('"sentence"') ?? false);
    await keep(tab, "card-report");
    await tab.press("Escape");
    await openCard(tab, "The West");
    await pressInCard(tab, "Hide this hint");
    await tab.press("Tab");
    await tab.press("Enter");
    await until(() => cardIn(tab), (card) => card?.text.includes("no longer marked") ?? false);
    await keep(tab, "card-dismissed");
  });
});

test("both bands", async () => {
  await within({ width: 800, height: 640 }, async (browser) => {
    await setSettings(browser, { sensitivity: "more" });
    const tab = await openMarked(browser, site.page("bands"));
    await until(() => marksIn(tab), (marks) => marks.length > 3);
    await keep(tab, "bands");
  });
});

test("dark, in another language, at 200 % zoom, in forced colours", async () => {
  await within({ dark: true, width: 1000, height: 800 }, async (browser) => {
    const tab = await openMarked(browser, site.page("dark"));
    await openCard(tab, "The West");
    await keep(tab, "card-dark");
  });
  await within({ language: "uk", width: 1000, height: 800 }, async (browser) => {
    const tab = await openMarked(browser, site.page("language-uk"));
    const [first = ""] = await marksIn(tab);
    await openCard(tab, first.slice(0, 12));
    await keep(tab, "card-ukrainian");
  });
  await within({ width: 550, height: 450, zoom: 2 }, async (browser) => {
    const tab = await openMarked(browser, site.page("article"));
    await tab.evaluate(() => { document.querySelectorAll("article p")[2]?.scrollIntoView({ block: "start" }); });
    await openCard(tab, "After the Soviet");
    await keep(tab, "card-zoomed");
  });
  await within({ forcedColors: true, width: 1000, height: 800 }, async (browser) => {
    const tab = await openMarked(browser, site.page("article"));
    await openCard(tab, "After the Soviet");
    await keep(tab, "card-forced-colours");
  });
});

test("right to left", async () => {
  const service = await startService();
  try {
    await publishArabic(service);
    await within({ width: 1000, height: 700 }, async (browser) => {
      await setSettings(browser, { server: service.address });
      const tab = await openMarked(browser, site.page("right-to-left"));
      await addArabic(tab);
      await until(() => marksIn(tab), (marks) => marks.join("").includes(ARABIC.slice(0, 20)));
      await openCard(tab, ARABIC.slice(0, 10));
      await keep(tab, "card-right-to-left");
    });
  } finally {
    await service.stop();
  }
});

test("the popup: hints, a server that is away, a page that was not checked, no permission", async () => {
  await within(POPUP, async (browser) => {
    await openMarked(browser, sample);
    const own = await ownPage(browser);
    const popup = await browser.openOwn(`popup.html?tab=${await tabNumber(own, sample)}`);
    await answers(popup, "ready");
    await keep(popup, "popup-hints");
    await setSettings(browser, { server: "http://127.0.0.1:9" });
    await popup.goto(`chrome-extension://kaenpbplagdbdoalinhnmdnnoofdpepn/popup.html?tab=${await tabNumber(own, sample)}`);
    await answers(popup, "bad");
    await keep(popup, "popup-away");
    await setSettings(browser, { server: inject("server"), scope: "click" });
    await popup.goto(`chrome-extension://kaenpbplagdbdoalinhnmdnnoofdpepn/popup.html?tab=${await tabNumber(own, sample)}`);
    await answers(popup, "ready");
    await keep(popup, "popup-not-checked");
  });
  // A server that the browser lets nobody reach, as after the permission was taken back.
  await within(POPUP, async (browser) => {
    await setSettings(browser, { ready: true, server: "https://claims.example" });
    const popup = await browser.openOwn("popup.html");
    await answers(popup, "bad");
    await keep(popup, "popup-no-permission");
  }, "");
});

test("the first run: popup and welcome page", async () => {
  await within({ width: 380, height: 190 }, async (browser) => {
    await keep(await browser.openOwn("popup.html"), "popup-first");
  }, "");
  await within({ width: 820, height: 960 }, async (browser) => {
    const welcome = await browser.openOwn("welcome.html");
    await setSettings(browser, { server: inject("server") });
    await welcome.goto("chrome-extension://kaenpbplagdbdoalinhnmdnnoofdpepn/welcome.html");
    await pressButton(welcome, "#test");
    await until(() => welcome.evaluate(() => document.querySelector("#server-state")?.textContent ?? ""), (text) => text.includes("answers"));
    await welcome.evaluate(() => { scrollTo(0, 0); });
    await keep(welcome, "welcome");
  }, "");
});

test.each([false, true])("the options, dark: %s", async (dark) => {
  await within({ dark, width: 860, height: 2480 }, async (browser) => {
    const tab = await openMarked(browser, site.page("article"));
    await openCard(tab, "After the Soviet");
    const dismissal = { case: "nato-encircles-russia", claim: "NATO is deliberately surrounding Russia.", site: "news.example" };
    await setSettings(browser, { dismissed: [dismissal], sitesOff: ["intranet.example"] });
    const options = await browser.openOwn("options.html");
    await until(() => options.evaluate(() => document.querySelectorAll("#ledger li").length), (entries) => entries > 0);
    await options.evaluate(() => { document.querySelectorAll<HTMLDetailsElement>("#ledger details")[1]?.toggleAttribute("open"); });
    await keep(options, dark ? "options-dark" : "options");
  });
});
