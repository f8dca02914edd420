/** How the card holds up: zoomed, in forced colours, right to left; and what a curious page can find. */
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { addArabic, ARABIC, publishArabic } from "./arabic.ts";
import { browsers } from "./browsers.ts";
import { all, cardIn, markedText, pointOn, type Driver, type Options, type Tab } from "./driver.ts";
import { INSTALLATION } from "./firefox.ts";
import { setSettings } from "./own-pages.ts";
import { startService } from "./service.ts";
import { openSite, type Site } from "./site.ts";
import { keepPicture, until } from "./wait.ts";

const ZOOMED: Options = { width: 550, height: 400, zoom: 2 };

/** Whether the card lies on a marked word, or reaches out of the window. */
function covers(tab: Tab, beginning: string): Promise<boolean> {
  return tab.evaluate((words: string) => {
    const host = document.documentElement.lastElementChild;
    const boxes = [...CSS.highlights.values()].flatMap((highlight) => [...highlight])
      .filter((range) => (range as Range).toString().startsWith(words))
      .flatMap((range) => [...(range as Range).getClientRects()]);
    if (boxes.length === 0) throw new Error("nothing is marked there");
    return boxes.some((box) => [0.02, 0.25, 0.5, 0.75, 0.98].some((share) =>
      document.elementFromPoint(box.left + box.width * share, box.top + box.height / 2) === host));
  }, beginning);
}

describe.each(browsers)("in $name", ({ name, open }) => {
  let site: Site;

  beforeAll(async () => {
    site = await openSite();
  });
  afterAll(async () => {
    await site.close();
  });

  async function within(options: Options, work: (browser: Driver) => Promise<void>): Promise<void> {
    const browser = await open(inject("builds"), "test", options);
    try {
      await work(browser);
    } finally {
      await browser.close();
    }
  }

  async function openCard(tab: Tab, beginning: string) {
    const { x, y } = await pointOn(tab, beginning);
    await tab.click(x, y);
    return until(() => cardIn(tab), (found) => found !== null);
  }

  test("at 200 % zoom the card is whole in the window, scrolls inside, and covers no word of its sentence", async () => {
    await within(ZOOMED, async (browser) => {
      const tab = await browser.open(site.page("article"));
      await until(() => markedText(tab), (text) => text.endsWith("eastwards."));
      for (const block of ["start", "center", "end"] as const) {
        await tab.evaluate((where) => {
          for (const { textContent, parentElement } of document.querySelectorAll("article p")) {
            if (textContent.startsWith("His cousin")) parentElement?.querySelector("p:nth-of-type(3)")?.scrollIntoView({ block: where });
          }
        }, block);
        const card = await openCard(tab, "After the Soviet");
        const style = card?.tree.attributes["style"] ?? "";
        const [, width = 0] = /max-width: ([\d.]+)px/.exec(style)?.map(Number) ?? [];
        expect(width).toBeGreaterThan(200);
        expect(width).toBeLessThanOrEqual(550);
        expect(await covers(tab, "After the Soviet")).toBe(false);
        await keepPicture(tab, `zoomed-${block}-${name}`);
        await tab.press("Escape");
      }
    });
  });

  test("in forced colours marks and card keep their shape", async () => {
    await within({ forcedColors: true }, async (browser) => {
      const tab = await browser.open(site.page("article"));
      await until(() => markedText(tab), (text) => text.endsWith("eastwards."));
      expect(await tab.evaluate(() => matchMedia("(forced-colors: active)").matches)).toBe(true);
      const card = await openCard(tab, "After the Soviet");
      expect(card?.text).toContain("Matches a claim");
      await keepPicture(tab, `forced-colours-${name}`);
    });
  });

  test("a case in a language written from right to left is written so in the card", async () => {
    const service = await startService();
    try {
      await publishArabic(service);
      await within({}, async (browser) => {
        await setSettings(browser, { server: service.address });
        const tab = await browser.open(site.page("right-to-left"));
        await until(() => markedText(tab), (text) => text.startsWith("The West"));
        await addArabic(tab);
        await until(() => markedText(tab), (text) => text.endsWith(ARABIC));
        const card = await openCard(tab, ARABIC.slice(0, 10));
        const parts = [...all(card?.tree ?? { name: "", attributes: {}, text: "", children: [] })];
        expect(parts.find((part) => part.name === "h2")?.attributes).toMatchObject({ lang: "ar", dir: "rtl" });
        expect(parts.find(({ attributes }) => attributes["class"] === "summary")?.attributes).toMatchObject({ lang: "ar", dir: "rtl" });
        expect(await covers(tab, ARABIC.slice(0, 10))).toBe(false);
        await keepPicture(tab, `right-to-left-card-${name}`);
      });
    } finally {
      await service.stop();
    }
  });

  test("a page that looks for the extension finds nothing that names it", async () => {
    await within({}, async (browser) => {
      const tab = await browser.open(site.page("article"));
      await until(() => markedText(tab), (text) => text.endsWith("eastwards."));
      await openCard(tab, "After the Soviet");
      const base = name === "chromium" ? "chrome-extension://kaenpbplagdbdoalinhnmdnnoofdpepn/" : `moz-extension://${INSTALLATION}/`;
      const found = await tab.evaluate(async (address: string) => {
        const files = ["manifest.json", "page.js", "icon/48.png", "popup.html", "options.html", "assets/page.css"];
        const reached = await Promise.all(files.map((file) => fetch(address + file).then(() => file, () => null)));
        const image = await new Promise((resolve) => {
          const picture = new Image();
          picture.onload = () => { resolve("icon"); };
          picture.onerror = () => { resolve(null); };
          picture.src = `${address}icon/48.png`;
        });
        const host = document.documentElement.lastElementChild;
        return {
          reached: [...reached, image].filter((file) => file !== null),
          highlights: [...CSS.highlights.keys()],
          sheets: document.styleSheets.length + document.adoptedStyleSheets.length,
          globals: Object.keys(globalThis).filter((key) => /claim|hint|wxt|extension/i.test(key)),
          host: { name: host?.localName, attributes: host?.getAttributeNames(), text: host?.textContent, open: host?.shadowRoot },
          resources: performance.getEntriesByType("resource").map(({ name: address }) => address).filter((address) => address.includes("-extension:")),
        };
      }, base);
      // What was refused shows up in the console: the page's own doing.
      expect(found).toMatchObject({ reached: [], sheets: 1, globals: [], host: { name: "div", attributes: ["popover"], text: "", open: null } });
      for (const key of found.highlights) expect(key).toMatch(/^[a-z]{14}$/);
    });
  });
});
