/**
 * The pictures in the editors' documentation, taken of the desk as it is: `npm run pictures`.
 * Look at each before it is committed.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { CLAIM, find, report, signIn, test } from "./desk.ts";

const images = fileURLToPath(new URL("../../../docs/images/", import.meta.url));
const SEED = "kazakhstan-protests-us-colour-revolution";
const LONG = 180_000;
const [WIDTH, HEIGHT] = [1120, 800];

/** All of the page, without a scroll bar, a focus ring or a button under the pointer. */
async function keep(page: Page, name: string): Promise<void> {
  await page.evaluate(() => { (document.activeElement as HTMLElement).blur(); });
  await page.hover("h1");
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  await page.setViewportSize({ width: WIDTH, height });
  await page.screenshot({ path: join(images, `${name}.png`) });
  await page.setViewportSize({ width: WIDTH, height: HEIGHT });
}

async function open(page: Page, token: string): Promise<void> {
  await page.setViewportSize({ width: WIDTH, height: HEIGHT });
  await signIn(page, token);
}

async function fill(page: Page): Promise<void> {
  await page.fill("#claim-1", CLAIM);
  await page.selectOption("#verdict", "misleading");
  await page.fill("#rating", "Fabricated");
  await page.fill("#summary", "The Lugar Center is a public health laboratory that is open to international inspection. No evidence of any such research was ever found.");
  await page.fill("#url", "https://example.org/lugar-mosquitoes");
  await page.fill("#publisher", "Example Facts");
  await page.fill("#publisher_url", "https://example.org");
  await page.fill("#try", "In Tbilisi a secret laboratory is breeding mosquitoes to spread malaria.\nThe laboratory in Tbilisi fights malaria, doctors say.");
  await page.waitForSelector("#tried .yes");
  await page.waitForSelector("#remarks .tag");
}

test("a case in the form, and the history with it", { timeout: LONG }, async ({ desk, page }) => {
  await open(page, desk.token);
  await fill(page);
  await keep(page, "desk-case");
  await page.click("#case-form [type=submit]");
  await page.waitForSelector("#review-part .diff");
  await page.fill("#note", "found in three outlets");
  await page.click(".publish [type=submit]");
  await page.waitForSelector("#status.good");
  await page.click("#history-tab");
  await page.locator(".changeset button").first().click();
  await page.fill(".changeset .publish input", "the source has corrected itself");
  await keep(page, "desk-history");
});

test("the dry run of a change", { timeout: LONG }, async ({ desk, page }) => {
  await open(page, desk.token);
  await find(page, "coronavirus created by Americans in a laboratory in Kazakhstan");
  await page.waitForSelector("#preview .card");
  await page.fill("#claim-1", "The coronavirus was created in a laboratory.");
  await page.fill("#summary", "The laboratory in Almaty studies plague and other infections. No finding links the virus to it.");
  await page.click("#case-form [type=submit]");
  await page.waitForSelector("#review-part .diff");
  await keep(page, "desk-review");
});

test("a reader's report", { timeout: LONG }, async ({ desk, page }) => {
  await report(desk, SEED, "wrong_match", "The Kazakh protests of January 2022 began when the price of liquefied petroleum gas doubled overnight.");
  await open(page, desk.token);
  await page.click("#reports-tab");
  await page.waitForSelector(".report .card");
  await keep(page, "desk-reports");
});
