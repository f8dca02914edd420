/** What axe-core finds to mend in a page. */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { AxeResults } from "axe-core";
import { expect } from "vitest";
import type { Tab } from "./driver.ts";

const axe = await readFile(fileURLToPath(new URL("../../extension/node_modules/axe-core/axe.min.js", import.meta.url)), "utf8");

/** What it calls a violation, best practices included, each with the places it found. */
export async function violations(tab: Pick<Tab, "run">): Promise<string[]> {
  const found = await tab.run<AxeResults>(`${axe};axe.run()`);
  // A page on which nothing could be checked would have no violation either.
  expect(found.passes.length).toBeGreaterThan(10);
  return found.violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary ?? ""}`));
}
