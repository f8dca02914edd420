/** Files at the desk: what can be taken, what cannot and why, and what is taken home. */
import { readFile, truncate } from "node:fs/promises";
import { describe, expect } from "vitest";
import { HOSTILE } from "../hostile.ts";
import { hasChromium, PATIENTLY, push, signIn, test, written } from "./desk.ts";

describe.runIf(hasChromium)("the desk", PATIENTLY, () => {
  test("hostile files are refused row by row, with the reason", async ({ desk, page }) => {
    await signIn(page, desk.token);
    const row = (change: object) => JSON.stringify({ ...HOSTILE, related: [], ...change });
    const lines = [
      row({ id: "a", url: "javascript:alert(1)" }),
      row({ id: "b", publisher: { name: "x", url: "data:text/html,x" } }),
      row({ id: "c", summary: "safe \u202Egnp.exe" }),
      row({ id: "d", summary: "x".repeat(10_000_000) }),
      row({ id: "e", related: ["e", "f"] }),
      row({ id: "e" }),
      row({ id: "<b>" }),
      row({ id: "g", related: [{ title: "x", url: "javascript:alert(1)" }] }),
      row({ id: "h", claims: [{ text: "\u2067desrever\u2069 is what it says", language: "en" }] }),
      row({ id: "i", url: "https://user:pass@example.org/" }),
      row({ id: "j", keywords: Array.from({ length: 101 }, String) }),
      row({ id: "k", claims: [{ text: "x".repeat(2001), language: "en" }] }),
    ];
    await page.click("#files-tab");
    await page.setInputFiles("#file", await written(desk, { "<img src=x onerror=hacked=1>.jsonl": lines.join("\n") }));
    await page.waitForSelector("#files-rejected td");
    const told = await page.textContent("#files-rejected");
    for (const reason of ["must start with https://", "U+202E", "1,000,000 characters", "the same case as in line 5", "should match pattern", "/related/0/url", "U+2067", "user name or password", "at most 100 items", "at most 2000 characters"]) {
      expect(told).toContain(reason);
    }
    expect(await page.textContent("#files-count")).toBe("1 case can be taken, 11 rows cannot.");
    await page.click("#review-files");
    await page.waitForSelector("#review-part .remarks");
    expect(await page.textContent("#review-part .remarks")).toContain("related to itself");
    expect(await page.evaluate(() => "hacked" in window)).toBe(false);
  });

  test("a file that cannot be read costs none of the others, and says what to do", async ({ desk, page }) => {
    await signIn(page, desk.token);
    await page.click("#files-tab");
    const header = "claim;url;publisher;published\r\n";
    const files = await written(desk, {
      "cases.xlsx": "PK\x03\x04 and more",
      "large.jsonl": "",
      "excel.csv": Buffer.from(`${header}El gobierno prohibirá los coches en España.;https://example.org/a;Verificación;25/01/2022`, "latin1"),
    });
    await truncate(files[1] ?? "", 65 * 2 ** 20);
    await page.setInputFiles("#file", files);
    await page.waitForSelector("#files-rejected td");
    const told = await page.textContent("#files-rejected");
    for (const reason of ["save the sheet as CSV", "claimlight push on the command line", "no verdict"]) expect(told).toContain(reason);
    expect(await page.textContent("#status")).toContain("read as cp1252");
    await page.selectOption("#default-verdict", "false");
    await expect.poll(() => page.textContent("#files-count")).toBe("1 case can be taken, 2 rows cannot.");
    await page.click("#review-files");
    await page.waitForSelector("#review-part .diff");
    expect(await page.textContent("#review-part .diff")).toContain("El gobierno prohibirá los coches en España. (es)");
  });

  test("a spreadsheet that is taken home runs no formula", async ({ desk, page }) => {
    await push(desk, HOSTILE);
    await signIn(page, desk.token);
    await page.click("#files-tab");
    const download = page.waitForEvent("download");
    await page.click("[data-export=csv]");
    const text = await readFile(await (await download).path(), "utf8");
    for (const inert of [`"'=HYPERLINK(""https://evil.example"")`, `x\\;'=cmd|`]) expect(text.includes(inert), inert).toBe(true);
    expect(/(^|[,;])"*\s*=.*/m.exec(text)).toBeNull();
  });
});
