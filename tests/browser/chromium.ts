/** Real Chromium with the built extension, driven over the DevTools protocol. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type BrowserContext, type Page } from "playwright-core";
import { programOf, type Driver, type Options, type Tab, type Tree } from "./driver.ts";
import { until } from "./wait.ts";

/** Fixed by the key in the manifest. */
const ID = "kaenpbplagdbdoalinhnmdnnoofdpepn";
export const EXTENSION = `chrome-extension://${ID}/`;
/** Without a window, and without asking anybody anything by itself. */
export const FLAGS = [
  "--headless=new",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const ALL_SITES = { api: [], explicit_host: ["<all_urls>"], manifest_permissions: [], scriptable_host: [] };

/** What the reader has allowed in the list of extensions, as a profile remembers it. */
async function remember(profile: string, { private: inPrivate = false, grants = false }: Options): Promise<void> {
  const about = { incognito: inPrivate, ...(grants ? { granted_permissions: ALL_SITES, runtime_granted_permissions: ALL_SITES } : {}) };
  await mkdir(join(profile, "Default"));
  await writeFile(join(profile, "Default/Preferences"), JSON.stringify({ extensions: { settings: { [ID]: about } } }));
}

/** Chromium itself, for what only its own protocol can tell. */
export async function launchChromium(
  extension: string,
  options: Options = {},
): Promise<{ context: BrowserContext; close: () => Promise<void> }> {
  const profile = await mkdtemp(join(tmpdir(), "claimlight-chromium-"));
  if (options.private === true || options.grants === true) await remember(profile, options);
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: programOf("chromium"),
    headless: false,
    colorScheme: options.dark === true ? "dark" : "light",
    viewport: { width: options.width ?? 1100, height: options.height ?? 800 },
    deviceScaleFactor: options.zoom ?? 1,
    forcedColors: options.forcedColors === true ? "active" : "none",
    env: { ...process.env, LANGUAGE: options.language ?? "en" },
    args: [
      ...FLAGS,
      `--lang=${options.language ?? "en"}`,
      ...(options.hosts === undefined ? [] : [`--host-resolver-rules=${options.hosts.map((host) => `MAP ${host} 127.0.0.1`).join(",")}`]),
      `--disable-extensions-except=${extension}`,
      `--load-extension=${extension}`,
    ],
  });
  if (context.serviceWorkers().length === 0) await context.waitForEvent("serviceworker");
  const close = async () => {
    await context.close();
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  };
  return { context, close };
}

export async function openChromium(extension: string, options: Options = {}): Promise<Driver> {
  const { context, close } = await launchChromium(extension, options);
  const open = async (address: string) => {
    const tab = await tabOf(context, await context.newPage());
    await tab.goto(address);
    return tab;
  };
  return {
    name: "chromium",
    open,
    openOwn: (path) => open(EXTENSION + path),
    opened: async (address) => {
      const page = await until(() => Promise.resolve(context.pages().find((page) => page.url() === address)), (found) => found !== undefined);
      if (page === undefined) throw new Error(`no page shows ${address}`);
      return tabOf(context, page);
    },
    openedByItself: (path) =>
      Promise.resolve(context.pages().some((page) => page.url() === EXTENSION + path)),
    close,
  };
}

interface DomNode {
  readonly nodeName: string;
  readonly nodeType: number;
  readonly nodeValue: string;
  readonly attributes?: readonly string[];
  readonly children?: readonly DomNode[];
  readonly shadowRoots?: readonly DomNode[];
  readonly shadowRootType?: "user-agent" | "open" | "closed";
}

function treeOf(node: DomNode): Tree {
  const attributes: Record<string, string> = {};
  for (let at = 0; at < (node.attributes?.length ?? 0); at += 2) {
    attributes[node.attributes?.[at] ?? ""] = node.attributes?.[at + 1] ?? "";
  }
  // The browser's own insides of an element are no part of the page.
  const shadows = (node.shadowRoots ?? []).filter(({ shadowRootType }) => shadowRootType !== "user-agent");
  return {
    name: node.nodeName.toLowerCase(),
    attributes,
    text: node.nodeType === 3 ? node.nodeValue : "",
    children: [...shadows, ...(node.children ?? [])].map(treeOf),
  };
}

async function tabOf(context: BrowserContext, page: Page): Promise<Tab> {
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") errors.push(message.text());
  });
  const session = await context.newCDPSession(page);
  return {
    errors,
    goto: async (address) => {
      await page.goto(address);
    },
    evaluate: <Args extends unknown[], Value>(run: (...args: Args) => Value, ...args: Args) =>
      page.evaluate(
        ([text, values]) => {
          // Playwright hands over one argument; the function may want several.
          // eslint-disable-next-line @typescript-eslint/no-implied-eval
          const made = new Function(`return (${text})`) as () => (...args: unknown[]) => Awaited<Value>;
          return made()(...values);
        },
        [String(run), args as unknown[]] as const,
      ),
    run: (script) => page.evaluate(script),
    click: (x, y) => page.mouse.click(x, y),
    hover: (x, y) => page.mouse.move(x, y, { steps: 3 }),
    press: (key) => page.keyboard.press(key),
    screenshot: async (path) => {
      // Playwright would hide the caret by writing `style` attributes into the page.
      await page.screenshot({ path, caret: "initial" });
    },
    tree: async () => {
      const { root } = (await session.send("DOM.getDocument", { depth: -1, pierce: true })) as { root: DomNode };
      return treeOf(root);
    },
    front: () => page.bringToFront(),
    closed: () => page.isClosed(),
    close: () => page.close(),
  };
}
