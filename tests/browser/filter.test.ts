/** Most of what is read never leaves the browser, and what does is what the filter let pass. */
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { Filter } from "extension/filter/filter.ts";
import { decode, unpack } from "extension/filter/wire.ts";
import { browsers } from "./browsers.ts";
import { markedText, type Driver } from "./driver.ts";
import { ownPage, send, setSettings, tabNumber } from "./own-pages.ts";
import { openRecorder, type Recorder } from "./recorder.ts";
import { expected, openSite, slugs, type Site } from "./site.ts";
import { until } from "./wait.ts";

interface TabState { running: boolean; checked: number; sent: number }
interface Entry { server: string; path: string; sentences: number; body: string }

/** Milliseconds for a visit to every page of the corpus, on a slow and busy machine. */
const ALL_PAGES_MS = 300_000;

async function filterOf(server: string): Promise<Filter> {
  const response = await fetch(`${server}/v1/filter`);
  return new Filter(decode((await unpack(new Uint8Array(await response.arrayBuffer()))).content));
}

/** The pages of the corpus; those first that hold still: no script, no frame, and some text. */
async function pagesOf(site: Site): Promise<{ slug: string; still: boolean }[]> {
  const pages = await Promise.all((await slugs()).map(async (slug) => {
    const html = await (await fetch(site.page(slug))).text();
    return { slug, still: slug !== "no-text" && !/<script|<iframe/.test(html) };
  }));
  return pages.sort((one, other) => Number(other.still) - Number(one.still));
}

