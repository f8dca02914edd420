/** The options: a server is tried before it is used; all of them can be taken along in a file. */
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { browsers } from "./browsers.ts";
import { pressButton, type Driver, type Tab } from "./driver.ts";
import { ownPage, setSettings, shortcuts, stored } from "./own-pages.ts";
import { openRecorder, type Recorder } from "./recorder.ts";
import { until } from "./wait.ts";

const textOf = (page: Tab, selector: string) =>
  page.evaluate((wanted: string) => document.querySelector(wanted)?.textContent ?? "", selector);
const says = (page: Tab, selector: string, words: string) => until(() => textOf(page, selector), (text) => text.includes(words));

describe.each(browsers)("in $name", ({ open }) => {
  let recorder: Recorder;
  let browser: Driver;
  let options: Tab;

  beforeAll(async () => {
    recorder = await openRecorder(inject("server"));
    browser = await open(inject("builds"), "test");
    options = await browser.openOwn("options.html");
  });
  afterAll(async () => {
    await browser.close();
    await recorder.close();
  });

  async function typeServer(address: string, button: "#test" | "#use"): Promise<void> {
    await options.evaluate((text: string) => {
      const field = document.querySelector("#server");
      if (field instanceof HTMLInputElement) field.value = text;
    }, address);
    await pressButton(options, button);
  }
  const settings = async () => ((await stored(await ownPage(browser))).local["settings"] ?? {}) as Record<string, unknown>;

  test("an address is tried without being used, used when asked, and none is used that sends in the clear", async () => {
    await typeServer(recorder.address, "#test");
    await says(options, "#server-state", "The server answers");
    expect((await settings())["server"]).not.toBe(recorder.address);
    await typeServer(recorder.address, "#use");
    await until(settings, (now) => now["server"] === recorder.address);
    await typeServer("http://news.example", "#use");
    await says(options, "#server-state", "no usable address");
    await typeServer("http://127.0.0.1:9", "#test");
    await says(options, "#server-state", "No server answers at http://127.0.0.1:9");
    expect((await settings())["server"]).toBe(recorder.address);
  });

  /** What the reader's own file would hold. */
  async function exported(): Promise<string> {
    await options.evaluate(() => {
      const make = URL.createObjectURL.bind(URL);
      URL.createObjectURL = (blob: Blob) => {
        void blob.text().then((text) => { document.documentElement.dataset["exported"] = text; });
        return make(blob);
      };
    });
    await pressButton(options, "#export");
    return until(() => options.evaluate(() => document.documentElement.dataset["exported"] ?? ""), (text) => text !== "");
  }

  async function importFile(text: string): Promise<void> {
    await options.evaluate((content: string) => {
      const input = document.querySelector("#file");
      if (!(input instanceof HTMLInputElement)) throw new Error("no file field");
      const list = new DataTransfer();
      list.items.add(new File([content], "options.json", { type: "application/json" }));
      input.files = list.files;
      input.dispatchEvent(new Event("change"));
    }, text);
  }

  test("options go into a file and come back from it; what does not fit is replaced, what is no file of options refused", async () => {
    const own = { sitesOff: ["example.org"], showSimilar: false, theme: "dark", languages: ["de", "en"] };
    await setSettings(browser, own);
    const file = await exported();
    expect(JSON.parse(file)).toMatchObject(own);

    await importFile("no options at all");
    await says(options, "#saved", "This file holds no options");
    expect(await settings()).toMatchObject(own);
    await importFile('{"theme": "pink", "sitesOff": [7, "https://www.Example.net/page"], "server": "ftp://x", "surprise": 1}');
    await until(settings, (now) => (now["sitesOff"] as string[]).join() === "www.example.net");
    expect(await settings()).toMatchObject({ theme: "auto", showSimilar: true, server: "http://127.0.0.1:8321" });
    expect(await settings()).not.toHaveProperty("surprise");
    await importFile(file);
    await says(options, "#saved", "Imported");
    await until(settings, (now) => now["theme"] === "dark");
    expect(await settings()).toMatchObject(own);
    expect(options.errors).toEqual([]);
  });

  test("both commands have a key from the start, and the options say which", async () => {
    expect(await shortcuts(await ownPage(browser))).toMatchObject({ "next-hint": "Alt+Shift+J", "previous-hint": "Alt+Shift+K" });
    await says(options, "#keys", "Next marked sentence: Alt+Shift+J. Previous: Alt+Shift+K.");
  });
});
