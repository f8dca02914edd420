/** What is handed to readers: small, without a trace that pages could look for, and asking for little. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, readdir, rm, stat, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, inject, test } from "vitest";
import { claimlight } from "./service.ts";

interface Manifest {
  readonly permissions: readonly string[];
  readonly host_permissions: readonly string[];
  readonly optional_host_permissions?: readonly string[];
  readonly web_accessible_resources: readonly unknown[];
  readonly content_scripts?: readonly unknown[];
}

const MAX_BYTES = 200_000;
/** That of the project's own environment. */
const python = join(dirname(claimlight), "python");

async function filesIn(folder: string): Promise<string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  return found.filter((entry) => entry.isFile()).map(({ parentPath, name }) => relative(folder, join(parentPath, name))).sort();
}

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

  test("fetches from nowhere but the background, and knows no address of its own but the one on loopback", async () => {
    for (const { path } of await files()) {
      if (!/\.(js|html|css)$/.test(path)) continue;
      const code = await readFile(join(folder, path), "utf8");
      const calls = code.match(/\bfetch\(|XMLHttpRequest|WebSocket|EventSource|sendBeacon|importScripts/g) ?? [];
      if (path !== "background.js") expect(calls, path).toEqual([]);
      const addresses = code.match(/\b(?:https?|wss?):\/\/[\w[][^\s"'`]*/g) ?? [];
      expect(addresses.filter((address) => address !== "http://127.0.0.1:8321"), path).toEqual([]);
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

test("the sources that reviewers get build to the very bytes that readers get", async () => {
  const run = promisify(execFile);
  const extension = fileURLToPath(new URL("../../extension", import.meta.url));
  const folder = await mkdtemp(join(tmpdir(), "claimlight-sources-"));
  try {
    const env = { ...process.env, CLAIMLIGHT_EXTENSION_OUT: join(folder, "out") };
    await run("npx", ["wxt", "zip", "-b", "firefox"], { cwd: extension, env });
    const archive = (await readdir(join(folder, "out"))).find((name) => name.endsWith("-sources.zip")) ?? "none";
    const sources = join(folder, "sources");
    await run(python, ["-m", "zipfile", "-e", join(folder, "out", archive), sources]);
    expect(await readdir(sources)).toContain("README.md");
    // In place of `npm ci`, which would need a network.
    await symlink(join(extension, "node_modules"), join(sources, "node_modules"));
    await run("npx", ["wxt", "build", "-b", "firefox"], { cwd: sources, env: { ...env, CLAIMLIGHT_EXTENSION_OUT: join(folder, "again") } });
    const built = join(inject("builds"), "firefox-mv3");
    const paths = await filesIn(built);
    expect(await filesIn(join(folder, "again/firefox-mv3"))).toEqual(paths);
    for (const path of paths) {
      expect((await readFile(join(folder, "again/firefox-mv3", path))).equals(await readFile(join(built, path))), path).toBe(true);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});
