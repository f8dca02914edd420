/** Once for all browser tests: a real service, and the extension built for it. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { TestProject } from "vitest/node";
import { startService } from "./service.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Address of the service that the test builds ask. */
    server: string;
    /** Folder that holds the builds, by browser and mode. */
    builds: string;
  }
}

const run = promisify(execFile);
const extension = fileURLToPath(new URL("../../extension", import.meta.url));
const builds = fileURLToPath(new URL("./output/builds", import.meta.url));

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const service = await startService();
  try {
    const env = { ...process.env, CLAIMLIGHT_EXTENSION_OUT: builds, CLAIMLIGHT_SERVER: service.address };
    for (const browser of ["chrome", "firefox"]) {
      for (const mode of ["test", "production"]) {
        await run("npx", ["wxt", "build", "-b", browser, "--mode", mode], { cwd: extension, env });
      }
    }
  } catch (error) {
    await service.stop();
    throw error;
  }
  project.provide("server", service.address);
  project.provide("builds", builds);
  return () => service.stop();
}
