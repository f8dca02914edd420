/** The editors' desk in a real browser: published by hand, hostile rows inert, nothing kept. */
import { spawn, spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { AxeResults } from "axe-core";
import { chromium, type Browser, type BrowserContext, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { HOSTILE, MARKUP } from "./hostile.ts";

const EXECUTABLE = process.env["CLAIMLIGHT_CHROMIUM"] ?? "/usr/bin/chromium";
const wanted = (process.env["CLAIMLIGHT_TEST_BROWSERS"] ?? "chromium").split(" ").includes("chromium");
const root = fileURLToPath(new URL("../../", import.meta.url));
const READY_MS = 60_000;
const axe = await readFile(join(root, "extension/node_modules/axe-core/axe.min.js"), "utf8");

interface Desk {
  readonly address: string;
  readonly token: string;
  /** Its data folder, which is thrown away. */
  readonly folder: string;
  /** For the command line beside it. */
  readonly environment: NodeJS.ProcessEnv;
  stop(): Promise<void>;
}

/** A service of its own, whose owner's token can be read. */
async function startDesk(): Promise<Desk> {
  const folder = await mkdtemp(join(tmpdir(), "claimlight-desk-"));
  const environment = { ...process.env, CLAIMLIGHT_DATA_DIR: folder, CLAIMLIGHT_WORKERS: "1" };
  const child = spawn(join(root, ".venv/bin/python"), ["-m", "server.cli", "serve", "--port", "0"], {
    cwd: root,
    env: environment,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let log = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (part: Buffer) => (log += part.toString()));
  const ended = new Promise<void>((resolve) => child.once("exit", () => { resolve(); }));
  const stop = async () => {
    child.kill("SIGTERM");
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  const until = Date.now() + READY_MS;
  for (;;) {
    const address = /http:\/\/127\.0\.0\.1:\d+/.exec(log)?.[0];
    if (address !== undefined && (await fetch(`${address}/readyz`).then(({ ok }) => ok, () => false))) {
      return { address, environment, folder, token: (await readFile(join(folder, "owner-token"), "utf8")).trim(), stop };
    }
    if (child.exitCode !== null || Date.now() > until) {
      await stop();
      throw new Error(`the service is not ready:\n${log}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const CLAIM = "The secret laboratory in Tbilisi breeds mosquitoes that spread malaria.";
// A dry run tries hundreds of sentences: seconds, and many of them on a machine that is busy.
describe.runIf(wanted)("the desk", { timeout: 180_000 }, () => {
  let desk: Desk;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    desk = await startDesk();
    browser = await chromium.launch({
      executablePath: EXECUTABLE,
      headless: false,
      args: ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync"],
    });
  });

  afterAll(async () => {
    await browser.close();
    await desk.stop();
  });

  beforeEach(async () => {
    complaints.length = 0;
    context = await browser.newContext({ acceptDownloads: true });
    page = await context.newPage();
    page.setDefaultTimeout(90_000);
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("console", (message) => { if (message.text().includes("Content Security Policy")) complaints.push(message.text()); });
    await page.goto(`${desk.address}/desk`);
  });

  afterEach(async () => {
    expect(complaints).toEqual([]);
    await context.close();
  });

  async function signIn(): Promise<void> {
    await page.fill("#token", desk.token);
    await page.keyboard.press("Enter");
    await page.waitForSelector("#desk:not([hidden])");
  }

  async function push(...rows: unknown[]): Promise<void> {
    const answer = await fetch(`${desk.address}/v1/changes?confirm=true`, {
      method: "POST",
      headers: { Authorization: `Bearer ${desk.token}`, "Content-Type": "application/json" },
      body: JSON.stringify(rows),
    });
    expect(answer.status, await answer.clone().text()).toBe(200);
    const { version } = (await answer.json()) as { version: number };
    await expect.poll(async () => ((await (await fetch(`${desk.address}/v1/index`)).json()) as { version: number }).version).toBe(version);
  }

  /** Files on disk, in a folder that goes with the service's: large ones take long through the debugger. */
  async function written(contents: Record<string, string | Buffer>): Promise<string[]> {
    const folder = await mkdtemp(join(desk.folder, "files-"));
    return Promise.all(Object.entries(contents).map(async ([name, content]) => {
      await writeFile(join(folder, name), content);
      return join(folder, name);
    }));
  }

  async function write(claim: string): Promise<void> {
    await page.fill("#claim-1", claim);
    await page.fill("#summary", "There is no such laboratory, as inspectors from many countries have seen.");
    await page.fill("#url", "https://example.org/mosquitoes");
    await page.fill("#publisher", "Example Facts");
    await page.fill("#publisher_url", "https://example.org");
  }

  test("a wrong token opens nothing, and says why", async () => {
    await page.fill("#token", "claimlight_wrong");
    await page.keyboard.press("Enter");
    await page.waitForSelector("#status:not([hidden])");
    expect(await page.textContent("#status")).toContain("unknown, revoked or expired");
    expect(await page.isVisible("#desk")).toBe(false);
  });

  test("a case is written, seen as a reader sees it, tried, published and taken back", async () => {
    await signIn();
    await write(CLAIM);
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
    const status = async () => (await fetch(`${desk.address}/v1/cases/${id}`)).status;
    await expect.poll(status).toBe(200);
    await page.click("#status button");
    await expect.poll(() => page.textContent("#status")).toContain("is taken back");
    await expect.poll(status).toBe(410);
    await page.click("#history-tab");
    await page.waitForSelector(".changeset");
    expect(await page.textContent("#changesets")).toContain("found in three outlets");
  });

  test("a fault stands beside its field and is read out with it", async () => {
    await signIn();
    await write(CLAIM);
    await page.fill("#url", "http://example.org/plain");
    await page.waitForSelector("#url[aria-invalid=true]");
    const described = await page.getAttribute("#url", "aria-describedby");
    expect(await page.textContent(`#${described ?? ""}`)).toContain("https://");
    await page.click("#case-form [type=submit]");
    await page.waitForSelector("#status.bad");
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("url");
  });

  /** Presses Tab until something has the focus, as an editor without a mouse. */
  async function reach(words: string): Promise<void> {
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

  test("a case is written, published and taken back without a mouse, and the focus is never lost", async () => {
    await reach("Token");
    await page.keyboard.type(desk.token);
    await page.keyboard.press("Enter");
    await page.waitForSelector("#desk:not([hidden])");
    for (const [field, text] of [
      ["Claim, as it is repeated", "Owls are drones that watch the barns of the valley."],
      ["Summary", "Owls are birds."],
      ["Link to the disproof", "https://example.org/owls"],
      ["Publisher", "Example Facts"],
    ] as const) {
      await reach(field);
      await page.keyboard.type(text);
    }
    await reach("Review and publish");
    await page.keyboard.press("Enter");
    await page.waitForSelector("#review-part .diff");
    const focus = () => page.evaluate(() => document.activeElement?.id);
    await expect.poll(focus).toBe("review-title");
    await reach("Publish: 1 added");
    await page.keyboard.press("Enter");
    await page.waitForSelector("#status.good");
    await expect.poll(focus).toBe("form-title");
    await page.focus("#case-tab");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowRight");
    await page.waitForSelector(".changeset");
    await reach("Take back");
    await page.keyboard.press("Enter");
    await page.waitForSelector(".changeset .publish");
    await page.keyboard.type("only a test");
    await page.keyboard.press("Enter");
    await expect.poll(() => page.textContent("#status")).toContain("is taken back");
    await expect.poll(focus).toBe("history-title");
  });

  test("axe-core finds nothing to mend in any part, light and dark", async () => {
    const violations = async (part: string) => {
      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme, reducedMotion: "reduce" }); // colours at once, not by and by
        await page.evaluate(`${axe};undefined`);
        const found = await page.evaluate(async () => {
          const { axe } = globalThis as unknown as { axe: { run(): Promise<AxeResults> } };
          const { violations, passes } = await axe.run();
          return { violations: violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`)), passes: passes.length };
        });
        expect(found.passes).toBeGreaterThan(20);
        expect(found.violations, `${part}, ${colorScheme}`).toEqual([]);
      }
    };
    await violations("signing in");
    await push({ ...HOSTILE, id: "checked", claims: [{ text: "Swans were painted black by order of the ministry.", language: "en" }] });
    await fetch(`${desk.address}/v1/reports`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ case_id: "checked", kind: "wrong_match", sentence: "Swans may be black." }),
    });
    await signIn();
    await page.fill("#find", "Swans painted black");
    await page.press("#find", "Enter");
    await page.click(".found button");
    await page.waitForSelector("#preview .card");
    await page.evaluate(() => { for (const part of document.querySelectorAll("details")) part.open = true; });
    await page.fill("#url", "http://example.org");
    await page.waitForSelector("#url[aria-invalid]");
    await violations("case");
    await page.fill("#url", "https://example.org/swans");
    await page.click("#case-form [type=submit]");
    await page.waitForSelector("#review-part .diff");
    await violations("review");
    await page.click("#files-tab");
    await page.setInputFiles("#file", await written({ "rows.jsonl": `{"id": "x", "claims": 1}` }));
    await page.waitForSelector("#files-rejected td");
    await violations("files");
    await page.click("#history-tab");
    await page.locator(".changeset button").first().click();
    await page.waitForSelector(".changeset .publish");
    await violations("history");
    await page.click("#reports-tab");
    await page.waitForSelector(".report");
    await violations("reports");
  });

  test("all of it can be reached with the keyboard", async () => {
    await page.focus("#token");
    await page.keyboard.type(desk.token);
    await page.keyboard.press("Enter");
    await page.waitForSelector("#desk:not([hidden])");
    await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe("case-tab");
    for (const name of ["files", "history", "reports", "case"]) {
      await page.keyboard.press("ArrowRight");
      expect(await page.evaluate(() => document.activeElement?.id)).toBe(`${name}-tab`);
      expect(await page.getAttribute(`#${name}-tab`, "aria-selected")).toBe("true");
      expect(await page.isVisible(`#${name}-part`)).toBe(true);
    }
    const named = await page.evaluate(() =>
      [...document.querySelectorAll<HTMLInputElement>("input, select, textarea, button")]
        .filter((field) => (field.labels?.length ?? 0) === 0 && (field.textContent || field.getAttribute("aria-label")) === "")
        .map((field) => field.id));
    expect(named).toEqual([]);
  });

  test("hostile rows are shown as the text they are: on the desk, on a card, in the history", async () => {
    const cyclic = { ...HOSTILE, id: "hostile-too", claims: [{ text: "Mars is made of bread and the agency eats it.", language: "en" }], related: ["hostile", "hostile-too"] };
    await push(HOSTILE, cyclic);
    await fetch(`${desk.address}/v1/reports`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ case_id: "hostile", kind: "other", sentence: MARKUP }),
    });
    await signIn();
    await page.fill("#find", "Moon made of cheese agency");
    await page.press("#find", "Enter");
    await page.waitForSelector(".found button");
    await page.click(".found button");
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

  test("hostile files are refused row by row, with the reason", async () => {
    await signIn();
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
    await page.setInputFiles("#file", await written({ "<img src=x onerror=hacked=1>.jsonl": lines.join("\n") }));
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

  test("a spreadsheet that is taken home runs no formula", async () => {
    await push(HOSTILE);
    await signIn();
    await page.click("#files-tab");
    const download = page.waitForEvent("download");
    await page.click("[data-export=csv]");
    const text = await readFile(await (await download).path(), "utf8");
    for (const inert of [`"'=HYPERLINK(""https://evil.example"")`, `x\\;'=cmd|`]) expect(text.includes(inert), inert).toBe(true);
    expect(/(^|[,;])"*\s*=.*/m.exec(text)).toBeNull();
  });

  test("a report leads to its case: the wording is fixed, or the case retracted", async () => {
    await push({ ...HOSTILE, id: "reported", claims: [{ text: "Herons were trained as spies by a secret service of the north.", language: "en" }] });
    await fetch(`${desk.address}/v1/reports`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ case_id: "reported", kind: "wrong_match", sentence: "Herons live near water." }),
    });
    await signIn();
    await page.click("#reports-tab");
    const report = page.locator(".report", { hasText: "Herons live near water." });
    await report.getByText("Fix the wording").click();
    await expect.poll(() => page.inputValue("#id")).toBe("reported");
    expect(await page.inputValue("#try")).toBe("Herons live near water.");
    await page.click("#reports-tab");
    await report.getByText("Retract the case").click();
    await page.waitForSelector("#review-part .diff");
    await page.fill("#note", "the source was mistaken");
    await page.click(".publish [type=submit]");
    await page.waitForSelector("#status.good");
    await expect.poll(async () => (await fetch(`${desk.address}/v1/cases/reported`)).status).toBe(410);
  });

  test("an editor who was overtaken is told so, and loses nothing", async () => {
    await signIn();
    await write(CLAIM);
    await page.click("#case-form [type=submit]");
    await page.waitForSelector("#review-part .diff");
    await push({ ...HOSTILE, id: "in-between" });
    await page.click(".publish [type=submit]");
    await page.waitForSelector("#status.bad");
    expect(await page.textContent("#status")).toContain("somebody else has published in between");
    await page.click("#status button");
    await expect.poll(() => page.isVisible("#status"), { timeout: 90_000 }).toBe(false);
    await page.click(".publish [type=submit]");
    await page.waitForSelector("#status.good");
  });

  test("a case that was just published is edited as it is now, not as readers may still have it", async () => {
    await push({ ...HOSTILE, id: "edited-twice", claims: [{ text: "Storks were counted as voters in the northern marshes.", language: "en" }] });
    await signIn();
    const open = async () => {
      await page.fill("#find", "Storks counted as voters");
      await page.press("#find", "Enter");
      await page.click(".found button");
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

  test("what is being written is put aside for another case, and outlives a token that ends", async () => {
    const answer = spawnSync(join(root, ".venv/bin/python"), ["-m", "server.cli", "token", "create", "--name", "Eve", "--json"], { cwd: root, env: desk.environment, encoding: "utf8" });
    const { token } = JSON.parse(answer.stdout) as { token: string };
    await page.fill("#token", token);
    await page.keyboard.press("Enter");
    await page.waitForSelector("#desk:not([hidden])");
    await write(CLAIM);
    await page.click("#new-case");
    expect(await page.inputValue("#claim-1")).toBe("");
    await page.click("#status button");
    expect(await page.inputValue("#claim-1")).toBe(CLAIM);
    spawnSync(join(root, ".venv/bin/python"), ["-m", "server.cli", "token", "revoke", "Eve"], { cwd: root, env: desk.environment });
    await page.click("#case-form [type=submit]");
    await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe("token");
    expect(await page.textContent("#status")).toContain("revoked or expired");
    await signIn();
    await page.waitForSelector("#signing-in", { state: "hidden" });
    expect(await page.inputValue("#claim-1")).toBe(CLAIM);
    let asked = false;
    page.once("dialog", (dialog) => { asked = dialog.type() === "beforeunload"; void dialog.accept(); });
    await page.reload();
    expect(asked).toBe(true);
  });

  test("a file that cannot be read costs none of the others, and says what to do", async () => {
    await signIn();
    await page.click("#files-tab");
    const header = "claim;url;publisher;published\r\n";
    const files = await written({
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

  test("all of a changeset that is too large to be a slip must be confirmed before it is taken back", async () => {
    await signIn();
    await page.click("#history-tab");
    await page.waitForSelector(".changeset");
    await page.locator(".changeset").last().getByRole("button", { name: "Take back… Version 1", exact: true }).click();
    const form = page.locator(".changeset .publish");
    await form.getByRole("checkbox").waitFor();
    await form.getByRole("button", { name: "Take version 1 back" }).click();
    expect(await page.evaluate(() => document.querySelector(".publish :invalid")?.getAttribute("type"))).toBe("checkbox");
    await form.getByRole("button", { name: "Leave it" }).click();
  });

  test("nothing is cut off on a phone, in any part", async () => {
    await page.setViewportSize({ width: 320, height: 640 });
    await push({ ...HOSTILE, id: "narrow", claims: [{ text: "Cranes were bred to carry letters across the closed border.", language: "en" }] });
    await signIn();
    for (const name of ["case", "files", "history", "reports"]) {
      await page.click(`#${name}-tab`);
      await page.waitForSelector(`#${name}-part:not([hidden]) :is(form, li, input)`);
      const wide = await page.evaluate(() => [document.documentElement, document.querySelector(".tabs")].map((part) => (part?.scrollWidth ?? 0) - (part?.clientWidth ?? 0)));
      expect(wide, name).toEqual([0, 0]);
    }
  });

  test("the token is kept in the page alone: no cookie, no storage, gone with a reload", async () => {
    await signIn();
    expect(await context.cookies()).toEqual([]);
    const kept = await page.evaluate(() => localStorage.length + sessionStorage.length + document.cookie.length);
    expect(kept).toBe(0);
    expect(await page.inputValue("#token")).toBe("");
    await page.reload();
    expect(await page.isVisible("#desk")).toBe(false);
  });
});
