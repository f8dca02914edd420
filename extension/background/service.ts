/**
 * Asks the service on behalf of pages: only about sentences that pass the local filter, patiently
 * when it is away, and never more than a page may.
 */
import { browser } from "wxt/browser";
import { languageCode } from "../common/languages.ts";
import type { CaseReply, CheckReply, FoundMatch, PageSentence, ReportReply, ServerState } from "../common/messages.ts";
import type { Settings } from "../common/settings.ts";
import { WireError, type Case, type IndexAnswer, type IndexState } from "../common/wire.ts";
import type { Filter } from "../filter/filter.ts";
import { Keeper, type Ready } from "../filter/keeper.ts";
import { onDisk } from "../filter/store.ts";
import { FilterError, UnknownFormat } from "../filter/wire.ts";
import { Api, ApiError, TIMEOUT_MS, type ApiSentence, type Leaving, type Trouble } from "./api.ts";
import { batchesOf } from "./batches.ts";
import { enter } from "./ledger.ts";
import { hasAccess } from "./registration.ts";
import { rememberCases, rememberedCase } from "./seen.ts";
import { changeServer, serverMemory } from "./session.ts";

const FIRST_WAIT_MS = 2_000;
const LONGEST_WAIT_MS = 5 * 60_000;
/** Milliseconds for an answer that somebody is looking at the screen for. */
const QUICK_MS = 5_000;

/** Milliseconds to wait after a number of failures: twice as long each time, never in step. */
export function backoffMs(failures: number, random: number): number {
  const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.max(0, failures - 1));
  return Math.round(wait * (0.75 + random / 2));
}

function waitMs(trouble: Trouble, failures: number): number {
  // Only an update of the extension helps, or a server that is put back.
  if (trouble.kind === "newer") return LONGEST_WAIT_MS;
  const asked = "waitMs" in trouble ? trouble.waitMs : null;
  const own = backoffMs(failures, Math.random());
  return asked === null ? own : Math.min(Math.max(asked, 250), 60 * 60_000);
}

export async function failed(server: string, trouble: Trouble): Promise<number> {
  const memory = await changeServer(server, (before) => {
    const failures = before.failures + 1;
    return { ...before, failures, until: Date.now() + waitMs(trouble, failures) };
  });
  return memory.until - Date.now();
}

/** Notes which index answered. Returns whether it is another one than before. */
async function answered(server: string, { version, digest }: IndexState | IndexAnswer): Promise<boolean> {
  const before = await serverMemory(server);
  // Written only when something changed: every batch of every page comes through here.
  if (before.digest === digest && before.version === version && before.failures === 0) return false;
  await changeServer(server, (memory) => ({ ...memory, version, digest, failures: 0, until: 0 }));
  return before.digest !== null && before.digest !== digest;
}

/** The service's own description, asked once a session and again after each change of the index. */
async function describedIndex(server: string, api: Api): Promise<IndexAnswer> {
  const memory = await serverMemory(server);
  if (memory.index !== null && memory.index.digest === memory.digest) return memory.index;
  const index = await api.index();
  await changeServer(server, (before) => ({
    ...before,
    index,
    version: index.version,
    digest: index.digest,
  }));
  return index;
}

/** The lowest score worth a hint, or `undefined` for the service's own choice. */
export function minScore(
  sensitivity: Settings["sensitivity"],
  thresholds: IndexAnswer["thresholds"],
): number | undefined {
  if (sensitivity === "usual") return undefined;
  if (sensitivity === "more") return thresholds.similar * 0.8;
  return (thresholds.similar + thresholds.match) / 2;
}

/** The sentences to ask about, each under its number among all. */
export async function passingOf(
  sentences: readonly PageSentence[],
  host: string,
  filter: Filter,
  { sensitivity, languages }: Settings,
): Promise<ApiSentence[]> {
  if (filter.isPublisher(host)) return [];
  const passing = sentences
    .map(({ text, language }, number) => ({ id: `s${number}`, text, language }))
    .filter(({ text }) => filter.passes(text, sensitivity === "more"));
  if (languages.length === 0) return passing;
  const codes = await Promise.all(passing.map(languageOf));
  return passing.filter((_sentence, at) => languages.includes(codes[at] ?? ""));
}

/** The language that the page declares, else what the browser itself takes the text for. */
async function languageOf({ text, language }: ApiSentence): Promise<string | undefined> {
  if (language !== undefined) return language;
  const { languages } = await browser.i18n.detectLanguage(text);
  return languageCode(languages[0]?.language ?? null);
}

const keeper = new Keeper(onDisk);

/** The filter of a server; `heard`: the version that its last answer came from. */
export function filterOf(server: string, heard: number | null): Promise<Ready> {
  return understood("filter", keeper.ready(server, async (since) => (await apiOf(server)).filter(since), heard));
}

/** What was read, or the trouble of what cannot be. @throws ApiError */
export async function understood<T>(place: string, reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof UnknownFormat) throw new ApiError({ kind: "newer" });
    if (error instanceof FilterError || error instanceof WireError) throw new ApiError({ kind: "nonsense", place });
    throw error;
  }
}

/**
 * The API of a server that the browser lets us reach. Without its permission nothing is sent: in
 * Firefox no rule would then take the installation's id from the request.
 *
 * @throws ApiError with `forbidden` when the permission was taken back.
 */
