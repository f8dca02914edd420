/** A case is written at the desk, published and taken back. */
import { describe, expect } from "vitest";
import { HOSTILE } from "../hostile.ts";
import { CLAIM, command, find, focused, hasChromium, PATIENTLY, push, report, signIn, statusOf, test, write } from "./desk.ts";

describe.runIf(hasChromium)("the desk", PATIENTLY, () => {
  test("a case is written, seen as a reader sees it, tried, published and taken back", async ({ desk, page }) => {
    await signIn(page, desk.token);
    await write(page, CLAIM);
    await page.fill("#try", "In Tbilisi a secret laboratory is breeding mosquitoes to spread malaria.");
    await page.waitForSelector("#tried .yes");
    expect(await page.textContent("#preview .claim")).toBe(CLAIM);
    await page.click("#case-form [type=submit]");
    await page.waitForSelector("#review-part .diff");
    expect(await page.textContent("#review-part .figure.added dd")).toBe("1");
    await page.fill("#note", "found in three outlets");
    await page.click(".publish [type=submit]");
    await page.waitForSelector("#status.good");
    const id = "the-secret-laboratory-in-tbilisi-breeds-mosquitoes-that-spread-malaria";
    await expect.poll(() => statusOf(desk, id)).toBe(200);
    await page.click("#status button");
    await expect.poll(() => page.textContent("#status")).toContain("is taken back");
    await expect.poll(() => statusOf(desk, id)).toBe(410);
    await page.click("#history-tab");
    await page.waitForSelector(".changeset");
    expect(await page.textContent("#changesets")).toContain("found in three outlets");
  });

  test("a fault stands beside its field and is read out with it", async ({ desk, page }) => {
    await signIn(page, desk.token);
    await write(page, CLAIM);
    await page.fill("#url", "http://example.org/plain");
    await page.waitForSelector("#url[aria-invalid=true]");
    const described = await page.getAttribute("#url", "aria-describedby");
    expect(await page.textContent(`#${described ?? ""}`)).toContain("https://");
    await page.click("#case-form [type=submit]");
    await page.waitForSelector("#status.bad");
    expect(await focused(page)).toBe("url");
  });

  test("an editor who was overtaken is told so, and loses nothing", async ({ desk, page }) => {
    await signIn(page, desk.token);
    await write(page, CLAIM);
    await page.click("#case-form [type=submit]");
    await page.waitForSelector("#review-part .diff");
    await push(desk, { ...HOSTILE, id: "in-between" });
    await page.click(".publish [type=submit]");
    await page.waitForSelector("#status.bad");
    expect(await page.textContent("#status")).toContain("somebody else has published in between");
    await page.click("#status button");
    await expect.poll(() => page.isVisible("#status"), { timeout: 90_000 }).toBe(false);
    await page.click(".publish [type=submit]");
    await page.waitForSelector("#status.good");
  });

  test("a case that was just published is edited as it is now, not as readers may still have it", async ({ desk, page }) => {
    await push(desk, { ...HOSTILE, id: "edited-twice", claims: [{ text: "Storks were counted as voters in the northern marshes.", language: "en" }] });
    await signIn(page, desk.token);
    const open = async () => {
      await find(page, "Storks counted as voters");
      await expect.poll(() => page.inputValue("#id")).toBe("edited-twice");
    };
    await open();
    await page.fill("#summary", "Nobody counted storks.");
    await page.click("#case-form [type=submit]");
    await page.click(".publish [type=submit]");
    await page.waitForSelector("#status.good");
    const published = /version (\d+)/.exec((await page.textContent("#status")) ?? "")?.[1] ?? "";
    await expect.poll(() => page.textContent("#state")).toContain(`Version ${published} `);
    await open();
    expect(await page.inputValue("#summary")).toBe("Nobody counted storks.");
  });

  test("what is being written is put aside for another case, and outlives a token that ends", async ({ desk, page }) => {
    const { token } = JSON.parse(command(desk, "token", "create", "--name", "Eve", "--json")) as { token: string };
    await signIn(page, token);
    await write(page, CLAIM);
    await page.click("#new-case");
    expect(await page.inputValue("#claim-1")).toBe("");
    await page.click("#status button");
    expect(await page.inputValue("#claim-1")).toBe(CLAIM);
    command(desk, "token", "revoke", "Eve");
    await page.click("#case-form [type=submit]");
    await expect.poll(() => focused(page)).toBe("token");
    expect(await page.textContent("#status")).toContain("revoked or expired");
    await signIn(page, desk.token);
    await page.waitForSelector("#signing-in", { state: "hidden" });
    expect(await page.inputValue("#claim-1")).toBe(CLAIM);
    let asked = false;
    page.once("dialog", (dialog) => { asked = dialog.type() === "beforeunload"; void dialog.accept(); });
    await page.reload();
    expect(asked).toBe(true);
  });

  test("a report leads to its case: the wording is fixed, or the case retracted", async ({ desk, page }) => {
    await push(desk, { ...HOSTILE, id: "reported", claims: [{ text: "Herons were trained as spies by a secret service of the north.", language: "en" }] });
    await report(desk, "reported", "wrong_match", "Herons live near water.");
    await signIn(page, desk.token);
    await page.click("#reports-tab");
    const shown = page.locator(".report", { hasText: "Herons live near water." });
    await shown.getByText("Fix the wording").click();
    await expect.poll(() => page.inputValue("#id")).toBe("reported");
    expect(await page.inputValue("#try")).toBe("Herons live near water.");
    await page.click("#reports-tab");
    await shown.getByText("Retract the case").click();
    await page.waitForSelector("#review-part .diff");
    await page.fill("#note", "the source was mistaken");
    await page.click(".publish [type=submit]");
    await page.waitForSelector("#status.good");
    await expect.poll(() => statusOf(desk, "reported")).toBe(410);
  });

  test("all of a changeset that is too large to be a slip must be confirmed before it is taken back", async ({ desk, page }) => {
    await signIn(page, desk.token);
    await page.click("#history-tab");
    await page.waitForSelector(".changeset");
    await page.locator(".changeset").last().getByRole("button", { name: "Take back… Version 1", exact: true }).click();
    const form = page.locator(".changeset .publish");
    await form.getByRole("checkbox").waitFor();
    await form.getByRole("button", { name: "Take version 1 back" }).click();
    expect(await page.evaluate(() => document.querySelector(".publish :invalid")?.getAttribute("type"))).toBe("checkbox");
    await form.getByRole("button", { name: "Leave it" }).click();
  });
});
