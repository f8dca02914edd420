import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { packages } from "./vitest.config.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** End to end: the built extension in real browsers, asking a real service. */
export default defineConfig({
  resolve: { alias: packages },
  test: {
    dir: here("../tests/browser"),
    include: ["**/*.test.ts"],
    globalSetup: here("../tests/browser/setup.ts"),
    // Two cores, two browsers, a service: one file at a time is faster than all at once.
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // What holds sooner ends sooner; on a slow machine a second is short.
    expect: { poll: { timeout: 20_000, interval: 100 } },
    // A browser that hangs fails every test; there is no use in waiting for each.
    bail: 6,
  },
});
