/**
 * Strict mode: decides by itself about sentences of pages, and shows cases from the pack. What it
 * fetches is the same for every reader and follows from nothing that is read.
 */
import type { CaseReply, FoundMatch, PageSentence } from "../common/messages.ts";
import type { Settings } from "../common/settings.ts";
import type { Case, PackedCase, Related } from "../common/wire.ts";
import type { Filter } from "../filter/filter.ts";
import { best, nearRows, type Judged } from "../filter/local.ts";
import { packOnDisk } from "../filter/pack-store.ts";
import { Packs, type CaseWording, type Kept } from "../filter/pack.ts";
import { ApiError } from "./api.ts";
import { apiOf, failed, filterOf, passingOf, understood, type Checked } from "./service.ts";
import { serverMemory } from "./session.ts";

const MOST_RELATED = 3;
/** A claim must share this part of its weight (256ths) with another to be shown beside it. */
const RELATED_PART = 64;
/** Where that stands in the filter's evidence. */
const PART = 6;
/** Score units a unit of log-odds. */
const SCALE = 4_000;

const packs = new Packs(packOnDisk);

/** Filter and pack of a server, fetched or brought up to date where it is time. */
async function ready(server: string): Promise<{ filter: Filter; changed: boolean; pack: Kept }> {
  const { version } = await serverMemory(server);
  const { filter, changed } = await filterOf(server, version);
  const source = {
    list: async () => (await apiOf(server)).pack(),
    part: async (name: string) => (await apiOf(server)).packPart(name),
  };
  return { filter, changed, pack: await understood("pack", packs.ready(server, source, version)) };
}

/** Fetches what is needed before the first page needs it. @throws ApiError */
export async function prepare(server: string): Promise<void> {
  await ready(server);
}

/** When the copy that pages are checked by without the server was last its own; `null` without one. */
export async function copyAsOf(server: string): Promise<string | null> {
  const pack = await packs.atHand();
  if (pack?.server !== server || !pack.whole) return null;
  const filter = await filterOf(server, null).catch(() => null);
  return filter === null ? null : pack.asOf;
}

/** Forgets the pack: the reader asks the server again. */
export async function forgetPack(): Promise<void> {
  await packOnDisk.forget();
}

/** What the browser itself says of sentences of a page on `host`. Nothing of them leaves. */
export async function checkStrictly(
  sentences: readonly PageSentence[],
  host: string,
  settings: Settings,
): Promise<Checked> {
  const { server, sensitivity } = settings;
  try {
    const { filter, changed, pack } = await ready(server);
    const { rule, asOf, version } = pack;
    const least = sensitivity === "more" ? rule.eager_score : rule.least_score;
    const found: FoundMatch[] = [];
    const cases: Record<string, Case> = {};
    for (const { id, text, language } of await passingOf(sentences, host, filter, settings)) {
      // Between two sentences the store is waited for, so that no task is long.
      const judged = await judge(filter, pack, text, language);
      if (judged === null || judged.score < least) continue;
      if (sensitivity === "fewer" && judged.band !== "match") continue;
      found.push(foundMatch(judged, Number(id.slice(1)), rule.least_score));
      const { about } = judged.wording;
      cases[about.id] ??= await caseOf(about, filter);
    }
    return { reply: { state: "answered", found, cases, version, asOf, kept: true }, sent: 0, changed };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return { reply: { state: "wait", ms: await failed(server, error.trouble) }, sent: 0, changed: false };
  }
}

async function judge(
  filter: Filter,
  { rule }: Kept,
  text: string,
  language: string | undefined,
): Promise<Judged<CaseWording> | null> {
  const rows = await Promise.all(
    nearRows(filter, text).map(async (row) => ({ ...row, wordings: await packs.wordings(row.key) })),
  );
  return best(filter, rule, text, language, rows);
}

function foundMatch({ score, band, guard, shared, wording }: Judged<CaseWording>, sentence: number, least: number): FoundMatch {
  const share = 1 / (1 + Math.exp((least - score) / SCALE));
  return {
    sentence,
    case_id: wording.about.id,
    // On the server's scale, where a match begins at .8: to order hints by, and shown to nobody.
    score: band === "match" ? Math.max(share, 0.8) : Math.min(share, 0.79),
    band,
    claim: wording.text,
    claim_language: wording.language,
    why: { shared: [...shared], guard },
  };
}

/** A case of the pack as a card shows it, with what editors pinned to it and the nearest others. */
async function caseOf(about: PackedCase, filter: Filter): Promise<Case> {
  const { claims, related, ...shown } = about;
  const [{ text, language }] = claims;
  const pinned: Related[] = [];
  for (const entry of related) {
    if (typeof entry !== "string") pinned.push({ id: null, claim: entry.title, url: entry.url, pinned: true });
    else {
      const other = await packs.case(entry);
      if (other !== undefined) pinned.push(relatedOf(other, true));
    }
  }
  const others = new Map<string, Related>();
  for (const { key, near } of nearRows(filter, text)) {
    if ((near.evidence.at(PART) ?? 0) < RELATED_PART) continue;
    for (const { about: other } of await packs.wordings(key)) others.set(other.id, relatedOf(other, false));
  }
  for (const id of [about.id, ...pinned.map((one) => one.id)]) if (id !== null) others.delete(id);
  const nearest = [...others.values()].slice(0, Math.max(0, MOST_RELATED - pinned.length));
  return { ...shown, claim: text, claim_language: language, related: [...pinned, ...nearest] };
}

function relatedOf({ id, claims, url }: PackedCase, pinned: boolean): Related {
  return { id, claim: claims[0].text, url, pinned };
}

/** A case from the pack, as of when that was fetched: nobody is told that a card was opened. */
export async function caseAtHand(id: string, server: string): Promise<CaseReply> {
  const pack = await packs.atHand();
  if (pack?.server !== server) return { state: "away", case: null, asOf: null };
  const about = await packs.case(id);
  if (about === undefined) return { state: "gone" };
  const { filter } = await filterOf(server, null);
  return { state: "kept", case: await caseOf(about, filter), asOf: pack.asOf };
}
