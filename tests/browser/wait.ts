/** Waiting and looking, the same in all browser tests. */
import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Tab } from "./driver.ts";

/** For `expect.poll`: long enough for a slow machine; what holds sooner ends sooner. */
export const PATIENCE = { timeout: 20_000, interval: 100 };

const output = fileURLToPath(new URL("./output/", import.meta.url));

/** Keeps a picture of what the browser shows, to be looked at. */
export async function keepPicture(tab: Tab, name: string): Promise<void> {
  await mkdir(output, { recursive: true });
  await tab.screenshot(`${output}${name}.png`);
}

/** Waits until a question is answered as wanted; fails with the last answer. */
export async function until<T>(ask: () => Promise<T>, wanted: (answer: T) => boolean): Promise<T> {
  const end = Date.now() + PATIENCE.timeout;
  for (;;) {
    const answer = await ask();
    if (wanted(answer)) return answer;
    if (Date.now() > end) throw new Error(`waited in vain; the last answer: ${JSON.stringify({ answer }).slice(0, 2000)}`);
    await new Promise((resolve) => setTimeout(resolve, PATIENCE.interval));
  }
}
