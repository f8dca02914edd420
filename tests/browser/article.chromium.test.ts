import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { cardOf, openChromium, watchErrors, type Chromium } from "./chromium.ts";
import { readMarks } from "./page-side.ts";
import { expected, openSite, type Site } from "./site.ts";

const output = fileURLToPath(new URL("./output/", import.meta.url));
let site: Site;
let browser: Chromium;

beforeAll(async () => {
  await mkdir(output, { recursive: true });
  site = await openSite();
  browser = await openChromium(`${inject("builds")}/chrome-mv3-test`);
});
afterAll(async () => {
  await browser.close();
  await site.close();
});

test("the marks cover exactly the sentences that repeat a claim", async () => {
  const page = await browser.context.newPage();
  const errors = watchErrors(page);
  await page.goto(site.page("article"));
  const { hints } = await expected("article");
  await expect.poll(async () => (await page.evaluate(readMarks)).flatMap(({ pieces }) => pieces.length ? [pieces.join("").replace(/\s+/g, " ")] : []), { timeout: 15000 }).toEqual([hints.map(({ sentence }) => sentence).join("")]);
  await page.screenshot({ path: `${output}article.png` });
  const box = await page.evaluate(() => { const r = [...CSS.highlights.values()][0]!; const a = [...r][0] as Range; const b = a.getBoundingClientRect(); return { x: b.x + b.width / 2, y: b.y + b.height / 2 }; });
  await page.mouse.move(box.x, box.y); await page.waitForTimeout(1500); await page.screenshot({ path: `${output}hover.png` });
  const session = await browser.context.newCDPSession(page);
  await page.mouse.click(box.x, box.y);
  await expect.poll(() => cardOf(session), { timeout: 8000 }).not.toBeNull();
  console.log(await cardOf(session));
  await page.waitForTimeout(500);
  await page.screenshot({ path: `${output}article-card.png` });
  await page.keyboard.press("Escape");
  expect(errors).toEqual([]);
});
