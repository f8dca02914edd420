/** What each test of the desk begins with: a service of its own, and its desk in a real Chromium. */
import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { chromium, type Browser, type Page } from "playwright-core";
import { test as plain, expect } from "vitest";
import { browsers } from "../browsers.ts";
import { FLAGS } from "../chromium.ts";
import { programOf } from "../driver.ts";
import { claimlight, startService, type Service } from "../service.ts";

export const hasChromium = browsers.some(({ name }) => name === "chromium");

/** A dry run tries hundreds of sentences: seconds, and many of them on a machine that is busy. */
export const PATIENTLY = { timeout: 180_000 };

export const CLAIM = "The secret laboratory in Tbilisi breeds mosquitoes that spread malaria.";

export interface Desk extends Service {
  /** The owner's. */
  readonly token: string;
}

interface Beginnings {
  /** One for all tests of a file. */
  desk: Desk;
  browser: Browser;
  /** The desk, before anybody has signed in; a fault of its scripts fails the test. */
  page: Page;
}

export const test = plain.extend<Beginnings>({
  desk: [
    async ({}, use) => {
      const service = await startService();
      await use({ ...service, token: (await readFile(join(service.folder, "owner-token"), "utf8")).trim() });
      await service.stop();
    },
    { scope: "file" },
  ],
  browser: [
    async ({}, use) => {
      const browser = await chromium.launch({ executablePath: programOf("chromium"), headless: false, args: FLAGS });
      await use(browser);
      await browser.close();
    },
    { scope: "file" },
  ],
  page: async ({ browser, desk }, use) => {
    const complaints: string[] = [];
    const context = await browser.newContext({ acceptDownloads: true });
    const page = await context.newPage();
    page.setDefaultTimeout(90_000);
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("console", (message) => { if (message.text().includes("Content Security Policy")) complaints.push(message.text()); });
    await page.goto(`${desk.address}/desk`);
    await use(page);
    await context.close();
    expect(complaints).toEqual([]);
  },
});

/** What a command says that is given beside the desk. */
export function command(desk: Desk, ...words: string[]): string {
  return execFileSync(claimlight, words, { env: { ...process.env, CLAIMLIGHT_DATA_DIR: desk.folder }, encoding: "utf8" });
}

export async function signIn(page: Page, token: string): Promise<void> {
  await page.fill("#token", token);
  await page.keyboard.press("Enter");
  await page.waitForSelector("#desk:not([hidden])");
}

/** Publishes rows behind the desk's back, and waits until readers are answered from them. */
export async function push(desk: Desk, ...rows: unknown[]): Promise<void> {
  const answer = await fetch(`${desk.address}/v1/changes?confirm=true`, {
    method: "POST",
    headers: { Authorization: `Bearer ${desk.token}`, "Content-Type": "application/json" },
    body: JSON.stringify(rows),
  });
  expect(answer.status, await answer.clone().text()).toBe(200);
  const { version } = (await answer.json()) as { version: number };
  await expect.poll(async () => ((await (await fetch(`${desk.address}/v1/index`)).json()) as { version: number }).version).toBe(version);
}

/** Reports a mistake, as a reader does. */
export async function report(desk: Desk, id: string, kind: string, sentence: string): Promise<void> {
  const answer = await fetch(`${desk.address}/v1/reports`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ case_id: id, kind, sentence }),
  });
  expect(answer.ok, await answer.clone().text()).toBe(true);
}

/** The status of a case, as a reader is told. */
export const statusOf = async (desk: Desk, id: string) => (await fetch(`${desk.address}/v1/cases/${id}`)).status;

/** Fills a case in. */
export async function write(page: Page, claim: string): Promise<void> {
  await page.fill("#claim-1", claim);
  await page.fill("#summary", "There is no such laboratory, as inspectors from many countries have seen.");
  await page.fill("#url", "https://example.org/mosquitoes");
  await page.fill("#publisher", "Example Facts");
  await page.fill("#publisher_url", "https://example.org");
}

/** Looks a case up and opens it in the form. */
export async function find(page: Page, words: string): Promise<void> {
  await page.fill("#find", words);
  await page.press("#find", "Enter");
  await page.click(".found button");
}

/** Files on disk, in a folder that goes with the service's: large ones take long through the debugger. */
export async function written(desk: Desk, contents: Record<string, string | Buffer>): Promise<string[]> {
  const folder = await mkdtemp(join(desk.folder, "files-"));
  return Promise.all(Object.entries(contents).map(async ([name, content]) => {
    await writeFile(join(folder, name), content);
    return join(folder, name);
  }));
}

/** Where the focus is, by its id. */
export const focused = (page: Page) => page.evaluate(() => document.activeElement?.id);
