import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** The tests live beside those of the other rooms; their packages are installed in this one. */
export const packages = [
  { find: /^(vitest|valibot|playwright-core|puppeteer-core|axe-core)(\/.*)?$/, replacement: here("node_modules/$1$2") },
  { find: /^extension\//, replacement: here("./") },
];

export default defineConfig({
  resolve: { alias: packages },
  define: { __TEST_SERVER__: "null" },
  // A machine that is busy with something else fails no test.
  test: { dir: here("../tests/extension"), include: ["**/*.test.ts"], testTimeout: 60_000 },
});
