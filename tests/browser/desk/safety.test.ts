/** Nothing that the desk shows runs, and nothing of its token is kept. */
import { describe, expect } from "vitest";
import { HOSTILE, MARKUP } from "../hostile.ts";
import { find, hasChromium, PATIENTLY, push, report, signIn, test } from "./desk.ts";

describe.runIf(hasChromium)("the desk", PATIENTLY, () => {
  test("a wrong token opens nothing, and says why", async ({ page }) => {
    await page.fill("#token", "claimlight_wrong");
    await page.keyboard.press("Enter");
    await page.waitForSelector("#status:not([hidden])");
    expect(await page.textContent("#status")).toContain("unknown, revoked or expired");
    expect(await page.isVisible("#desk")).toBe(false);
  });

  test("the token is kept in the page alone: no cookie, no storage, gone with a reload", async ({ desk, page }) => {
    await signIn(page, desk.token);
    expect(await page.context().cookies()).toEqual([]);
    const kept = await page.evaluate(() => localStorage.length + sessionStorage.length + document.cookie.length);
    expect(kept).toBe(0);
    expect(await page.inputValue("#token")).toBe("");
    await page.reload();
    expect(await page.isVisible("#desk")).toBe(false);
  });

  test("hostile rows are shown as the text they are: on the desk, on a card, in the history", async ({ desk, page }) => {
    const cyclic = { ...HOSTILE, id: "hostile-too", claims: [{ text: "Mars is made of bread and the agency eats it.", language: "en" }], related: ["hostile", "hostile-too"] };
    await push(desk, HOSTILE, cyclic);
    await report(desk, "hostile", "other", MARKUP);
    await signIn(page, desk.token);
    await find(page, "Moon made of cheese agency");
    await page.waitForSelector("#preview .claim");
    expect(await page.textContent("#preview .claim")).toBe(HOSTILE.claims[0]?.text);
    expect(await page.textContent("#preview .rating")).toBe(HOSTILE.rating);
    expect(await page.locator("#preview .card li").allTextContents()).toContain(cyclic.claims[0]?.text);
    expect(await page.inputValue("#related")).toBe(`${MARKUP} <https://example.org/other>\nhostile-too`);
    await page.click("#history-tab");
    await page.waitForSelector(".changeset");
    await page.click("#reports-tab");
    await page.waitForSelector(".report blockquote");
    expect(await page.textContent(".report blockquote")).toBe(MARKUP);
    await page.goto(`${desk.address}/`);
    await page.fill("#text", "The Moon is made of cheese and the agency hides it.");
    await page.click("[type=submit]");
    await page.click(".hint[role=button]");
    expect(await page.textContent("#card-body .summary")).toBe(HOSTILE.summary);
    expect(await page.evaluate(() => "hacked" in window)).toBe(false);
    expect(await page.locator("main img, main script").count()).toBe(0);
  });
});
