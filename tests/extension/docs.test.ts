/** The documentation of the extension keeps up with its modules. */
import { readFile, readdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));

test.each(["background", "page"])("docs/extension.md tells the duty of each module in %s/", async (room) => {
  const docs = await readFile(`${root}docs/extension.md`, "utf8");
  const table = docs.split(`\n\`${room}/\``)[1]?.split("\n\n")[1] ?? "";
  const told = [...table.matchAll(/^\| (`.+?) \|/gm)].flatMap(([, names = ""]) => [...names.matchAll(/`([\w-]+)`/g)].map(([, name]) => `${name ?? ""}.ts`));
  const modules = (await readdir(`${root}extension/${room}`)).filter((file) => file.endsWith(".ts"));
  expect(told.sort()).toEqual(modules.sort());
});
