/** What the reader has chosen: one frozen shape, every stored value validated and repaired. */
import * as v from "valibot";
import { browser } from "wxt/browser";
import { CLAIM_CHARS, withDismissal, type Dismissal } from "./dismissals.ts";
import { languageCode } from "./languages.ts";
import { parseServer } from "./server.ts";
import { parseSite } from "./sites.ts";
import { CaseId } from "./wire.ts";

export const DEFAULT_SERVER = "http://127.0.0.1:8321";

/** Repairs a list of host names: what is none is dropped, none comes twice. */
const Sites = v.pipe(
  v.fallback(v.array(v.unknown()), []),
  v.transform((values): readonly string[] => {
    const sites = values.map((value) => (typeof value === "string" ? parseSite(value) : null));
    return [...new Set(sites.filter((site) => site !== null))].sort().slice(0, 1000);
  }),
);

/** Repairs a list of language codes. */
const Languages = v.pipe(
  v.fallback(v.array(v.unknown()), []),
  v.transform((values): readonly string[] => {
    const codes = values.map((value) => (typeof value === "string" ? languageCode(value) : undefined));
    return [...new Set(codes.filter((code) => code !== undefined))].sort();
  }),
);

const Kept = v.object({
  case: CaseId,
  claim: v.pipe(v.fallback(v.string(), ""), v.transform((claim) => claim.slice(0, CLAIM_CHARS))),
  site: v.nullable(v.pipe(v.string(), v.transform(parseSite), v.string())),
});

/** Repairs a list of dismissed cases: what does not fit is dropped. No sentence of a page is ever kept. */
const Dismissals = v.pipe(
  v.fallback(v.array(v.unknown()), []),
  v.transform((values): readonly Dismissal[] =>
    values.reduce<readonly Dismissal[]>((list, value) => {
      const parsed = v.safeParse(Kept, value);
      return parsed.success ? withDismissal(list, { ...parsed.output, sentence: null }) : list;
    }, []),
  ),
);

const Server = v.pipe(
  v.fallback(v.string(), DEFAULT_SERVER),
  v.transform((text) => parseServer(text) ?? DEFAULT_SERVER),
);

/** A missing key and a wrong value are repaired alike: the default takes their place. */
const flag = (value: boolean) => v.optional(v.fallback(v.boolean(), value), value);
function choice<const T extends readonly [string, ...string[]]>(options: T, value: T[number]) {
  return v.optional(v.fallback(v.picklist(options), value), value);
}

export const SCOPES = ["click", "all"] as const;
export const SENSITIVITIES = ["fewer", "usual", "more"] as const;
export const MODES = ["ask", "strict"] as const;
export const THEMES = ["auto", "light", "dark"] as const;

const SettingsSchema = v.object({
  /** The first-run choice is made. Nothing is read and nothing is sent before. */
  ready: flag(false),
  enabled: flag(true),
  server: v.optional(Server, DEFAULT_SERVER),
  /** `click`: pages are read when the reader asks; `all`: every page the permission reaches. */
  scope: choice(SCOPES, "click"),
  /** `strict`: the server is asked about no sentence and no case; the browser decides by itself. */
  mode: choice(MODES, "ask"),
  sitesOn: v.optional(Sites, []),
  sitesOff: v.optional(Sites, []),
  skipSensitive: flag(true),
  showSimilar: flag(true),
  showMarks: flag(true),
  openOnHover: flag(true),
  sensitivity: choice(SENSITIVITIES, "usual"),
  /** Only sentences in these are asked about; none named: all. */
  languages: v.optional(Languages, []),
  /** Cases that the reader does not want to see marked, on one site or everywhere. */
  dismissed: v.optional(Dismissals, []),
  theme: choice(THEMES, "auto"),
});

export type Settings = Readonly<v.InferOutput<typeof SettingsSchema>>;

/** Whatever was stored or imported, as settings: what is wrong falls back to its default. */
export function repairSettings(stored: unknown): Settings {
  const source = typeof stored === "object" && stored !== null ? stored : {};
  return Object.freeze(v.parse(SettingsSchema, { ...firstSettings(), ...source }));
}

/** The test build is the same code with the first-run choice made when it was built. */
function firstSettings(): Partial<Settings> {
  const server = typeof __TEST_SERVER__ === "undefined" ? null : __TEST_SERVER__;
  return server === null ? {} : { ready: true, server, scope: "all" };
}

const KEY = "settings";

export async function loadSettings(): Promise<Settings> {
  return repairSettings((await browser.storage.local.get(KEY))[KEY]);
}

/** Changes some settings and keeps the others; what is stored is always whole and valid. */
export async function saveSettings(changes: Partial<Settings>): Promise<Settings> {
  const settings = repairSettings({ ...(await loadSettings()), ...changes });
  await browser.storage.local.set({ [KEY]: settings });
  return settings;
}

/** Calls back with the new settings and those before, after each change from wherever it came. */
export function onSettings(changed: (settings: Settings, before: Settings) => void): void {
  browser.storage.local.onChanged.addListener((changes) => {
    const change = changes[KEY];
    if (change !== undefined) changed(repairSettings(change.newValue), repairSettings(change.oldValue));
  });
}
