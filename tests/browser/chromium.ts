/** Real Chromium with the built extension, driven over the DevTools protocol. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type BrowserContext, type CDPSession, type Page, type Worker } from "playwright-core";

const EXECUTABLE = process.env["CLAIMLIGHT_CHROMIUM"] ?? "/usr/bin/chromium";
/** Fixed by the manifest's key. */
export const EXTENSION_ID = "kaenpbplagdbdoalinhnmdnnoofdpepn";

export interface Chromium {
  readonly context: BrowserContext;
  /** The extension's background worker. */
  worker(): Promise<Worker>;
  url(path: string): string;
  close(): Promise<void>;
}

export async function openChromium(extension: string, colorScheme: "light" | "dark" = "light"): Promise<Chromium> {
  const profile = await mkdtemp(join(tmpdir(), "claimlight-chromium-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: EXECUTABLE,
    headless: false,
    colorScheme,
    viewport: { width: 1100, height: 800 },
    args: [
      "--headless=new",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      `--disable-extensions-except=${extension}`,
      `--load-extension=${extension}`,
    ],
  });
  return {
    context,
    worker: async () => context.serviceWorkers()[0] ?? (await context.waitForEvent("serviceworker")),
    url: (path) => `chrome-extension://${EXTENSION_ID}/${path}`,
    close: async () => {
      await context.close();
      await rm(profile, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

/** What goes wrong in a page: errors on its console, uncaught or written. */
export function watchErrors(page: Page): string[] {
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") errors.push(message.text());
  });
  return errors;
}

interface AxNode {
  readonly role?: { value: string };
  readonly name?: { value: string };
  readonly ignored: boolean;
  readonly nodeId: string;
  readonly childIds?: string[];
}

/** The card as assistive technology sees it (its shadow root is closed to everyone else). */
export async function cardOf(session: CDPSession): Promise<{ name: string; text: string; links: string[]; buttons: string[] } | null> {
  const { nodes } = (await session.send("Accessibility.getFullAXTree")) as { nodes: AxNode[] };
  const byId = new Map(nodes.map((node) => [node.nodeId, node]));
  const dialog = nodes.find((node) => node.role?.value === "dialog");
  if (dialog === undefined) return null;
  const inside: AxNode[] = [];
  const gather = (node: AxNode) => {
    inside.push(node);
    for (const id of node.childIds ?? []) {
      const child = byId.get(id);
      if (child !== undefined) gather(child);
    }
  };
  gather(dialog);
  const names = (role: string) =>
    inside.filter((node) => node.role?.value === role).map((node) => node.name?.value ?? "");
  return {
    name: dialog.name?.value ?? "",
    text: names("StaticText").join(" "),
    links: names("link"),
    buttons: names("button"),
  };
}
