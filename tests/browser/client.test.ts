/** The client of docs/extension.md, run as it stands there. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, inject, test } from "vitest";

type Match = (sentences: string[], language: string) => Promise<{ sentence: string; band: string; case: { url: string } }[]>;

test("the client in the documentation finds the claim among many sentences", async () => {
  const text = await readFile(new URL("../../docs/extension.md", import.meta.url), "utf8");
  const [, code = ""] = /```js\n([^]*?)```/.exec(text) ?? [];
  expect(code.trim().split("\n").length).toBeLessThanOrEqual(34);
  const folder = await mkdtemp(join(tmpdir(), "claimlight-client-"));
  const file = join(folder, "client.mjs");
  await writeFile(file, code);
  process.env["CLAIMLIGHT_SERVER"] = inject("server");
  const { match } = (await import(/* @vite-ignore */ pathToFileURL(file).href)) as { match: Match };
  const claim = "NATO broke the promise given to Moscow at the end of the Cold War that it would not move an inch eastward.";
  const others = Array.from({ length: 300 }, (_, number) => `Tram number ${number} was late again this morning.`);
  const found = await match([...others, claim], "en");
  await rm(folder, { recursive: true });
  expect(found.map(({ sentence, band }) => [sentence, band])).toEqual([[claim, "match"]]);
  expect(found[0]?.case.url).toMatch(/^https:/);
});
