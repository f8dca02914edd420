/** What a reader does with a marked sentence: open its card, browse, close, go on by keyboard. */
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { browsers } from "./browsers.ts";
import { all, cardIn, markedText, pointOn, pressInCard, textOf, type Driver, type Tab } from "./driver.ts";
import { badgeOf, heardIn, listenIn, ownPage, send, sendToPage, setSettings, tabNumber } from "./own-pages.ts";
import { openSite, type Site } from "./site.ts";
import { keepPicture, PATIENCE, until } from "./wait.ts";

const CLAIM = /^The West(, after| gave guarantees)/;
const PARAPHRASE = "After the Soviet";

/** What the service itself says of English sentences; below its own bands all is `similar`. */
async function bandsOf(sentences: readonly string[]): Promise<Map<string, string>> {
  const response = await fetch(`${inject("server")}/v1/match`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ language: "en", min_score: 0, sentences: sentences.map((text, id) => ({ id: String(id), text })) }),
  });
  const { matches } = (await response.json()) as { matches: { sentence_id: string; band: string | null }[] };
  return new Map(matches.map(({ sentence_id, band }) => [sentences[Number(sentence_id)] ?? "", band ?? "similar"]));
}

describe.each(browsers)("in $name", ({ name, open }) => {
  let site: Site;
  let browser: Driver;
  let tab: Tab;

  beforeAll(async () => {
    site = await openSite();
    browser = await open(inject("builds"), "test");
    tab = await browser.open(site.page("article"));
  });
  afterAll(async () => {
    await browser.close();
    await site.close();
  });
  beforeEach(async () => {
    await ownPage(browser);
    await tab.front();
    await tab.goto(site.page("article"));
    await until(() => markedText(tab), (text) => text.endsWith("eastwards."));
  });

  async function openCard(beginning = PARAPHRASE) {
    const { x, y } = await pointOn(tab, beginning);
    await tab.click(x, y);
    const card = await until(() => cardIn(tab), (found) => found !== null);
    if (card === null) throw new Error("no card");
    return card;
  }

  test("a click on the sentence opens the card of its case", async () => {
    const card = await openCard();
    expect(card.claim).toMatch(CLAIM);
    expect(card.text).toContain("Matches a claim reviewed by EUvsDisinfo on January 25, 2022");
    expect(card.text).toContain("False");
    expect(card.text).toContain("No treaty barred NATO from admitting new members");
    expect(card.links.map(({ href }) => href)).toContain(
      "https://euvsdisinfo.eu/report/events-in-belarus-ukraine-and-kazakhstan-are-communicating-vessels",
    );
    expect(card.related).toEqual([
      "The US-sponsored protests in Kazakhstan were meant to undermine the stability of the CIS.",
      "The protests in Kazakhstan are a new Western attempt to organise a colour revolution in the post-Soviet space.",
      "The EU and the US aim to generate a new wave of anti-government protests in Belarus.",
    ]);
    await keepPicture(tab, `card-${name}`);
  });

  test("claim and summary say which language they are in", async () => {
    const { tree } = await openCard();
    const parts = [...all(tree)];
    const claim = parts.find(({ name: kind }) => kind === "h2");
    const summary = parts.find(({ attributes }) => attributes["class"] === "summary");
    expect(claim?.attributes).toMatchObject({ lang: "en", dir: "ltr" });
    expect(summary?.attributes).toMatchObject({ lang: "en", dir: "ltr" });
  });

  test("the card names the words in common", async () => {
    const { tree } = await openCard();
    const details = [...all(tree)].find(({ name: kind }) => kind === "details");
    expect(details && textOf(details)).toContain("nato");
  });

  test("that a page has hints is said once to screen readers", async () => {
    await setSettings(browser, { scope: "click" });
    await tab.goto(site.page("article"));
    const own = await ownPage(browser);
    const number = await tabNumber(own, site.page("article"));
    expect(await listenIn(own, number)).toBe(true);
    await send(own, { type: "ui:read-tab", tab: number });
    await until(() => markedText(tab), (text) => text.endsWith("eastwards."));
    const once = ["Claimlight marked sentences on this page. They are listed under its button in the toolbar."];
    expect(await until(() => heardIn(own, number), (heard) => heard.length > 0)).toEqual(once);
    // Another hint says nothing more.
    await tab.evaluate(() => document.querySelector("article")?.append(document.querySelectorAll("article p")[2]?.cloneNode(true) ?? ""));
    await until(() => badgeOf(own, number), (hints) => Number(hints) > 2);
    expect(await heardIn(own, number)).toEqual(once);
    await setSettings(browser, { scope: "all" });
  });

  test("the card never covers its sentence", async () => {
    await openCard();
    const overlap = await tab.evaluate(() => {
      const host = document.documentElement.lastElementChild;
      return [...CSS.highlights.values()].flatMap((highlight) => [...highlight])
        .filter((range) => (range as Range).toString().startsWith("After the Soviet"))
        .flatMap((range) => [...(range as Range).getClientRects()])
        .some((box) =>
          [0.1, 0.5, 0.9].some((share) =>
            document.elementFromPoint(box.left + box.width * share, box.top + box.height / 2) === host),
        );
    });
    expect(overlap).toBe(false);
  });

  test("Esc closes the card, takes its element away and gives the focus back", async () => {
    const html = await tab.evaluate(() => document.documentElement.outerHTML);
    await tab.evaluate(() => {
      document.querySelector<HTMLElement>("nav a")?.focus();
    });
    await showFirst();
    expect(await tab.evaluate(() => document.activeElement?.localName)).toBe("div");
    await tab.press("Escape");
    expect(await cardIn(tab)).toBeNull();
    expect(await tab.evaluate(() => document.activeElement?.localName)).toBe("a");
    expect(await tab.evaluate(() => document.documentElement.outerHTML)).toBe(html);
  });

  async function showFirst() {
    const own = await ownPage(browser);
    const number = await tabNumber(own, site.page("article"));
    await sendToPage(own, number, { type: "to-page:step", by: 1, fresh: true });
    await until(() => cardIn(tab), (card) => card !== null);
    return { own, number };
  }

  test("the keyboard steps from hint to hint, and stops at the last", async () => {
    const { own, number } = await showFirst();
    const step = (by: 1 | -1) => sendToPage(own, number, { type: "to-page:step", by, fresh: false });
    expect(await step(1)).toBe(true);
    expect(await step(1)).toBe(false);
    expect(await step(-1)).toBe(true);
    expect(await step(-1)).toBe(false);
  });

  test("a related case opens in place, and Back returns", async () => {
    await openCard();
    await pressInCard(tab, "meant to undermine");
    await until(() => cardIn(tab), (card) => card?.claim.includes("undermine") ?? false);
    await pressInCard(tab, "Back");
    const card = await until(() => cardIn(tab), (found) => CLAIM.test(found?.claim ?? ""));
    expect(card?.related).toHaveLength(3);
  });

  test("resting the pointer on the sentence opens the card without taking the focus", async () => {
    const { x, y } = await pointOn(tab, PARAPHRASE);
    await tab.hover(x, y);
    await until(() => cardIn(tab), (card) => card !== null);
    expect(await tab.evaluate(() => document.activeElement?.localName)).toBe("body");
  });

  test("a link inside the sentence stays a link", async () => {
    const { x, y } = await pointOn(tab, "Soviet Union");
    await tab.click(x, y);
    await until(() => tab.evaluate(() => location.hash === "" && location.href.endsWith("#")), Boolean);
    expect(await cardIn(tab)).toBeNull();
  });

  test("the button in the toolbar counts the sentences", async () => {
    const own = await ownPage(browser);
    const number = await tabNumber(own, site.page("article"));
    await expect.poll(() => badgeOf(own, number), PATIENCE).toBe("2");
  });

  test("the popup lists the sentences, says how many were sent, and leads to each", async () => {
    const own = await ownPage(browser);
    const number = await tabNumber(own, site.page("article"));
    const popup = await browser.openOwn(`popup.html?tab=${number}`);
    const list = await until(
      () => popup.evaluate(() => [...document.querySelectorAll("#list button")].map((entry) => entry.textContent)),
      (entries) => entries.length === 2,
    );
    expect(list[0]).toContain("The West, after the collapse of the Soviet Union");
    expect(list[1]).toContain("After the Soviet Union and the Warsaw Pact collapsed");
    const server = await until(
      () => popup.evaluate(() => document.querySelector("#server")?.textContent),
      (text) => text?.includes("The server answers") ?? false,
    );
    expect(server).toMatch(/It knows \d+ cases/);
    const sent = await popup.evaluate(() => document.querySelector("#sent")?.textContent);
    expect(sent).toMatch(/^On this page \d of 11 sentences were sent to 127\.0\.0\.1:\d+\.$/);
    await keepPicture(popup, `popup-${name}`);
    expect(popup.errors).toEqual([]);
    await popup.evaluate(() => {
      document.querySelector<HTMLElement>("#list li:nth-child(2) button")?.click();
    });
    await until(() => cardIn(tab), (card) => card !== null);
    // Its work is done, so it goes, as a popup does.
    await until(() => popup.close().then(() => true, () => popup.closed()), Boolean);
  });

  test("sentences that merely resemble a claim are marked as well, unless the reader turns them off", async () => {
    // “More” also shows what the server itself would not: enough of either band, whatever it learns.
    await setSettings(browser, { sensitivity: "more" });
    await tab.goto(site.page("bands"));
    const sentences = await tab.evaluate(() => [...document.querySelectorAll("li")].map(({ textContent }) => textContent));
    const bands = await bandsOf(sentences);
    const own = await ownPage(browser);
    const number = await tabNumber(own, site.page("bands"));
    const listed = () => sendToPage(own, number, { type: "to-page:list" }) as Promise<{ text: string; band: string }[]>;
    const words = (hints: readonly { text: string }[]) => hints.map(({ text }) => text).join("");
    await until(listed, (hints) => ["match", "similar"].every((band) => hints.some((hint) => hint.band === band)));
    // What is listed is painted with the next frame.
    const both = async () => ({ hints: await listed(), marked: await markedText(tab) });
    const { hints: all } = await until(both, ({ hints, marked }) => marked === words(hints));
    expect(all.filter(({ text, band }) => bands.get(text) !== band)).toEqual([]);
    await keepPicture(tab, `bands-${name}`);

    const matches = all.filter(({ band }) => band === "match");
    await setSettings(browser, { showSimilar: false });
    await expect.poll(() => markedText(tab), PATIENCE).toBe(words(matches));
    expect(words(await listed())).toBe(words(matches));
    await setSettings(browser, { showSimilar: true, sensitivity: "usual" });
  });

  test("sentences in frames of the same site are marked and counted", async () => {
    await tab.goto(site.page("frames"));
    await until(
      () => tab.evaluate(() => {
        const inner = document.querySelector("iframe")?.contentWindow as (Window & typeof globalThis) | null;
        return inner?.CSS.highlights.size ?? 0;
      }),
      (size) => size === 1,
    );
    const own = await ownPage(browser);
    const number = await tabNumber(own, site.page("frames"));
    await expect.poll(() => badgeOf(own, number), PATIENCE).toBe("2");
  });

  test("marks can be hidden while the list stays", async () => {
    await setSettings(browser, { showMarks: false });
    await until(() => tab.evaluate(() => CSS.highlights.size), (size) => size === 0);
    const own = await ownPage(browser);
    const number = await tabNumber(own, site.page("article"));
    const listed = (await sendToPage(own, number, { type: "to-page:list" })) as unknown[];
    expect(listed).toHaveLength(2);
    await setSettings(browser, { showMarks: true });
    await until(() => tab.evaluate(() => CSS.highlights.size), (size) => size === 1);
  });

  test("a site on the list of those left alone is left alone", async () => {
    await setSettings(browser, { sitesOff: ["localhost"] });
    await until(() => tab.evaluate(() => CSS.highlights.size), (size) => size === 0);
    await setSettings(browser, { sitesOff: [] });
    await until(() => tab.evaluate(() => CSS.highlights.size), (size) => size === 1);
  });
});
