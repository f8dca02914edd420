/** Answers the extension's own pages: popup, options, welcome. */
import { browser } from "wxt/browser";
import type { ListedHint, TabState, UiMessage, UiReplies } from "../common/messages.ts";
import { parseServer } from "../common/server.ts";
import { loadSettings, saveSettings, type Settings } from "../common/settings.ts";
import { reading } from "../common/sites.ts";
import { stayAnonymous } from "./anonymous.ts";
import { dismissals, restore } from "./dismissals.ts";
import { clearLedger, ledger } from "./ledger.ts";
import { applySettings, framesOf, stopTab, toPage } from "./pages.ts";
import { runIn } from "./registration.ts";
import { forgive, serverState } from "./service.ts";
import { changeTab, tabCounts } from "./session.ts";
import { copyAsOf, prepare } from "./strict.ts";

export async function answerUi(
  message: UiMessage,
  settings: Settings,
): Promise<UiReplies[UiMessage["type"]]> {
  switch (message.type) {
    case "ui:server": {
      const strict = settings.mode === "strict";
      const state = await serverState(settings.server, strict ? prepare : undefined);
      if (state.state === "ready") await forgive(settings.server);
      // What only the reader can put right is said all the same.
      else if (strict && state.state !== "no-permission" && state.state !== "newer") {
        const asOf = await copyAsOf(settings.server);
        if (asOf !== null) return { state: "kept", asOf };
      }
      return state;
    }
    case "ui:try-server": {
      const server = parseServer(message.server);
      if (server === null) return { state: "no-address" };
      await stayAnonymous([settings.server, server]);
      return serverState(server);
    }
    case "ui:tab":
      return tabState(message.tab, settings);
    case "ui:read-tab":
      return readTab(message.tab, settings);
    case "ui:stop-tab":
      await stopTab(message.tab);
      return true;
    case "ui:show": {
      const { tab, frame, hint } = message;
      const shown = (await toPage(tab, frame, { type: "to-page:show", hint })) ?? false;
      if (shown) await changeTab(tab, (before) => ({ ...before, cursor: frame }));
      return shown;
    }
    case "ui:ledger":
      return ledger();
    case "ui:clear-ledger":
      await clearLedger();
      return true;
    case "ui:dismissed":
      return dismissals(settings, null);
    case "ui:restore":
      await restore(message.dismissal, settings);
      await applySettings(await loadSettings());
      return true;
    case "ui:choose":
      await saveSettings({
        ready: true,
        server: parseServer(message.server) ?? settings.server,
        scope: message.scope,
        mode: message.mode,
      });
      return true;
  }
}

/** The address of a page that extensions may read at all. */
async function addressOf(tab: number): Promise<URL | null> {
  const { url } = await browser.tabs.get(tab);
  return url === undefined || !/^https?:/.test(url) ? null : new URL(url);
}

/** Whether a page is read, and why not. */
async function readingOf({ protocol, hostname }: URL, clicked: boolean, settings: Settings): Promise<TabState["reading"]> {
  const chosen = reading(settings, hostname, clicked);
  if (chosen !== "on" || clicked) return chosen;
  const permitted = await browser.permissions.contains({ origins: [`${protocol}//${hostname}/*`] });
  return permitted ? "on" : "not-permitted";
}

async function tabState(tab: number, settings: Settings): Promise<TabState> {
  const address = await addressOf(tab);
  const counts = await tabCounts(tab);
  const hints: ListedHint[] = [];
  let running = false;
  let checked = 0;
  let sent = 0;
  for (const frame of framesOf(counts)) {
    const listed = await toPage(tab, frame, { type: "to-page:list" });
    if (listed === null) continue;
    running = true;
    checked += counts.frames[frame]?.checked ?? 0;
    sent += counts.frames[frame]?.sent ?? 0;
    hints.push(...listed.map((hint) => ({ frame, ...hint })));
  }
  const host = address?.hostname ?? null;
  return {
    host,
    reading: address === null ? "no-access" : await readingOf(address, counts.clickedHost === host, settings),
    running,
    checked,
    sent,
    hints,
  };
}

async function readTab(tab: number, settings: Settings): Promise<boolean> {
  const host = (await addressOf(tab))?.hostname ?? null;
  if (host === null || !settings.ready) return false;
  await changeTab(tab, (before) => ({ ...before, clickedHost: host }));
  return runIn(tab);
}
