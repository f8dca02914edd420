/** What leaves the browser: nothing before the choice; after it sentences, and nothing else. */
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { browsers } from "./browsers.ts";
import { markedText, pressButton, type Driver } from "./driver.ts";
import { INSTALLATION } from "./firefox.ts";
import { ownPage, send, setSettings, tabNumber } from "./own-pages.ts";
import { openRecorder, type Recorder } from "./recorder.ts";
import { openSite, type Site } from "./site.ts";
import { keepPicture, until } from "./wait.ts";

describe.each(browsers)("a fresh installation in $name", ({ name, open }) => {
  let site: Site;
  let recorder: Recorder;
  let browser: Driver;

  beforeAll(async () => {
    site = await openSite();
    recorder = await openRecorder(inject("server"));
    browser = await open(inject("builds"), "production");
  });
  afterAll(async () => {
    await browser.close();
    await recorder.close();
    await site.close();
  });

  test("opens the welcome page, reads nothing and sends nothing before the choice", async () => {
    await until(() => browser.openedByItself("welcome.html"), Boolean);
    // The recorder takes the place of the usual server, so that a request would be seen.
    await setSettings(browser, { server: recorder.address });
    const tab = await browser.open(site.page("article"));
    await tab.evaluate(() => new Promise((resolve) => setTimeout(resolve, 2000)));
    expect(recorder.requests).toEqual([]);
    expect(await tab.evaluate(() => CSS.highlights.size)).toBe(0);
    const number = await tabNumber(await ownPage(browser), site.page("article"));
    expect(await send(await ownPage(browser), { type: "ui:read-tab", tab: number })).toBe(false);
    expect(recorder.requests).toEqual([]);
    await tab.close();
  });

  test("after the choice a page is read when the reader asks, and no other", async () => {
    const welcome = await browser.openOwn("welcome.html");
    await keepPicture(welcome, `welcome-${name}`);
    await pressButton(welcome, "button[type=submit]");
    await until(() => welcome.evaluate(() => document.querySelector("#done")?.textContent ?? ""), (text) => text.startsWith("Ready."));
    expect(welcome.errors).toEqual([]);

    const tab = await browser.open(site.page("article"));
    const other = await browser.open(site.page("table"));
    expect(recorder.requests).toEqual([]);
    const own = await ownPage(browser);
    expect(await send(own, { type: "ui:read-tab", tab: await tabNumber(own, site.page("article")) })).toBe(true);
    await until(() => markedText(tab), (text) => text.endsWith("eastwards."));
    expect(recorder.requests.length).toBeGreaterThan(0);
    expect(await other.evaluate(() => CSS.highlights.size)).toBe(0);
  });

  test("requests hold sentences and their language, and nothing that tells readers apart", () => {
    const keys = new Set<string>();
    for (const { method, path, headers, body } of recorder.requests) {
      expect(path).toMatch(/^\/v1\/(index|filter(\?since=\d+)?|match|cases\/[a-z0-9-]+)$/);
      expect(headers["cookie"]).toBeUndefined();
      expect(headers["referer"]).toBeUndefined();
      expect(headers["accept-language"]).toBe("*");
      if (name === "firefox") expect(headers["origin"]).toBeUndefined();
      else expect([undefined, "chrome-extension://kaenpbplagdbdoalinhnmdnnoofdpepn"]).toContain(headers["origin"]);
      const whole = JSON.stringify(headers) + body;
      expect(whole.includes(INSTALLATION)).toBe(false);
      expect(whole.includes(new URL(site.page("article")).host)).toBe(false);
      if (method !== "POST") {
        expect(body).toBe("");
        continue;
      }
      const sent = JSON.parse(body) as { sentences: object[] };
      expect(Object.keys(sent)).toEqual(["sentences"]);
      for (const sentence of sent.sentences) for (const key of Object.keys(sentence)) keys.add(key);
    }
    expect([...keys].sort()).toEqual(["id", "language", "text"]);
  });

  test("what is in fields, in code or hidden is never sent", () => {
    const texts = recorder.requests.filter(({ method }) => method === "POST").flatMap(({ body }) => {
      return (JSON.parse(body) as { sentences: { text: string }[] }).sentences.map(({ text }) => text);
    });
    // The article holds its sentence in navigation, code, a field, an editable part and hidden too.
    expect(texts.filter((text) => text.startsWith("The West, after")).length).toBe(1);
    expect(texts).toHaveLength(new Set(texts).size);
  });
});
