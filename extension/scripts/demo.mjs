// The service, and a browser with the extension on the sample article: make demo, make demo BROWSER=firefox
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import puppeteer from "puppeteer-core";
import { findProgram } from "./programs.mjs";
import { sampleArticle } from "./sample-article.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const server = process.env.CLAIMLIGHT_SERVER ?? "http://127.0.0.1:8321";
const buildOf = (browser) => fileURLToPath(new URL(`../.output/${browser}-mv3-test`, import.meta.url));

const isReady = () => fetch(`${server}/readyz`).then(({ ok }) => ok, () => false);

/** Starts the service where none answers yet; one that is already there is used as it is. */
async function startService() {
  if (await isReady()) return null;
  const { port } = new URL(server);
  const child = spawn(join(root, ".venv/bin/claimlight"), ["serve", "--port", port], { stdio: "inherit" });
  for (let tries = 0; tries < 600 && child.exitCode === null; tries += 1) {
    if (await isReady()) return child;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  child.kill();
  throw new Error(`no service became ready at ${server}`);
}

/** Opens an address in a browser of its own, with an empty profile. Resolves when it is closed. */
const OPEN = {
  async chromium(program, address) {
    const profile = await mkdtemp(join(tmpdir(), "claimlight-demo-"));
    const extension = buildOf("chrome");
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: program,
      headless: false,
      viewport: null,
      args: [
        "--no-first-run",
        ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
        `--disable-extensions-except=${extension}`,
        `--load-extension=${extension}`,
      ],
    });
    const closed = new Promise((resolve) => context.once("close", resolve));
    const page = context.pages()[0] ?? (await context.newPage());
    // Closed before the article was there: that ends the demo as well.
    await page.goto(address).catch((error) => { if (context.pages().length > 0) throw error; });
    return closed.then(() => rm(profile, { recursive: true, force: true, maxRetries: 5 }));
  },
  async firefox(program, address) {
    const browser = await puppeteer.launch({ browser: "firefox", executablePath: program, headless: false, defaultViewport: null });
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
const service = await startService();
const { html } = await sampleArticle();
const site = createServer((_request, response) => {
  response.writeHead(200, { "Content-Type": "text/html; charset=utf-8" }).end(html);
});
site.listen(0, "127.0.0.1");
await once(site, "listening");
try {
  console.log(`Opening the article in ${name}. Close the browser to end the demo.`);
  await (await OPEN[name](findProgram(name), `http://localhost:${site.address().port}/`));
} finally {
  site.closeAllConnections();
  site.close();
  service?.kill();
}
