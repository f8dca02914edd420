/** What the tests do through the extension's own pages. */
import type { Driver, Tab } from "./driver.ts";

/** The extension's API, as its own pages have it in both browsers. */
interface Api {
  storage: {
    local: { get(key: string): Promise<Record<string, unknown>>; set(values: object): Promise<void> };
    session: { get(key: null): Promise<Record<string, unknown>> };
  };
  commands: { getAll(): Promise<{ name?: string; shortcut?: string }[]> };
  permissions: { remove(what: { origins: string[] }): Promise<boolean> };
  windows: { create(about: { incognito: boolean; url: string }): Promise<unknown> };
  scripting: {
    executeScript<Value>(what: { target: { tabId: number }; func: () => Value }): Promise<{ result: Value }[]>;
  };
  tabs: {
    query(filter: object): Promise<{ id: number; url?: string; title?: string }[]>;
    sendMessage(tab: number, message: object, options: object): Promise<unknown>;
  };
  action: { getBadgeText(of: { tabId: number }): Promise<string> };
  runtime: { sendMessage(message: object): Promise<unknown>; getManifest(): Record<string, unknown> };
}
declare const chrome: Api;

const kept = new WeakMap<Driver, Tab>();

/** An own page that stays open in the background, to use the extension's API from. */
export async function ownPage(browser: Driver): Promise<Tab> {
  const page = kept.get(browser) ?? (await browser.openOwn("options.html"));
  kept.set(browser, page);
  return page;
}

/** Changes settings as the options page does: in storage, where the background listens. */
export async function setSettings(browser: Driver, changes: Record<string, unknown>): Promise<void> {
  const page = await ownPage(browser);
  await page.evaluate(async (values: Record<string, unknown>) => {
    const { settings } = await chrome.storage.local.get("settings");
    await chrome.storage.local.set({ settings: { ...(settings as object | undefined), ...values } });
  }, changes);
}

/** The number of the tab that shows an address. */
export function tabNumber(own: Tab, address: string): Promise<number> {
  return own.evaluate(async (wanted: string) => {
    const tabs = await chrome.tabs.query({});
    const tab = tabs.find(({ url }) => url === wanted);
    if (tab === undefined) throw new Error(`no tab shows ${wanted}`);
    return tab.id;
  }, address);
}

/** Speaks to the page script in a tab, as the background does on a keyboard command. */
export function sendToPage(own: Tab, tab: number, message: object): Promise<unknown> {
  return own.evaluate(
    (number: number, value: object) => chrome.tabs.sendMessage(number, value, { frameId: 0 }),
    tab,
    message,
  );
}

/** From now on notes what the page script in a tab has screen readers told; says whether the browser can. */
export async function listenIn(own: Tab, tab: number): Promise<boolean> {
  return own.evaluate(async (tabId: number) => {
    // The world of the page script, which no page sees; what is said is said all the same.
    const [found] = await chrome.scripting.executeScript({
      target: { tabId },
      func: () => {
        const room = document as { ariaNotify?: (words: string) => void; heard?: string[] };
        const { ariaNotify } = room;
        const heard: string[] = [];
        room.heard = heard;
        room.ariaNotify = (words) => {
          heard.push(words);
          ariaNotify?.call(document, words);
        };
        return ariaNotify !== undefined;
      },
    });
    return found?.result ?? false;
  }, tab);
}

export async function heardIn(own: Tab, tab: number): Promise<readonly string[]> {
  return own.evaluate(async (tabId: number) => {
    const func = () => (document as { heard?: string[] }).heard ?? [];
    const [found] = await chrome.scripting.executeScript({ target: { tabId }, func });
    return found?.result ?? [];
  }, tab);
}

export function badgeOf(own: Tab, tab: number): Promise<string> {
  return own.evaluate((number: number) => chrome.action.getBadgeText({ tabId: number }), tab);
}

/** Opens a private window, as the reader does. */
export async function openPrivately(browser: Driver, address: string): Promise<Tab> {
  const own = await ownPage(browser);
  await own.evaluate(async (url: string) => {
    await chrome.windows.create({ incognito: true, url });
  }, address);
  return browser.opened(address);
}

/** All that the extension has stored: on disk, and in the session's memory. */
export function stored(own: Tab): Promise<{ local: Record<string, unknown>; session: Record<string, unknown> }> {
  return own.evaluate(async () => ({
    local: await (chrome.storage.local as unknown as Api["storage"]["session"]).get(null),
    session: await chrome.storage.session.get(null),
  }));
}

/** Takes permissions back, as the reader does in the list of extensions. */
export async function takeBack(own: Tab): Promise<void> {
  await own.evaluate(async () => {
    for (const origin of ["<all_urls>", "http://127.0.0.1/*", "http://localhost/*", "http://[::1]/*"]) {
      // Chromium takes the narrower ones back with the widest, and then knows them no more.
      await chrome.permissions.remove({ origins: [origin] }).catch(() => false);
    }
  });
}

/** The keys that the browser gave to the commands. */
export function shortcuts(own: Tab): Promise<Record<string, string>> {
  return own.evaluate(async () =>
    Object.fromEntries((await chrome.commands.getAll()).map(({ name = "", shortcut = "" }) => [name, shortcut])));
}

export function send(own: Tab, message: object): Promise<unknown> {
  return own.evaluate((value: object) => chrome.runtime.sendMessage(value), message);
}
