/** The desk without a mouse, for who hears it, in the dark, and on a phone. */
import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { violations } from "../axe.ts";
import { HOSTILE } from "../hostile.ts";
import { find, focused, hasChromium, PATIENTLY, push, report, signIn, test, written } from "./desk.ts";

/** Presses Tab until something has the focus, as an editor without a mouse. */
async function reach(page: Page, words: string): Promise<void> {
  const passed: string[] = [];
  for (let stops = 0; stops < 60; stops += 1) {
    await page.keyboard.press("Tab");
    const stop = await page.evaluate(() => {
      const found = document.activeElement as HTMLInputElement | null;
      return [found?.labels?.[0]?.textContent, found?.getAttribute("aria-label"), found?.textContent].find(Boolean)?.trim() ?? "";
    });
    if (stop.startsWith(words)) return;
    passed.push(stop);
  }
  throw new Error(`Tab does not come to “${words}”, but to: ${passed.join(" | ")}`);
}

describe.runIf(hasChromium)("the desk", PATIENTLY, () => {
  test("a case is written, published and taken back without a mouse, and the focus is never lost", async ({ desk, page }) => {
    await reach(page, "Token");
    await page.keyboard.type(desk.token);
    await page.keyboard.press("Enter");
    await page.waitForSelector("#desk:not([hidden])");
    for (const [field, text] of [
      ["Claim, as it is repeated", "Owls are drones that watch the barns of the valley."],
      ["Summary", "Owls are birds."],
      ["Link to the disproof", "https://example.org/owls"],
      ["Publisher", "Example Facts"],
    ] as const) {
      await reach(page, field);
      await page.keyboard.type(text);
    }
    await reach(page, "Review and publish");
    await page.keyboard.press("Enter");
    await page.waitForSelector("#review-part .diff");
    const focus = () => focused(page);
    await expect.poll(focus).toBe("review-title");
    await reach(page, "Publish: 1 added");
    await page.keyboard.press("Enter");
    await page.waitForSelector("#status.good");
    await expect.poll(focus).toBe("form-title");
    await page.focus("#case-tab");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowRight");
    await page.waitForSelector(".changeset");
    await reach(page, "Take back");
    await page.keyboard.press("Enter");
    await page.waitForSelector(".changeset .publish");
    await page.keyboard.type("only a test");
    await page.keyboard.press("Enter");
    await expect.poll(() => page.textContent("#status")).toContain("is taken back");
    await expect.poll(focus).toBe("history-title");
  });

  test("all of it can be reached with the keyboard", async ({ desk, page }) => {
    await page.focus("#token");
    await page.keyboard.type(desk.token);
    await page.keyboard.press("Enter");
    await page.waitForSelector("#desk:not([hidden])");
    await expect.poll(() => focused(page)).toBe("case-tab");
    for (const name of ["files", "history", "reports", "case"]) {
      await page.keyboard.press("ArrowRight");
      expect(await focused(page)).toBe(`${name}-tab`);
      expect(await page.getAttribute(`#${name}-tab`, "aria-selected")).toBe("true");
      expect(await page.isVisible(`#${name}-part`)).toBe(true);
    }
    const named = await page.evaluate(() =>
      [...document.querySelectorAll<HTMLInputElement>("input, select, textarea, button")]
        .filter((field) => (field.labels?.length ?? 0) === 0 && (field.textContent || field.getAttribute("aria-label")) === "")
        .map((field) => field.id));
    expect(named).toEqual([]);
  });

  test("axe-core finds nothing to mend in any part, light and dark", async ({ desk, page }) => {
    const check = async (part: string) => {
      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme, reducedMotion: "reduce" }); // colours at once, not by and by
        expect(await violations({ run: (script) => page.evaluate(script) }), `${part}, ${colorScheme}`).toEqual([]);
      }
    };
    await check("signing in");
    await push(desk, { ...HOSTILE, id: "checked", claims: [{ text: "Swans were painted black by order of the ministry.", language: "en" }] });
    await report(desk, "checked", "wrong_match", "Swans may be black.");
    await signIn(page, desk.token);
    await find(page, "Swans painted black");
    await page.waitForSelector("#preview .card");
    await page.evaluate(() => { for (const part of document.querySelectorAll("details")) part.open = true; });
    await page.fill("#url", "http://example.org");
    await page.waitForSelector("#url[aria-invalid]");
    await check("case");
    await page.fill("#url", "https://example.org/swans");
    await page.click("#case-form [type=submit]");
    await page.waitForSelector("#review-part .diff");
    await check("review");
    await page.click("#files-tab");
    await page.setInputFiles("#file", await written(desk, { "rows.jsonl": `{"id": "x", "claims": 1}` }));
    await page.waitForSelector("#files-rejected td");
    await check("files");
    await page.click("#history-tab");
    await page.locator(".changeset button").first().click();
    await page.waitForSelector(".changeset .publish");
    await check("history");
    await page.click("#reports-tab");
    await page.waitForSelector(".report");
    await check("reports");
  });

  test("nothing is cut off on a phone, in any part", async ({ desk, page }) => {
    await page.setViewportSize({ width: 320, height: 640 });
    await push(desk, { ...HOSTILE, id: "narrow", claims: [{ text: "Cranes were bred to carry letters across the closed border.", language: "en" }] });
    await report(desk, "narrow", "wrong_match", "Cranes cross the border.");
    await signIn(page, desk.token);
    for (const name of ["case", "files", "history", "reports"]) {
      await page.click(`#${name}-tab`);
      await page.waitForSelector(`#${name}-part:not([hidden]) :is(form, li, input)`);
      const wide = await page.evaluate(() => [document.documentElement, document.querySelector(".tabs")].map((part) => (part?.scrollWidth ?? 0) - (part?.clientWidth ?? 0)));
      expect(wide, name).toEqual([0, 0]);
    }
  });
});
