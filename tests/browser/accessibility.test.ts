/** axe-core finds nothing to mend in what the extension shows, light and dark. */
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { violations } from "./axe.ts";
import { browsers } from "./browsers.ts";
import { all, cardIn, markedText, pointOn, pressInCard, type Driver, type Tab, type Tree } from "./driver.ts";
import { ownPage, send, setSettings, tabNumber } from "./own-pages.ts";
import { openSite, type Site } from "./site.ts";
import { until } from "./wait.ts";

/**
 * The card is closed to scripts of the page, axe-core among them. It is built again from what the
 * browser says of it, in an open root, everything unfolded.
 */
async function rebuild(tab: Tab, card: readonly Tree[]): Promise<void> {
  await tab.evaluate((trees: readonly Tree[]) => {
    const build = (tree: Tree): Node => {
      if (tree.name.startsWith("#") || tree.name === "") return document.createTextNode(tree.text);
      const made = document.createElement(tree.name);
      for (const [name, value] of Object.entries(tree.attributes)) made.setAttribute(name, value);
      if (tree.name === "details") made.setAttribute("open", "");
      made.append(...tree.children.map(build));
      return made;
    };
    const host = document.createElement("div");
    host.attachShadow({ mode: "open" }).append(...trees.map(build));
    const main = document.createElement("main");
    main.append(document.createElement("h1"));
    main.firstElementChild?.append("A page");
    document.body.replaceChildren(main, host);
  }, card);
}

describe.each(browsers.flatMap((browser) => [{ ...browser, dark: false }, { ...browser, dark: true }]))(
  "in $name, dark: $dark",
  ({ open, dark }) => {
    let site: Site;
    let browser: Driver;

    beforeAll(async () => {
      site = await openSite();
      browser = await open(inject("builds"), "test", { dark });
      await ownPage(browser);
    });
    afterAll(async () => {
      await browser.close();
      await site.close();
    });

    async function openArticle(): Promise<Tab> {
      const tab = await browser.open(site.page("article"));
      await until(() => markedText(tab), (text) => text.endsWith("eastwards."));
      return tab;
    }

    test("the popup with hints, with a server that is away, and before the choice", async () => {
      const tab = await openArticle();
      const own = await ownPage(browser);
      const popup = await browser.openOwn(`popup.html?tab=${await tabNumber(own, site.page("article"))}`);
      const state = () => popup.evaluate(() => document.querySelector<HTMLElement>("#server")?.dataset["state"]);
      await until(state, (shown) => shown === "ready");
      expect(await violations(popup)).toEqual([]);
      await popup.close();
      for (const settings of [{ server: "http://127.0.0.1:9" }, { ready: false }]) {
        await setSettings(browser, settings);
        const other = await browser.openOwn("popup.html");
        await until(() => other.evaluate(() => document.querySelector("#unready")?.hasAttribute("hidden") === false || document.querySelector<HTMLElement>("#server")?.dataset["state"] === "bad"), Boolean);
        expect(await violations(other)).toEqual([]);
        await other.close();
      }
      await setSettings(browser, { server: inject("server"), ready: true });
      await tab.close();
    });

    test.each(["options.html", "welcome.html"])("%s", async (path) => {
      const dismissal = { case: "a-case", claim: "A claim.", site: null };
      await setSettings(browser, { dismissed: [dismissal] });
      const page = await browser.openOwn(path);
      await until(() => page.evaluate(() => document.querySelector("h1")?.textContent ?? ""), (text) => text !== "");
      if (path === "options.html") {
        await until(() => page.evaluate(() => document.querySelectorAll("#dismissed li").length), (entries) => entries === 1);
        await page.evaluate(() => { for (const part of document.querySelectorAll("details")) part.open = true; });
      }
      expect(await violations(page)).toEqual([]);
      await page.close();
      await send(await ownPage(browser), { type: "ui:restore", dismissal: { ...dismissal, sentence: null } });
    });

    test("the card: a case, a report, and what was dismissed", async () => {
      const tab = await openArticle();
      const blank = await browser.open(site.page("no-text"));
      await tab.front();
      const check = async (words: string) => {
        const card = await until(() => cardIn(tab), (found) => found?.text.includes(words) ?? false);
        const style = [...all(await tab.tree())].find((node) => node.name === "style" && node.children.some(({ text }) => text.includes(":host")));
        if (card === null || style === undefined) throw new Error("no card");
        await rebuild(blank, [style, card.tree]);
        expect(await violations(blank)).toEqual([]);
      };
      const { x, y } = await pointOn(tab, "After the Soviet");
      await tab.click(x, y);
      await check("Why am I seeing this?");
      await pressInCard(tab, "Report a mistake");
      await check("Exactly this will be sent");
      await pressInCard(tab, "Back");
      await until(() => cardIn(tab), (card) => card?.text.includes("Hide this hint") ?? false);
      await pressInCard(tab, "Hide this hint");
      await tab.press("Tab");
      await tab.press("Enter");
      await check("no longer marked");
      await pressInCard(tab, "Undo");
      await tab.close();
      await blank.close();
    });
  },
);
