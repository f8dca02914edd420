/**
 * A page of 5,000 sentences, 50 of which are marked: what the extension costs the page's main
 * thread, beside mark.js marking the same sentences on the same page in the same run.
 */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { inject, test } from "vitest";
import { launchChromium } from "./chromium.ts";
import { openFirefox, profiledInto } from "./firefox.ts";
import { setSettings } from "./own-pages.ts";
import { prose, proseArticle } from "./prose.ts";
import { TRACED, workInProfile, workInTrace, type GeckoProfile, type TraceEvent, type Work } from "./trace.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const MARK_JS = join(root, "extension/node_modules/mark.js/dist/mark.min.js");
const SENTENCES = 5_000;
const MARKED = 50;

interface Wording {
  readonly text: string;
  readonly language: string;
}

/** English wordings of the starter cases, which the service knows. */
async function wordings(): Promise<string[]> {
  const folder = join(root, "data/cases");
  const lines = await Promise.all((await readdir(folder)).sort().map((file) => readFile(join(folder, file), "utf8")));
  return lines
    .flatMap((text) => text.trim().split("\n"))
    .flatMap((line) => (JSON.parse(line) as { claims: Wording[] }).claims.slice(0, 1))
    .filter(({ language, text }) => language === "en" && /^[^.!?]{60,140}\.$/.test(text))
    .map(({ text }) => text)
    .slice(0, MARKED);
}

/** The page at `/`; the same with mark.js in it at `/peer`, a file as on any site: by its name Firefox' profiler knows it. */
async function openPage(): Promise<{ address: string; claims: string[]; close: () => void }> {
  const claims = await wordings();
  const sentences = prose(SENTENCES, claims);
  const html = { "Content-Type": "text/html; charset=utf-8" };
  const markJs = await readFile(MARK_JS);
  const server = createServer(({ url, headers: { host = "" } }, response) => {
    if (url === "/") response.writeHead(200, html).end(proseArticle("Five thousand sentences", sentences));
    else if (url === "/peer") response.writeHead(200, html).end(proseArticle("Five thousand sentences", sentences, `http://${host}/mark.js`));
    else if (url === "/mark.js") response.writeHead(200, { "Content-Type": "text/javascript" }).end(markJs);
    else response.writeHead(204).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = `http://localhost:${(server.address() as AddressInfo).port}/`;
  return { address, claims, close: () => { server.closeAllConnections(); server.close(); } };
}

function row(name: string, marks: number, { scriptMs, taskMs }: Work): string {
  const over = taskMs.filter((ms) => ms > 50).length;
  const cells = [String(marks), `${scriptMs.toFixed(0)} ms`, String(taskMs.length), `${(taskMs[0] ?? 0).toFixed(1)} ms`, String(over)];
  return name.padEnd(34) + cells.map((cell) => cell.padStart(13)).join("");
}

function table(browser: string, rows: readonly string[]): void {
  const head = ["marks", "script time", "tasks", "longest", "over 50 ms"].map((cell) => cell.padStart(13)).join("");
  process.stdout.write(`\n${`${browser}, ${SENTENCES} sentences`.padEnd(34)}${head}\n${rows.join("\n")}\n`);
}

/** Counts in the page's own world until nothing more comes. */
const COUNT_HIGHLIGHTS = `new Promise((resolve) => {
  let before = -1;
  const look = () => {
    const now = [...CSS.highlights.values()].reduce((sum, { size }) => sum + size, 0);
    if (now > 0 && now === before) resolve(now);
    else { before = now; setTimeout(look, 2000); }
  };
  look();
})`;
const markThem = (claims: readonly string[]) =>
  `new Promise((done) => new Mark(document.querySelector("main")).mark(${JSON.stringify(claims)}, { separateWordSearch: false, acrossElements: true, done: () => done(document.querySelectorAll("mark").length) }))`;

test("in Chromium, by its trace", async () => {
  const { address, claims, close } = await openPage();
  const chromium = await launchChromium(join(inject("builds"), "chrome-mv3-test"));
  const traced = async (page: Page, script: string, work: () => Promise<number>): Promise<[number, Work]> => {
    const session = await chromium.context.newCDPSession(page);
    const events: TraceEvent[] = [];
    session.on("Tracing.dataCollected", ({ value }) => events.push(...(value as unknown as TraceEvent[])));
    await session.send("Tracing.start", { transferMode: "ReportEvents", traceConfig: { includedCategories: TRACED } });
    const marks = await work();
    const ended = new Promise((resolve) => session.once("Tracing.tracingComplete", resolve));
    await session.send("Tracing.end");
    await ended;
    return [marks, workInTrace(events, script)];
  };
  try {
    const page = await chromium.context.newPage();
    const [ours, own] = await traced(page, "/page.js", async () => {
      await page.goto(address);
      return page.evaluate<number>(COUNT_HIGHLIGHTS);
    });
    const other = await chromium.context.newPage();
    await other.goto("about:blank");
    // Without us in it: the page is put in place of an empty one.
    await other.setContent(await (await fetch(address)).text());
    await other.addScriptTag({ path: MARK_JS });
    const [theirs, peer] = await traced(other, MARK_JS, () => other.evaluate<number>(markThem(claims)));
    table("Chromium", [row("Claimlight", ours, own), row("mark.js 8", theirs, peer)]);
  } finally {
    await chromium.close();
    close();
  }
});

test("in Firefox, by its profiler", async () => {
  const { address, claims, close } = await openPage();
  const folder = await mkdtemp(join(tmpdir(), "claimlight-profile-"));
  const profiled = async (name: string, script: string, work: (browser: Awaited<ReturnType<typeof openFirefox>>) => Promise<number>): Promise<[number, Work]> => {
    const file = join(folder, `${name}.json`);
    const browser = await openFirefox(join(inject("builds"), "firefox-mv3-test"), {
      environment: profiledInto(file),
    });
    let marks = 0;
    try {
      marks = await work(browser);
    } finally {
      await browser.close();
    }
    return [marks, workInProfile(JSON.parse(await readFile(file, "utf8")) as GeckoProfile, script)];
  };
  try {
    const [ours, own] = await profiled("claimlight", "/page.js", async (browser) => {
      const tab = await browser.open(address);
      return tab.run<number>(COUNT_HIGHLIGHTS);
    });
    const [theirs, peer] = await profiled("mark", "/mark.js", async (browser) => {
      await setSettings(browser, { enabled: false });
      const tab = await browser.open(`${address}peer`);
      return tab.run<number>(markThem(claims));
    });
    table("Firefox", [row("Claimlight", ours, own), row("mark.js 8", theirs, peer)]);
  } finally {
    await rm(folder, { recursive: true, force: true });
    close();
  }
});
