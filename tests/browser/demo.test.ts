/** `make demo` ends what it has started, whoever ends it. */
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, inject, test } from "vitest";
import { freePort } from "./service.ts";
import { until } from "./wait.ts";

const script = fileURLToPath(new URL("../../extension/scripts/demo.mjs", import.meta.url));

test.each(["chromium", "firefox"])("the demo in %s leaves no service behind when it is told to end", async (browser) => {
  const folder = await mkdtemp(join(tmpdir(), "claimlight-demo-test-"));
  const server = `http://127.0.0.1:${await freePort()}`;
  const env = {
    ...process.env,
    BROWSER: browser,
    CLAIMLIGHT_DATA_DIR: folder,
    CLAIMLIGHT_EXTENSION_OUT: inject("builds"),
    CLAIMLIGHT_HEADLESS: "yes",
    CLAIMLIGHT_SERVER: server,
    CLAIMLIGHT_WORKERS: "1",
  };
  const demo = spawn(process.execPath, [script], { env, stdio: ["ignore", "pipe", "pipe"] });
  let log = "";
  const ended = new Promise<number | null>((resolve) => demo.once("exit", resolve));
  const opening = new Promise<void>((resolve) => {
    for (const stream of [demo.stdout, demo.stderr]) {
      stream.on("data", (part: Buffer) => {
        log += part.toString();
        if (log.includes("Opening the article")) resolve();
      });
    }
  });
  const isReady = () => fetch(`${server}/readyz`).then(({ ok }) => ok, () => false);
  try {
    await Promise.race([opening, ended]);
    expect(demo.exitCode, log).toBeNull();
    expect(await isReady()).toBe(true);
    demo.kill("SIGTERM");
    expect(await ended).toBe(143);
    await until(isReady, (ready) => !ready);
  } finally {
    demo.kill("SIGKILL");
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}, 240_000);
