/** Real Firefox with the built extension, driven over WebDriver BiDi. */
import puppeteer, { type Browser, type KeyInput, type Page } from "puppeteer-core";
import { programOf, type Driver, type Options, type Tab, type Tree } from "./driver.ts";
import { until } from "./wait.ts";

const GECKO_ID = "reader@claimlight.example";
/** Firefox draws it anew for each profile; the tests fix it so as to open the extension's pages. */
export const INSTALLATION = "5b2f7a6e-0d6c-4f0e-9a53-3c1d2e4f5a6b";
const EXTENSION = `moz-extension://${INSTALLATION}/`;
/** Firefox never reports these pages as loaded; they are asked themselves. */
const OWN_PAGE_MS = 500;

/** The part of puppeteer's connection that is needed: a command of the protocol as it is. */
interface Connection {
  send(method: string, params: object): Promise<{ result: { result: RemoteValue } }>;
}

export async function openFirefox(extension: string, options: Options = {}): Promise<Driver> {
  const browser = await puppeteer.launch({
    browser: "firefox",
    executablePath: programOf("firefox"),
    headless: true,
    env: { ...process.env, ...options.environment },
    defaultViewport: { width: options.width ?? 1100, height: options.height ?? 800, deviceScaleFactor: options.zoom ?? 1 },
    args: ["--remote-allow-system-access"],
    extraPrefsFirefox: {
      "extensions.webextensions.uuids": JSON.stringify({ [GECKO_ID]: INSTALLATION }),
      "layout.css.prefers-color-scheme.content-override": options.dark === true ? 0 : 1,
      "ui.systemUsesDarkTheme": options.dark === true ? 1 : 0,
      // 2: always the reader's own colours, as forced colours do.
      "browser.display.document_color_use": options.forcedColors === true ? 2 : 0,
      "intl.locale.requested": options.language ?? "en-US",
      "extensions.webextOptionalPermissionPrompts": options.grants !== true,
      "network.dns.localDomains": (options.hosts ?? []).join(","),
    },
  });
  const { connection } = browser as unknown as { connection: Connection };
  await connection.send("webExtension.install", {
    extensionData: { type: "path", path: extension },
    "moz:allowPrivateBrowsing": options.private === true,
  });
  return {
    name: "firefox",
    open: async (address) => {
      const tab = tabOf(connection, await browser.newPage());
      await tab.goto(address);
      return tab;
    },
    openOwn: async (path) => {
      const page = await browser.newPage();
      await page.goto(EXTENSION + path, { timeout: OWN_PAGE_MS }).catch(() => null);
      const state = () => page.evaluate(() => `${document.readyState} ${location.href}`).catch(() => "");
      await until(state, (text) => text === `complete ${EXTENSION}${path}`);
      return tabOf(connection, page);
    },
    opened: async (address) => {
      const page = await until(() => pageOf(browser, address), (found) => found !== undefined);
      if (page === undefined) throw new Error(`no page shows ${address}`);
      return tabOf(connection, page);
    },
    openedByItself: async (path) => (await pageOf(browser, EXTENSION + path)) !== undefined,
    close: () => browser.close(),
  };
}

/** What makes Firefox profile itself, every millisecond, and leave the profile when it is closed. */
export function profiledInto(file: string): Record<string, string> {
  return {
    MOZ_PROFILER_STARTUP: "1",
    MOZ_PROFILER_STARTUP_INTERVAL: "1",
    MOZ_PROFILER_STARTUP_FEATURES: "js",
    MOZ_PROFILER_STARTUP_FILTERS: "GeckoMain",
    MOZ_PROFILER_STARTUP_ENTRIES: "16777216",
    MOZ_PROFILER_SHUTDOWN: file,
  };
}

async function pageOf(browser: Browser, address: string): Promise<Page | undefined> {
  const pages = await browser.pages();
  const addresses = await Promise.all(pages.map((page) => page.evaluate(() => location.href).catch(() => "")));
  return pages[addresses.indexOf(address)];
}

interface RemoteValue {
  readonly value?: RemoteNode;
}
interface RemoteNode {
  readonly nodeType: number;
  readonly localName?: string;
  readonly nodeValue?: string;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly children?: readonly RemoteValue[];
  readonly shadowRoot?: RemoteValue | null;
}

function treeOf({ value }: RemoteValue): Tree {
  const inside = [...(value?.shadowRoot ? [value.shadowRoot] : []), ...(value?.children ?? [])];
  return {
    name: value?.localName ?? "",
    attributes: value?.attributes ?? {},
    text: value?.nodeType === 3 ? (value.nodeValue ?? "") : "",
    children: inside.map(treeOf),
  };
}

function tabOf(connection: Connection, page: Page): Tab {
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error instanceof Error ? error.message : String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warn") errors.push(message.text());
  });
  return {
    errors,
    goto: async (address) => {
      await page.goto(address);
    },
    evaluate: (run, ...args) => {
      // Puppeteer's own types follow handles of elements, which the tests have no use for.
      const evaluate = page.evaluate.bind(page) as (run: unknown, ...args: unknown[]) => Promise<never>;
      return evaluate(run, ...args);
    },
    run: (script) => page.evaluate(script) as Promise<never>,
    click: (x, y) => page.mouse.click(x, y),
    hover: (x, y) => page.mouse.move(x, y, { steps: 3 }),
    press: (key) => page.keyboard.press(key as KeyInput),
    screenshot: async (path) => {
      await page.screenshot({ path: `${path.replace(/\.png$/, "")}.png` });
    },
    tree: async () => {
      const answer = await connection.send("script.evaluate", {
        expression: "document.documentElement",
        target: { context: (page.mainFrame() as unknown as { _id: string })._id },
        awaitPromise: false,
        serializationOptions: { includeShadowTree: "all", maxDomDepth: 60 },
      });
      return treeOf(answer.result.result);
    },
    front: () => page.bringToFront(),
    closed: () => page.isClosed(),
    close: () => page.close(),
  };
}