describe.each(browsers)("in $name", ({ open }) => {
  let site: Site;
  let recorder: Recorder;
  let browser: Driver;
  let filter: Filter;

  beforeAll(async () => {
    site = await openSite();
    recorder = await openRecorder(inject("server"));
    browser = await open(inject("builds"), "test");
    filter = await filterOf(inject("server"));
  });
  afterAll(async () => {
    await browser.close();
    await recorder.close();
    await site.close();
  });

  const posts = () => recorder.requests.filter(({ method }) => method === "POST").map(({ body }) => body);
  const sentTexts = () =>
    posts().flatMap((body) => (JSON.parse(body) as { sentences: { text: string }[] }).sentences.map(({ text }) => text));
  const state = async (slug: string) => {
    const own = await ownPage(browser);
    return (await send(own, { type: "ui:tab", tab: await tabNumber(own, site.page(slug)) })) as TabState;
  };

  test("a server with a filter that cannot be read gets nothing, and the reader is told why", async () => {
    recorder.way = { kind: "answer", status: 200, headers: {}, body: `CLMF\u0002${"\0".repeat(100)}`, at: "/v1/filter" };
    await setSettings(browser, { server: recorder.address });
    const tab = await browser.open(site.page("article"));
    await until(() => Promise.resolve(recorder.requests.length), (count) => count > 0);
    expect(await send(await ownPage(browser), { type: "ui:server" })).toEqual({ state: "newer" });
    await tab.evaluate(() => new Promise((resolve) => setTimeout(resolve, 1500)));
    expect(posts()).toEqual([]);
    expect(await tab.evaluate(() => CSS.highlights.size)).toBe(0);
    await tab.close();
  });

  test("on all pages of the corpus only what passes the filter leaves, each byte of it", async () => {
    recorder.way = { kind: "pass" };
    recorder.requests.length = 0;
    // The server that was at fault is known to be in order again.
    expect(await send(await ownPage(browser), { type: "ui:server" })).toMatchObject({ state: "ready" });
    let checked = 0;
    let sent = 0;
    for (const { slug, still } of await pagesOf(site)) {
      const before = sentTexts().length;
      const tab = await browser.open(site.page(slug));
      await until(() => state(slug), ({ running }) => running);
      if (still) {
        // Read in one go: what the popup says is what was recorded.
        const counts = await until(() => state(slug), (now) => now.checked > 0);
        expect(counts.sent, slug).toBe(sentTexts().length - before);
        checked += counts.checked;
        sent += counts.sent;
      } else await tab.evaluate(() => new Promise((resolve) => setTimeout(resolve, 1000)));
      await tab.close();
    }
    expect(checked).toBeGreaterThan(50);
    const texts = sentTexts();
    for (const text of texts) expect(filter.passes(text), text).toBe(true);
    expect(sent).toBeLessThan(checked / 2);
    for (const body of posts()) {
      const { sentences, ...rest } = JSON.parse(body) as { sentences: Record<string, string>[] };
      expect(rest).toEqual({});
      for (const sentence of sentences) {
        expect(Object.keys(sentence).filter((key) => !["id", "text", "language"].includes(key))).toEqual([]);
        expect(sentence["id"]).toMatch(/^s\d+$/);
      }
      expect(body.includes(new URL(site.page("article")).host)).toBe(false);
    }
  }, ALL_PAGES_MS);

  /** Another address of the same server, so that no late request of a page that is closed is taken for one of this. */
  async function elsewhere(work: (other: Recorder) => Promise<void>): Promise<void> {
    const other = await openRecorder(inject("server"));
    await setSettings(browser, { server: other.address });
    expect(await send(await ownPage(browser), { type: "ui:server" })).toMatchObject({ state: "ready" });
    other.requests.length = 0;
    await work(other);
    await setSettings(browser, { server: recorder.address });
    await other.close();
  }

  test("a page whose every sentence stays costs the server no request at all", async () => {
    await elsewhere(async ({ requests }) => {
      const tab = await browser.open(site.page("no-text"));
      await until(() => state("no-text"), ({ running }) => running);
      await tab.evaluate(() => new Promise((resolve) => setTimeout(resolve, 400)));
      expect(requests).toEqual([]);
      await tab.close();
    });
  });

  test("what is in sight is asked about first, wherever on a long page the reader is", async () => {
    const { hints } = await expected("long-article");
    const [first = "", , middle = ""] = hints.map(({ sentence }) => sentence);
    await elsewhere(async ({ requests }) => {
      const tab = await browser.open(`${site.page("long-article")}#part-28`);
      const asked = () => requests.filter(({ method }) => method === "POST").map(({ body }) => body);
      await until(() => Promise.resolve(asked()), (bodies) => [first, middle].every((text) => bodies.some((body) => body.includes(text))));
      expect(asked()[0]).toContain(middle);
      expect(asked()[0]).not.toContain(first);
      await tab.close();
    });
  });

  test("the ledger holds the very bytes that left, until the reader clears it", async () => {
    const own = await ownPage(browser);
    await send(own, { type: "ui:clear-ledger" });
    recorder.requests.length = 0;
    const tab = await browser.open(site.page("article"));
    await until(() => markedText(tab), (text) => text.endsWith("eastwards."));
    const entries = (await send(own, { type: "ui:ledger" })) as Entry[];
    expect(entries.map(({ body }) => body).reverse()).toEqual(posts());
    expect(entries.map(({ sentences }) => sentences).reduce((one, other) => one + other)).toBe(sentTexts().length);
    expect(new Set(entries.map(({ server }) => server))).toEqual(new Set([recorder.address]));

    const options = await browser.openOwn("options.html");
    const shown = await until(
      () => options.evaluate(() => [...document.querySelectorAll("#ledger pre")].map((entry) => entry.textContent)),
      (texts) => texts.length > 0,
    );
    expect(shown[0]).toBe(`POST ${recorder.address}/v1/match\n\n${posts().at(-1) ?? ""}`);
    await options.evaluate(() => { document.querySelector<HTMLButtonElement>("#clear-ledger")?.click(); });
    await until(() => send(own, { type: "ui:ledger" }), (left) => (left as Entry[]).length === 0);
    expect(options.errors).toEqual([]);
    await options.close();
    await tab.close();
  });

  test("a browser that has the filter asks for no other when pages follow each other", async () => {
    recorder.requests.length = 0;
    for (const slug of ["article", "table", "article"]) await (await browser.open(site.page(slug))).close();
    const asked = recorder.requests.filter(({ path }) => path.startsWith("/v1/filter"));
    expect(asked).toEqual([]);
  });
});
