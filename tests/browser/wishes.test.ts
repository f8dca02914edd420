/** What a reader may say of a hint: dismiss it, take that back, report a mistake. */
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { browsers } from "./browsers.ts";
import { all, cardIn, markedText, pointOn, pressInCard, textOf, type Driver, type Tab } from "./driver.ts";
import { ownPage, send, setSettings } from "./own-pages.ts";
import { openRecorder, type Recorder } from "./recorder.ts";
import { openSite, type Site } from "./site.ts";
import { keepPicture, until } from "./wait.ts";

const FIRST = "The West, after the collapse of the Soviet Union and the collapse of the Warsaw Pact, gave guarantees that NATO would not expand to the east.";
const SECOND = "After the Soviet Union and the Warsaw Pact collapsed, the West guaranteed that NATO would not expand eastwards.";
const CASE = "kazakhstan-protests-us-colour-revolution";

describe.each(browsers)("in $name", ({ name, open }) => {
  let site: Site;
  let recorder: Recorder;
  let browser: Driver;
  let tab: Tab;

  beforeAll(async () => {
    site = await openSite();
    recorder = await openRecorder(inject("server"));
    browser = await open(inject("builds"), "test");
    await setSettings(browser, { server: recorder.address });
    tab = await browser.open(site.page("article"));
  });
  afterAll(async () => {
    await browser.close();
    await recorder.close();
    await site.close();
  });
  beforeEach(async () => {
    await tab.front();
    await tab.goto(site.page("article"));
    await marked(FIRST + SECOND);
  });

  const marked = (words: string) => until(() => markedText(tab), (text) => text === words);

  async function openCard(beginning: string) {
    const { x, y } = await pointOn(tab, beginning);
    await tab.click(x, y);
    await until(() => cardIn(tab), (found) => found !== null);
  }

  const press = (words: string, key = "Enter") => pressInCard(tab, words, key);

  async function offer(words: string) {
    // Opened by its line; then the offers are the next stops.
    await press("Hide this hint");
    const offers = ["This sentence", "This case on", "This case everywhere"];
    for (let stop = 0; stop <= offers.indexOf(words); stop += 1) await tab.press("Tab");
    await tab.press("Enter");
    return until(() => cardIn(tab), (card) => card?.text.includes("no longer marked") ?? false);
  }

  test("this sentence alone can be dismissed, and taken back in the card", async () => {
    await openCard(SECOND.slice(0, 16));
    await offer("This sentence");
    await marked(FIRST);
    await keepPicture(tab, `dismissed-${name}`);
    await press("Undo");
    await marked(FIRST + SECOND);
    expect((await cardIn(tab))?.text).toContain("Hide this hint");
    await tab.press("Escape");
    expect(tab.errors).toEqual([]);
  });

  test("a dismissed sentence is nowhere on disk, and is back when the list says so", async () => {
    await openCard(SECOND.slice(0, 16));
    await offer("This sentence");
    await marked(FIRST);
    await tab.goto(site.page("article"));
    await marked(FIRST);
    const own = await ownPage(browser);
    const stored = await own.evaluate(() => (globalThis as unknown as { chrome: { storage: { local: { get(key: null): Promise<unknown> } } } }).chrome.storage.local.get(null));
    expect(JSON.stringify(stored)).not.toContain("After the Soviet");
    const [dismissal] = (await send(own, { type: "ui:dismissed" })) as object[];
    expect(dismissal).toEqual({ case: CASE, claim: expect.any(String) as string, site: null, sentence: SECOND });
    await send(own, { type: "ui:restore", dismissal });
    await marked(FIRST + SECOND);
  });

  test("a case dismissed on this site stays away from it until it is taken back in the options", async () => {
    await openCard(FIRST.slice(0, 4));
    expect((await offer("This case on"))?.text).toContain("no longer marked on localhost");
    await marked("");
    await tab.goto(site.page("repeated"));
    await tab.evaluate(() => new Promise((resolve) => setTimeout(resolve, 1500)));
    expect(await markedText(tab)).toBe("");
    const options = await browser.openOwn("options.html");
    const shown = () => options.evaluate(() => document.querySelector("#dismissed")?.textContent ?? "");
    expect(await until(shown, (text) => text !== "")).toContain("This case on localhost");
    await options.evaluate(() => { document.querySelector("#dismissed")?.scrollIntoView({ block: "center" }); });
    await keepPicture(options, `dismissed-options-${name}`);
    await options.evaluate(() => { document.querySelector<HTMLElement>("#dismissed button")?.click(); });
    await until(shown, (text) => text === "");
    expect(options.errors).toEqual([]);
    await options.close();
    await until(() => markedText(tab), (text) => text.startsWith("The West"));
  });

  test("a case dismissed everywhere is marked nowhere, until undone", async () => {
    await openCard(FIRST.slice(0, 4));
    await offer("This case everywhere");
    await marked("");
    await press("Undo");
    await marked(FIRST + SECOND);
  });

  test("a report leaves only when it is sent, to the letter as it was shown, the sentence only if ticked", async () => {
    const reports = () => recorder.requests.filter(({ path }) => path === "/v1/reports");
    const exact = async () => {
      const card = await cardIn(tab);
      return textOf([...all(card?.tree ?? { name: "", attributes: {}, text: "", children: [] })].find(({ name: kind }) => kind === "pre") ?? { name: "", attributes: {}, text: "", children: [] });
    };
    await openCard(SECOND.slice(0, 16));
    await press("Report a mistake");
    const card = await until(() => cardIn(tab), (found) => found?.text.includes("Exactly this") ?? false);
    for (const words of ["30 days", "10,000", "2,000 characters"]) expect(card?.text).toContain(words);
    expect(await exact()).not.toContain("After the Soviet");
    await keepPicture(tab, `report-${name}`);
    await press("Send the sentence as well", " ");
    const shown = await until(exact, (text) => text.includes("After the Soviet"));
    expect(reports()).toEqual([]);
    // Four stops back is the card's own: on from the tick come what will be sent, and Send.
    await tab.press("Tab");
    await tab.press("Tab");
    await tab.press("Enter");
    await until(() => cardIn(tab), (found) => found?.text.includes("Thank you") ?? false);
    expect(reports()).toHaveLength(1);
    const [{ method, body } = { method: "", body: "" }] = reports();
    expect(`${method} ${recorder.address}/v1/reports\n\n${body}`).toBe(shown);
    expect(JSON.parse(body)).toEqual({ case_id: CASE, kind: "wrong_match", sentence: SECOND });
    const [latest] = (await send(await ownPage(browser), { type: "ui:ledger" })) as { path: string; body: string }[];
    expect(latest).toMatchObject({ path: "/v1/reports", body });
    await keepPicture(tab, `report-sent-${name}`);
    expect(tab.errors).toEqual([]);
  });

  test("a server that takes no more reports says when to try again", async () => {
    recorder.way = { kind: "answer", status: 429, headers: { "Content-Type": "application/problem+json", "Retry-After": "42" }, body: "{}", at: "/v1/reports" };
    await openCard(FIRST.slice(0, 4));
    await press("Report a mistake");
    await press("Send");
    await until(() => cardIn(tab), (found) => found?.text.includes("Try again in 42 seconds") ?? false);
    recorder.way = { kind: "pass" };
  });

  test("only sentences in the chosen languages are asked about, as the page or the browser tells them", async () => {
    await setSettings(browser, { languages: ["de"] });
    recorder.requests.length = 0;
    await tab.goto(site.page("article"));
    await tab.evaluate(() => new Promise((resolve) => setTimeout(resolve, 1500)));
    expect(recorder.requests.filter(({ path }) => path === "/v1/match")).toEqual([]);
    await tab.goto(site.page("language-de"));
    await until(() => markedText(tab), (text) => text !== "");
    // A page that says nothing of its language.
    await tab.goto(site.page("undeclared"));
    await tab.evaluate(() => new Promise((resolve) => setTimeout(resolve, 1500)));
    expect(await markedText(tab)).toBe("");
    await setSettings(browser, { languages: [] });
    await tab.goto(site.page("undeclared"));
    await marked(FIRST);
  });
});
