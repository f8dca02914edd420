/** The options page. Each change is saved at once; what is stored is always valid. */
import { browser } from "wxt/browser";
import { element } from "../common/elements.ts";
import { parseServer, permissionPattern } from "../common/server.ts";
import {
  loadSettings,
  onSettings,
  repairSettings,
  saveSettings,
  SENSITIVITIES,
  THEMES,
  type Settings,
} from "../common/settings.ts";
import { SENSITIVE_SITES } from "../common/sites.ts";
import { say, type WordKey } from "../common/words.ts";
import { joinDismissed } from "./dismissed.ts";
import { joinLanguages, showLanguages } from "./languages.ts";
import { joinLedger } from "./ledger.ts";
import { byId, fillWords, wearTheme } from "./page.ts";
import { joinServerField, showServerState, testServer } from "./server-field.ts";

const FLAGS = ["skipSensitive", "showMarks", "showSimilar", "openOnHover"] as const;
const LISTS = ["sitesOn", "sitesOff"] as const;

const SENSITIVITY_WORDS: Readonly<Record<Settings["sensitivity"], WordKey>> = {
  fewer: "sensitivityFewer",
  usual: "sensitivityUsual",
  more: "sensitivityMore",
};
const THEME_WORDS: Readonly<Record<Settings["theme"], WordKey>> = {
  auto: "themeAuto",
  light: "themeLight",
  dark: "themeDark",
};

export async function startOptions(): Promise<void> {
  fillWords();
  const settings = await loadSettings();
  const server = joinServerField(settings.server);
  byId("use", HTMLButtonElement).addEventListener("click", () => void chooseServer(server.value));
  const { sensitivity, theme } = { sensitivity: byId("sensitivity", HTMLSelectElement), theme: byId("theme", HTMLSelectElement) };
  for (const value of SENSITIVITIES) {
    sensitivity.append(element("option", { value }, say(SENSITIVITY_WORDS[value])));
  }
  for (const value of THEMES) theme.append(element("option", { value }, say(THEME_WORDS[value])));
  byId("sensitive", HTMLElement).textContent = SENSITIVE_SITES.join(", ");
  show(settings);
  onSettings(show);

  for (const id of FLAGS) {
    const box = byId(id, HTMLInputElement);
    box.addEventListener("change", () => void save({ [id]: box.checked }));
  }
  for (const id of LISTS) {
    const area = byId(id, HTMLTextAreaElement);
    area.addEventListener("change", () => void saveSites(id, area.value.split(/[\s,;]+/)));
  }
  sensitivity.addEventListener("change", () => void save(repaired({ sensitivity: sensitivity.value })));
  theme.addEventListener("change", () => void save(repaired({ theme: theme.value })));
  byId("scope", HTMLFieldSetElement).addEventListener("change", (event) => {
    void chooseScope((event.target as HTMLInputElement).value === "all" ? "all" : "click");
  });
  byId("mode", HTMLFieldSetElement).addEventListener("change", (event) => {
    void save(repaired({ mode: (event.target as HTMLInputElement).value }));
  });
  joinBackup();
  await joinDismissed();
  await joinLedger();
  await showKeys();
  // Last: a server may take its time to answer.
  await joinLanguages(settings, (languages) => void save({ languages }));
}

/** Values from the page's controls as settings; a control can only offer valid ones. */
function repaired(values: Readonly<Record<string, unknown>>): Partial<Settings> {
  const whole = repairSettings(values);
  return Object.fromEntries(Object.entries(whole).filter(([key]) => key in values));
}

function show(settings: Settings): void {
  wearTheme(settings);
  for (const id of FLAGS) byId(id, HTMLInputElement).checked = settings[id];
  for (const id of LISTS) byId(id, HTMLTextAreaElement).value = settings[id].join("\n");
  byId("sensitivity", HTMLSelectElement).value = settings.sensitivity;
  byId("theme", HTMLSelectElement).value = settings.theme;
  showLanguages(settings);
  for (const name of ["scope", "mode"] as const) {
    for (const radio of document.querySelectorAll<HTMLInputElement>(`input[name=${name}]`)) {
      radio.checked = radio.value === settings[name];
    }
  }
  byId("ledger-strict", HTMLElement).hidden = settings.mode !== "strict";
}

async function save(changes: Partial<Settings>): Promise<void> {
  await saveSettings(changes);
  tell("optionsSaved");
}

let telling: ReturnType<typeof setTimeout> | undefined;

function tell(key: WordKey): void {
  const place = byId("saved", HTMLElement);
  place.textContent = say(key);
  clearTimeout(telling);
  telling = setTimeout(() => {
    place.textContent = "";
  }, 4000);
}

async function chooseServer(address: string): Promise<void> {
  const server = parseServer(address);
  if (server === null) {
    showServerState({ state: "no-address" }, address);
    return;
  }
  // In the same turn as the click: browsers ask for permissions only then.
  const granted = await browser.permissions.request({ origins: [permissionPattern(server)] });
  if (granted) await save({ server });
  await testServer(server);
}

async function chooseScope(scope: Settings["scope"]): Promise<void> {
  if (scope === "all" && !(await browser.permissions.request({ origins: ["<all_urls>"] }))) {
    show(await loadSettings());
    return;
  }
  await save({ scope });
}

async function saveSites(list: (typeof LISTS)[number], typed: readonly string[]): Promise<void> {
  const sites = repairSettings({ [list]: typed })[list];
  // The browser's own question names the sites; without its yes they would be listed in vain.
  const origins = sites.map((site) => `*://${site}/*`);
  if (list === "sitesOn" && origins.length > 0) await browser.permissions.request({ origins });
  await save({ [list]: sites });
}

function joinBackup(): void {
  const file = byId("file", HTMLInputElement);
  byId("import", HTMLButtonElement).addEventListener("click", () => {
    file.click();
  });
  file.addEventListener("change", () => void restore(file));
  byId("export", HTMLButtonElement).addEventListener("click", () => {
    void loadSettings().then((settings) => {
      const text = JSON.stringify(settings, null, 2);
      const address = URL.createObjectURL(new Blob([text], { type: "application/json" }));
      element("a", { href: address, download: "claimlight-options.json" }).click();
      URL.revokeObjectURL(address);
    });
  });
}

async function restore(input: HTMLInputElement): Promise<void> {
  const [file] = input.files ?? [];
  input.value = "";
  if (file === undefined) return;
  try {
    const values: unknown = JSON.parse(await file.text());
    if (typeof values !== "object" || values === null || Array.isArray(values)) throw new Error("no object");
    await saveSettings(repairSettings(values));
    tell("optionsImported");
  } catch {
    tell("optionsImportFailed");
  }
}

async function showKeys(): Promise<void> {
  const commands = await browser.commands.getAll();
  const keyOf = (name: string) =>
    commands.find((command) => command.name === name)?.shortcut || say("keyNone");
  byId("keys", HTMLElement).textContent = say("optionsKeysHelp", keyOf("next-hint"), keyOf("previous-hint"));
}
