// The service, and a browser with the extension on the sample article: make demo, make demo BROWSER=firefox
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import puppeteer from "puppeteer-core";
import { findProgram } from "./programs.mjs";
import { sampleArticle } from "./sample-article.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const server = process.env.CLAIMLIGHT_SERVER ?? "http://127.0.0.1:8321";
const builds = process.env.CLAIMLIGHT_EXTENSION_OUT ?? fileURLToPath(new URL("../.output", import.meta.url));
const buildOf = (browser) => join(builds, `${browser}-mv3-test`);

/** For a machine without a screen, and for the test. */
const headless = process.env.CLAIMLIGHT_HEADLESS === "yes";

// Whatever ends the demo, also a signal, ends what it has started: that happens at "exit".
for (const signal of ["SIGHUP", "SIGINT", "SIGTERM"]) {
  process.on(signal, () => process.exit(128 + constants.signals[signal]));
}
const ownSignals = { handleSIGHUP: false, handleSIGINT: false, handleSIGTERM: false };

const isReady = () => fetch(`${server}/readyz`).then(({ ok }) => ok, () => false);

/** Starts the service where none answers yet; one that is already there is used as it is. */
async function startService() {
  if (await isReady()) return;
  const { port } = new URL(server);
  const child = spawn(join(root, ".venv/bin/claimlight"), ["serve", "--port", port], { stdio: "inherit" });
  process.once("exit", () => child.kill());
  for (let tries = 0; tries < 600 && child.exitCode === null; tries += 1) {
    if (await isReady()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`no service became ready at ${server}`);
}

/** Opens an address in a browser of its own, with an empty profile. Resolves when it is closed. */
const OPEN = {
  async chromium(program, address) {
    const profile = mkdtempSync(join(tmpdir(), "claimlight-demo-"));
    const extension = buildOf("chrome");
    const context = await chromium.launchPersistentContext(profile, {
      ...ownSignals,
      executablePath: program,
      headless,
      viewport: null,
      args: [
        "--no-first-run",
        ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
        `--disable-extensions-except=${extension}`,
        `--load-extension=${extension}`,
      ],
    });
    // After the listener that ends the browser.
    process.once("exit", () => { rmSync(profile, { recursive: true, force: true, maxRetries: 5 }); });
    const closed = new Promise((resolve) => context.once("close", resolve));
    const page = context.pages()[0] ?? (await context.newPage());
    // Closed before the article was there: that ends the demo as well.
    await page.goto(address).catch((error) => { if (context.pages().length > 0) throw error; });
    return closed;
  },
  async firefox(program, address) {
    const browser = await puppeteer.launch({ ...ownSignals, browser: "firefox", executablePath: program, headless, defaultViewport: null });
    const closed = new Promise((resolve) => browser.once("disconnected", resolve));
    await browser.installExtension(buildOf("firefox"));
    const [page = await browser.newPage()] = await browser.pages();
    await page.goto(address);
    return closed;
  },
};

const wanted = process.env.BROWSER in OPEN ? [process.env.BROWSER] : Object.keys(OPEN);
const name = wanted.find((browser) => findProgram(browser) !== null);
if (name === undefined) {
  console.error(`The demo needs ${wanted.join(" or ")}; install one, or load the extension by hand (docs/extension.md).`);
  process.exit(1);
}
await startService();
const { html } = await sampleArticle();
const site = createServer((_request, response) => {
  response.writeHead(200, { "Content-Type": "text/html; charset=utf-8" }).end(html);
});
site.listen(0, "127.0.0.1");
await once(site, "listening");
console.log(`Opening the article in ${name}. Close the browser to end the demo.`);
await OPEN[name](findProgram(name), `http://localhost:${site.address().port}/`);
process.exit();
