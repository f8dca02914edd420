// The service, and a browser with the extension on the sample article: make demo
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { findProgram } from "./programs.mjs";
import { sampleArticle } from "./sample-article.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const server = process.env.CLAIMLIGHT_SERVER ?? "http://127.0.0.1:8321";
const extension = fileURLToPath(new URL("../.output/chrome-mv3-test", import.meta.url));

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

const program = findProgram("chromium");
if (program === null) {
  console.error("The demo needs Chromium or Chrome; install one, or load the extension by hand (docs/extension.md).");
  process.exit(1);
}
const service = await startService();
const { html } = await sampleArticle();
const site = createServer((_request, response) => {
  response.writeHead(200, { "Content-Type": "text/html; charset=utf-8" }).end(html);
});
site.listen(0, "127.0.0.1");
await once(site, "listening");
const profile = await mkdtemp(join(tmpdir(), "claimlight-demo-"));
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
try {
  await page.goto(`http://localhost:${site.address().port}/`);
  console.log("The article is open in the browser. Close the browser to end the demo.");
} catch (error) {
  // Closed before the article was there: that ends the demo as well.
  if (context.pages().length > 0) throw error;
}
await closed;
site.closeAllConnections();
site.close();
service?.kill();
await rm(profile, { recursive: true, force: true, maxRetries: 5 });
