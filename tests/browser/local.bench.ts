/**
 * What checking costs beside an index of 12,000 cases: the filter and strict mode by themselves in a
 * page of each browser, and the extension's background while a page of ordinary news is read.
 */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { inflateSync } from "node:zlib";
import { afterAll, beforeAll, inject, test } from "vitest";
import { build } from "extension/node_modules/vite/dist/node/index.js";
import { browsers } from "./browsers.ts";
import { EXTENSION, launchChromium } from "./chromium.ts";
import { openFirefox, profiledInto } from "./firefox.ts";
import type { Timed } from "./local-page.ts";
import { ownPage, setSettings } from "./own-pages.ts";
import { proseArticle } from "./prose.ts";
import { claimlight, startService, type Service } from "./service.ts";
import { TRACED, workInProfile, workInTrace, type GeckoProfile, type TraceEvent, type Work } from "./trace.ts";

const run = promisify(execFile);
const CASES = 12_000;
/** What the background runs. */
const SCRIPT = "/background.js";
const bench = dirname(fileURLToPath(import.meta.url));

let service: Service;
let sentences: string[];
let address: string;
let close: () => void;

/** The cases' part of a pack, as one array, and its rule. */
async function packOf(server: string): Promise<string> {
  const from = async (path: string) => Buffer.from(await (await fetch(`${server}/v1/pack${path}`)).arrayBuffer());
  const list = JSON.parse((await from("")).toString()) as { rule: string; parts: string[] };
  const part = async (name: string) => JSON.parse(inflateSync(await from(`/${name}`)).toString()) as unknown;
  const parts = await Promise.all(list.parts.map(part));
  return JSON.stringify({ rule: await part(list.rule), cases: parts.flat() });
}

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), "claimlight-bench-"));
  service = await startService();
  const env = { ...process.env, CLAIMLIGHT_SERVER: service.address, CLAIMLIGHT_DATA_DIR: service.folder };
  const root = fileURLToPath(new URL("../../", import.meta.url));
  await run(join(dirname(claimlight), "python"), ["-m", "matcher.bench.corpus", String(CASES), folder], { cwd: root });
  await run(claimlight, ["push", join(folder, "cases.jsonl")], { env });
  sentences = JSON.parse(await readFile(join(folder, "sentences.json"), "utf8")) as string[];
  await rm(folder, { recursive: true });

  // One script of all that it needs, as the extension is built.
  const built = await build({
    configFile: false,
    logLevel: "error",
    resolve: { alias: [{ find: /^extension\//, replacement: join(root, "extension/") }] },
    build: { write: false, modulePreload: false, rolldownOptions: { input: join(bench, "local-page.ts") } },
  });
  const [{ code }] = (built as unknown as { output: [{ code: string }] }).output;
  const answers: Record<string, [type: string, body: string | Buffer]> = {
    "/script.js": ["text/javascript", code],
    "/alone": ["text/html", "<!doctype html><title>alone</title><script type=module src=/script.js></script>"],
    "/filter": ["application/octet-stream", Buffer.from(await (await fetch(`${service.address}/v1/filter`)).arrayBuffer())],
    "/pack": ["application/json", await packOf(service.address)],
    "/sentences": ["application/json", JSON.stringify(sentences)],
    "/article": ["text/html; charset=utf-8", proseArticle("Ordinary news", sentences)],
  };
  const server = createServer(({ url = "" }, response) => {
    const [type, body] = answers[url] ?? ["text/plain", ""];
    response.writeHead(url in answers ? 200 : 404, { "Content-Type": type }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  address = `http://localhost:${(server.address() as AddressInfo).port}`;
  close = () => { server.closeAllConnections(); server.close(); };
}, 240_000);
afterAll(async () => {
  close();
  await service.stop();
});

test.each(browsers)("filter and strict mode alone, in $name", async ({ name, open }) => {
  const browser = await open(inject("builds"), "test");
  try {
    await setSettings(browser, { enabled: false });
    const tab = await browser.open(`${address}/alone`);
    const { madeMs, filterUs, strictUs, passing, shown } = await tab.run<Timed>("globalThis.measured");
    process.stdout.write(
      `\n${name}, ${CASES} cases, ${sentences.length} sentences of ordinary news` +
        `\n  filter ${filterUs.toFixed(1)} µs a sentence, ${(100 * passing).toFixed(1)} % pass` +
        `\n  strict mode ${strictUs.toFixed(1)} µs a sentence, ${(1000 * shown).toFixed(1)} in 1,000 shown` +
        `\n  the filter is made from its bytes in ${madeMs.toFixed(0)} ms\n`,
    );
  } finally {
    await browser.close();
  }
});

const MODES = ["ask", "strict"] as const;

// Scripts for the extension's own pages, the same in both browsers. Filter and pack are there before a page is read.
const PREPARE = 'chrome.runtime.sendMessage({ type: "ui:server" })';
const setThem = (values: object) =>
  `chrome.storage.local.get("settings").then(({ settings }) => chrome.storage.local.set({ settings: { ...settings, ...${JSON.stringify(values)} } }))`;
const stateOf = (url: string) =>
  `chrome.tabs.query({}).then((tabs) => chrome.runtime.sendMessage({ type: "ui:tab", tab: tabs.find((tab) => tab.url === ${JSON.stringify(url)}).id }))`;
const PAUSE_MS = 3_000;

/** How many sentences of the page are checked once no more are. */
async function allChecked(state: () => Promise<{ checked: number }>): Promise<number> {
  for (let before = -1; ;) {
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    const { checked } = await state();
    if (checked === before && checked > 0) return checked;
    before = checked;
  }
}

function told(browser: string, mode: string, checked: number, { scriptMs, taskMs }: Work): void {
  const over = taskMs.filter((ms) => ms > 50).length;
  // Few short tasks can fall between the samples.
  const each = scriptMs < 1 ? "too short to be sampled" : `${((1000 * scriptMs) / checked).toFixed(0)} µs each, messages and store included`;
  process.stdout.write(
    `\n${browser}, the background in mode ${mode}: ${checked} sentences, ${each}; ` +
      `longest task ${(taskMs[0] ?? 0).toFixed(1)} ms, ${over} over 50 ms\n`,
  );
}

test.each(MODES)("the background of Chromium, mode %s, by its trace", async (mode) => {
  const { context, close } = await launchChromium(join(inject("builds"), "chrome-mv3-test"));
  try {
    const own = await context.newPage();
    await own.goto(`${EXTENSION}options.html`);
    await own.evaluate(setThem({ server: service.address, mode }));
    await own.evaluate(PREPARE);
    const page = await context.newPage();
    const session = await context.newCDPSession(page);
    const events: TraceEvent[] = [];
    session.on("Tracing.dataCollected", ({ value }) => events.push(...(value as unknown as TraceEvent[])));
    await session.send("Tracing.start", { transferMode: "ReportEvents", traceConfig: { includedCategories: TRACED } });
    await page.goto(`${address}/article`);
    const checked = await allChecked(() => own.evaluate<{ checked: number }>(stateOf(`${address}/article`)));
    const ended = new Promise((resolve) => session.once("Tracing.tracingComplete", resolve));
    await session.send("Tracing.end");
    await ended;
    told("Chromium", mode, checked, workInTrace(events, SCRIPT));
  } finally {
    await close();
  }
});

test.each(MODES)("the background of Firefox, mode %s, by its profiler", async (mode) => {
  const folder = await mkdtemp(join(tmpdir(), "claimlight-profile-"));
  const file = join(folder, "profile.json");
  try {
    const browser = await openFirefox(join(inject("builds"), "firefox-mv3-test"), { environment: profiledInto(file) });
    let checked = 0;
    try {
      await setSettings(browser, { server: service.address, mode });
      const own = await ownPage(browser);
      await own.run(PREPARE);
      await browser.open(`${address}/article`);
      checked = await allChecked(() => own.run<{ checked: number }>(stateOf(`${address}/article`)));
    } finally {
      await browser.close();
    }
    told("Firefox", mode, checked, workInProfile(JSON.parse(await readFile(file, "utf8")) as GeckoProfile, SCRIPT));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
