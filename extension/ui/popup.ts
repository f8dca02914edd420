/** The popup: what happens on this page, the server in plain words, the hints as a list. */
import { browser } from "wxt/browser";
import { button, element } from "../common/elements.ts";
import type { ListedHint, TabState } from "../common/messages.ts";
import { permissionPattern } from "../common/server.ts";
import { loadSettings, saveSettings, type Settings } from "../common/settings.ts";
import { isUnder } from "../common/sites.ts";
import { say, type WordKey } from "../common/words.ts";
import { ask, serverWords } from "./ask.ts";
import { byId, fillWords, wearTheme } from "./page.ts";

const READING: Readonly<Record<TabState["reading"], WordKey>> = {
  on: "popupOn",
  "off-everywhere": "popupOffEverywhere",
  "off-here": "popupOffHere",
  sensitive: "popupSensitive",
  "not-chosen": "popupNotChosen",
  "not-permitted": "popupDenied",
  "no-access": "popupNoAccess",
};

/** The tab that the popup speaks of; `?tab=` names it where the popup is opened as a page. */
async function tabOfPopup(): Promise<number | null> {
  const named = new URLSearchParams(location.search).get("tab");
  if (named !== null && /^\d+$/.test(named)) return Number(named);
  const [tab] = await browser.tabs.query({ active: true, currentWindow: true });
  return tab?.id ?? null;
}

export async function startPopup(): Promise<void> {
  fillWords();
  const tab = await tabOfPopup();
  const enabled = byId("enabled", HTMLInputElement);
  enabled.addEventListener("change", () => {
    void saveSettings({ enabled: enabled.checked }).then(again);
  });
  byId("choose", HTMLButtonElement).addEventListener("click", () => {
    void browser.tabs.create({ url: browser.runtime.getURL("/welcome.html") });
  });
  const again = async () => {
    await show(tab, again);
  };
  // While the page is being checked its hints come one after another.
  browser.storage.session.onChanged.addListener(() => void again());
  await again();
}

let turn = 0;

async function show(tab: number | null, again: () => Promise<void>): Promise<void> {
  const own = ++turn;
  const settings = await loadSettings();
  wearTheme(settings);
  byId("enabled", HTMLInputElement).checked = settings.enabled;
  byId("unready", HTMLElement).hidden = settings.ready;
  byId("here", HTMLElement).hidden = !settings.ready;
  byId("foot", HTMLElement).hidden = !settings.ready;
  if (!settings.ready) return;
  const state = tab === null ? null : await ask({ type: "ui:tab", tab });
  if (own !== turn) return;
  if (tab !== null && state !== null) {
    showTab(tab, state, settings, again);
    showHints(tab, state);
    byId("sent", HTMLElement).textContent = state.running ? sentWords(state, settings) : "";
  }
  if (own === 1) await showServer(settings);
}

function sentWords({ sent, checked }: TabState, { mode, server }: Settings): string {
  const all = checked.toLocaleString();
  // What left before the reader chose the strict mode did leave.
  if (mode === "strict" && sent === 0) return say("popupStrict", all);
  return say("popupSent", sent.toLocaleString(), all, new URL(server).host);
}

let offered = "";

function showTab(tab: number, state: TabState, settings: Settings, again: () => Promise<void>): void {
  const { host } = state;
  byId("host", HTMLElement).textContent = host ?? say("popupThisPage");
  byId("reading", HTMLElement).textContent = say(state.running ? "popupReading" : READING[state.reading]);
  // Rebuilt only when they differ, so that focus stays where it is.
  const now = JSON.stringify([host, state.running, state.reading, settings]);
  if (now === offered) return;
  offered = now;
  const actions: HTMLElement[] = [];
  if (state.running) {
    actions.push(button(say("popupStopPage"), () => void ask({ type: "ui:stop-tab", tab }).then(again)));
  } else if (host !== null && settings.enabled) {
    actions.push(
      button(say("popupReadPage"), () => void readPage(tab, again), { class: "primary" }),
    );
    if (state.reading === "not-permitted") {
      const origins = [settings.scope === "all" ? "<all_urls>" : `*://${host}/*`];
      actions.push(button(say("serverAllow"), () => void browser.permissions.request({ origins }).then(again)));
    }
  }
  if (host !== null && settings.enabled) actions.push(...siteChoices(host, settings, again));
  byId("actions", HTMLElement).replaceChildren(...actions);
}

function siteChoices(host: string, settings: Settings, again: () => Promise<void>): HTMLElement[] {
  const { sitesOn, sitesOff, scope } = settings;
  const isOff = sitesOff.some((site) => isUnder(host, site));
  const isOn = sitesOn.some((site) => isUnder(host, site));
  const choices: HTMLElement[] = [];
  const others = (sites: readonly string[]) => sites.filter((site) => !isUnder(host, site));
  if (!isOn && (scope === "click" || isOff)) {
    choices.push(
      button(say("popupAlways", host), () => {
        // Saved first: some browsers close the popup when they ask for the permission.
        void saveSettings({ sitesOn: [...sitesOn, host], sitesOff: others(sitesOff) });
        void browser.permissions.request({ origins: [`*://${host}/*`] }).then(again);
      }),
    );
  }
  if (!isOff) {
    choices.push(
      button(say("popupNever", host), () => {
        void saveSettings({ sitesOff: [...sitesOff, host], sitesOn: others(sitesOn) }).then(again);
      }),
    );
  }
  return choices;
}

async function readPage(tab: number, again: () => Promise<void>): Promise<void> {
  const done = await ask({ type: "ui:read-tab", tab });
  await again();
  if (!done) byId("reading", HTMLElement).textContent = say("popupDenied");
}

let listed = "";

function showHints(tab: number, state: TabState): void {
  byId("hints", HTMLElement).hidden = !state.running;
  byId("none", HTMLElement).hidden = state.hints.length > 0;
  byId("total", HTMLElement).textContent = state.hints.length === 0 ? "" : String(state.hints.length);
  // Rebuilt only when it differs, so that focus stays where it is.
  const now = JSON.stringify(state.hints);
  if (now === listed) return;
  listed = now;
  byId("list", HTMLElement).replaceChildren(...state.hints.map((hint) => entry(tab, hint)));
}

function entry(tab: number, hint: ListedHint): HTMLElement {
  const opened = button(
    "",
    () => void ask({ type: "ui:show", tab, frame: hint.frame, hint: hint.hint }).then((shown) => {
      if (shown) window.close();
    }),
    { class: hint.band },
  );
  opened.append(
    element("span", { class: "band" }, say(hint.band === "match" ? "bandMatch" : "bandSimilar")),
    " ",
    element("span", { class: "sentence", lang: hint.language ?? undefined, dir: "auto" }, hint.text),
  );
  return element("li", {}, opened);
}

async function showServer({ server }: Settings): Promise<void> {
  const place = byId("server", HTMLElement);
  place.textContent = say("serverChecking");
  const state = await ask({ type: "ui:server" });
  place.textContent = serverWords(state, server);
  if (state.state !== "kept") place.dataset["state"] = state.state === "ready" ? "ready" : "bad";
  if (state.state === "no-permission") {
    place.append(
      " ",
      button(say("serverAllow"), () => void browser.permissions.request({ origins: [permissionPattern(server)] })),
    );
  }
}
