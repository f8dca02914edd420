/** Where the page script runs: registered at run time for what the reader chose and permitted. */
import { browser, type Browser } from "wxt/browser";
import { permissionPattern } from "../common/server.ts";
import type { Settings } from "../common/settings.ts";

const SCRIPT_ID = "page";
const PAGE_SCRIPT = "/page.js";

/** The pages that the reader's choice names, as match patterns; none before the first choice. */
export function chosenPatterns(settings: Settings): string[] {
  if (!settings.ready || !settings.enabled) return [];
  if (settings.scope === "all") return ["http://*/*", "https://*/*"];
  return settings.sitesOn.flatMap((site) => [`*://${site}/*`, ...(isAddress(site) ? [] : [`*://*.${site}/*`])]);
}

/** Numeric addresses have nothing under them, and no pattern may say so. */
function isAddress(host: string): boolean {
  return host.startsWith("[") || /^[\d.]+$/.test(host);
}

/** Brings the registered script in step with the settings. */
export async function register(settings: Settings): Promise<void> {
  const matches = chosenPatterns(settings);
  const before = await browser.scripting.getRegisteredContentScripts({ ids: [SCRIPT_ID] });
  if (matches.length === 0) {
    if (before.length > 0) await browser.scripting.unregisterContentScripts({ ids: [SCRIPT_ID] });
    return;
  }
  const script: Browser.scripting.RegisteredContentScript = {
    id: SCRIPT_ID,
    js: [PAGE_SCRIPT],
    matches,
    allFrames: true,
    matchOriginAsFallback: true,
    runAt: "document_idle",
  };
  if (before.length > 0) await browser.scripting.updateContentScripts([script]);
  else await browser.scripting.registerContentScripts([script]);
}

/** Runs the script in a page that is already open. False where the browser does not allow it. */
export async function runIn(tab: number): Promise<boolean> {
  try {
    await browser.scripting.executeScript({ target: { tabId: tab, allFrames: true }, files: [PAGE_SCRIPT] });
    return true;
  } catch {
    return false;
  }
}

/** Pages that were open before the choice was made are read without being loaded again. */
export async function runInOpenTabs(settings: Settings): Promise<void> {
  if (chosenPatterns(settings).length === 0) return;
  // Without a permission for its site a tab shows no address, and is not among the found.
  const tabs = await browser.tabs.query({ url: chosenPatterns(settings), discarded: false });
  await Promise.all(tabs.flatMap(({ id }) => (id === undefined ? [] : [runIn(id)])));
}

export function hasAccess(server: string): Promise<boolean> {
  return browser.permissions.contains({ origins: [permissionPattern(server)] });
}
