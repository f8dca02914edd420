/** What is handed to readers: small, without a trace that pages could look for, and asking for little. */
import { readFile, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, inject, test } from "vitest";

interface Manifest {
  readonly permissions: readonly string[];
  readonly host_permissions: readonly string[];
  readonly optional_host_permissions?: readonly string[];
  readonly web_accessible_resources: readonly unknown[];
  readonly content_scripts?: readonly unknown[];
}

const MAX_BYTES = 200_000;

describe.each(["chrome-mv3", "firefox-mv3"])("%s", (build) => {
  const folder = join(inject("builds"), build);
  const manifest = async (name = folder) =>
    JSON.parse(await readFile(join(name, "manifest.json"), "utf8")) as Manifest;
  const files = async () => {
    const paths = await readdir(folder, { recursive: true });
    const found = await Promise.all(paths.map(async (path) => ({ path, about: await stat(join(folder, path)) })));
    return found.filter(({ about }) => about.isFile());
  };

  test(`is smaller than ${MAX_BYTES} bytes`, async () => {
    const bytes = (await files()).reduce((sum, { about }) => sum + about.size, 0);
    expect(bytes).toBeLessThan(MAX_BYTES);
  });

  test("shows pages nothing, and runs in none before the choice", async () => {
    const { web_accessible_resources, content_scripts } = await manifest();
    expect(web_accessible_resources).toEqual([]);
    expect(content_scripts ?? []).toEqual([]);
  });

  test("asks for no permission beyond those that the documentation explains", async () => {
    const { permissions, host_permissions, optional_host_permissions } = await manifest();
    const docs = await readFile(new URL("../../docs/extension.md", import.meta.url), "utf8");
    for (const permission of [...permissions, ...host_permissions]) expect(docs).toContain(`\`${permission}\``);
    expect(host_permissions).toEqual(["http://127.0.0.1/*", "http://localhost/*", "http://[::1]/*"]);
    expect(optional_host_permissions).toEqual(["<all_urls>"]);
  });

  test("never turns text into markup, and never runs text", async () => {
    for (const { path } of await files()) {
      if (!path.endsWith(".js")) continue;
      const code = await readFile(join(folder, path), "utf8");
      expect(code.match(/\.innerHTML|\.outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function/g), path).toBeNull();
    }
  });

  test("the page script names nothing of ours in the page", async () => {
    const code = await readFile(join(folder, "page.js"), "utf8");
    expect(code.match(/claimlight|postMessage|dispatchEvent/gi)).toBeNull();
  });

  test("the test build differs in nothing but the choice made beforehand", async () => {
    const test = await manifest(`${folder}-test`);
    expect(test.host_permissions).toEqual(["<all_urls>"]);
    expect({ ...test, host_permissions: [], optional_host_permissions: [] }).toEqual({
      ...(await manifest()),
      host_permissions: [],
      optional_host_permissions: [],
    });
  });
});
