/** A real service with a Redis of its own, in a folder that is thrown away. */
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
const READY_MS = 60_000;

/** The command of the project's own environment. */
export const claimlight = join(root, ".venv/bin/claimlight");

export interface Service {
  readonly address: string;
  /** Its data folder, where the owner's token is. */
  readonly folder: string;
  /** Everything the service wrote to its logs so far. */
  log(): string;
  stop(): Promise<void>;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no free port");
  return address.port;
}

/** Starts `claimlight serve` and waits until it is ready. `port`: to come back at the same address. */
export async function startService(port?: number): Promise<Service> {
  const folder = await mkdtemp(join(tmpdir(), "claimlight-browser-"));
  const own = port ?? (await freePort());
  const address = `http://127.0.0.1:${own}`;
  const child = spawn(claimlight, ["serve", "--port", String(own)], {
    cwd: root,
    env: { ...process.env, CLAIMLIGHT_DATA_DIR: folder, CLAIMLIGHT_WORKERS: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let log = "";
  child.stdout.on("data", (part: Buffer) => (log += part.toString()));
  child.stderr.on("data", (part: Buffer) => (log += part.toString()));
  const ended = new Promise<void>((resolve) => child.once("exit", () => { resolve(); }));
  const stop = async () => {
    child.kill("SIGTERM");
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  const until = Date.now() + READY_MS;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the service ended before it was ready:\n${log}`);
    const ready = await fetch(`${address}/readyz`).then(({ ok }) => ok, () => false);
    if (ready) return { address, folder, log: () => log, stop };
    if (Date.now() > until) {
      await stop();
      throw new Error(`the service was not ready after ${READY_MS} ms:\n${log}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