export async function apiOf(server: string, timeoutMs = TIMEOUT_MS, leaving?: (request: Leaving) => Promise<void>): Promise<Api> {
  if (!(await hasAccess(server))) throw new ApiError({ kind: "forbidden" });
  return new Api(server, timeoutMs, leaving);
}

/** Keeps account of what leaves, but for private windows, of which nothing is kept at all. */
function accountedApi(server: string, incognito: boolean, timeoutMs?: number): Promise<Api> {
  return apiOf(server, timeoutMs, async (request) => {
    if (!incognito) await enter({ at: Date.now(), server, ...request });
  });
}

export interface Checked {
  readonly reply: CheckReply;
  /** Sentences that left the browser. */
  readonly sent: number;
  /** The index is another one than before: pages have to ask again. */
  readonly changed: boolean;
}

/** The answers to sentences of a page on `host`, or how long to wait before asking again. */
export async function checkSentences(
  sentences: readonly PageSentence[],
  host: string,
  settings: Settings,
  incognito: boolean,
): Promise<Checked> {
  const { server } = settings;
  const memory = await serverMemory(server);
  const wait = memory.until - Date.now();
  if (wait > 0) return { reply: { state: "wait", ms: wait }, sent: 0, changed: false };

  const found: FoundMatch[] = [];
  const cases: Record<string, Case> = {};
  let sent = 0;
  let changed = false;
  let version = 0;
  try {
    const api = await accountedApi(server, incognito);
    const ready = await filterOf(server, memory.version);
    ({ version, changed } = ready);
    const passing = await passingOf(sentences, host, ready.filter, settings);
    // A page of which nothing passes costs the server no request.
    if (passing.length > 0) {
      const index = await describedIndex(server, api);
      const score = minScore(settings.sensitivity, index.thresholds);
      for (const batch of batchesOf(passing, index.limits)) {
        sent += batch.length;
        const answer = await api.match(batch, score);
        changed = (await answered(server, answer.index)) || changed;
        version = answer.index.version;
        for (const { sentence_id, ...match } of answer.matches) {
          found.push({ ...match, sentence: Number(sentence_id.slice(1)) });
        }
        Object.assign(cases, answer.cases);
      }
    }
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    // Asking for the very same again would be refused again.
    if (error.trouble.kind === "refused") return { reply: { state: "refused" }, sent, changed };
    return { reply: { state: "wait", ms: await failed(server, error.trouble) }, sent, changed };
  }
  const asOf = new Date().toISOString();
  if (!incognito) await rememberCases(Object.values(cases), asOf);
  return { reply: { state: "answered", found, cases, version, asOf, kept: false }, sent, changed };
}

/** A case, fresh if the service answers, else as it was last seen in this session. */
export async function askCase(id: string, server: string, incognito: boolean): Promise<CaseReply> {
  const memory = await serverMemory(server);
  try {
    if (memory.until > Date.now()) throw new ApiError({ kind: "unreachable" });
    const found = await (await accountedApi(server, incognito, QUICK_MS)).case(id);
    const asOf = new Date().toISOString();
    if (!incognito) await rememberCases([found], asOf);
    return { state: "found", case: found, asOf };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.trouble.kind === "gone") return { state: "gone" };
    const seen = incognito ? null : await rememberedCase(id);
    return { state: "away", case: seen?.case ?? null, asOf: seen?.asOf ?? null };
  }
}

/** Hands in a report. It is the reader's own word: it is tried whatever the wait for others is. */
export async function handIn(body: string, sentences: number, server: string, incognito: boolean): Promise<ReportReply> {
  try {
    await (await accountedApi(server, incognito, QUICK_MS)).report(body, sentences);
    return { state: "sent" };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const { trouble } = error;
    if (trouble.kind === "busy") return { state: "wait", seconds: Math.ceil((trouble.waitMs ?? 60_000) / 1000) };
    if (trouble.kind === "gone" || trouble.kind === "refused") return { state: trouble.kind };
    return { state: "away" };
  }
}

/** How a server does, in the states that the interface has words for. `prepare`: what else is needed of it. */
export async function serverState(
  server: string,
  prepare: (server: string) => Promise<void> = () => Promise.resolve(),
): Promise<ServerState> {
  try {
    const index = await (await apiOf(server, QUICK_MS)).index();
    await filterOf(server, index.version);
    await prepare(server);
    return { state: "ready", index };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const { trouble } = error;
    switch (trouble.kind) {
      case "forbidden":
        return { state: "no-permission" };
      case "unreachable":
        return { state: "unreachable" };
      case "slow":
        return { state: "slow" };
      case "busy":
        return { state: "busy", seconds: Math.ceil((trouble.waitMs ?? 1000) / 1000) };
      case "starting":
        return { state: "starting" };
      case "failing":
        return { state: "failing", status: trouble.status };
      case "newer":
        return { state: "newer" };
      case "refused":
      case "gone":
      case "nonsense":
        return { state: "not-claimlight" };
    }
  }
}

/** A server that answers again is asked again at once, whatever the wait was. */
export async function forgive(server: string): Promise<void> {
  await changeServer(server, (memory) => ({ ...memory, failures: 0, until: 0 }));
}
