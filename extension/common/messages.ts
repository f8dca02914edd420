/**
 * The messages between the parts of the extension. Names say who speaks: `page:` a content script
 * (untrusted: it lives beside the page), `ui:` one of our own pages, `to-page:` the background.
 */
import * as v from "valibot";
import { REACHES, type Dismissal, type Dismissed } from "./dismissals.ts";
import { SENTENCE_CHARS, SENTENCES_A_MESSAGE } from "./limits.ts";
import { REPORT_KINDS } from "./reports.ts";
import { MODES, SCOPES } from "./settings.ts";
import type { Reading } from "./sites.ts";
import { CaseId, type Case, type IndexAnswer, type Match } from "./wire.ts";

const HighlightName = v.pipe(v.string(), v.regex(/^[a-z]{12,24}$/));
const SentenceText = v.pipe(v.string(), v.minLength(1), v.maxLength(SENTENCE_CHARS));
/** The reader's wish about one hint: the case, the claim that matched, the sentence. */
const Wish = {
  id: CaseId,
  claim: v.pipe(v.string(), v.maxLength(8192)),
  text: SentenceText,
  reach: v.picklist(REACHES),
};
const Count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** The names of the four highlights: bands by ground. Random, so that a page learns nothing. */
const Names = v.object({
  matchLight: HighlightName,
  matchDark: HighlightName,
  similarLight: HighlightName,
  similarDark: HighlightName,
});
export type HighlightNames = v.InferOutput<typeof Names>;

export const PageMessage = v.variant("type", [
  /** May this page be read? `loading`: when it began to load (ms since the epoch). */
  v.strictObject({ type: v.literal("page:start"), loading: v.pipe(v.number(), v.minValue(0)) }),
  /** The first hint is found: the rules for its colours are needed now. */
  v.strictObject({ type: v.literal("page:paint"), names: Names }),
  v.strictObject({
    type: v.literal("page:check"),
    sentences: v.pipe(
      v.array(
        v.strictObject({
          text: SentenceText,
          language: v.optional(v.pipe(v.string(), v.regex(/^[a-z]{2}$/))),
        }),
      ),
      v.minLength(1),
      v.maxLength(SENTENCES_A_MESSAGE),
    ),
  }),
  v.strictObject({ type: v.literal("page:count"), hints: Count }),
  v.strictObject({ type: v.literal("page:case"), id: CaseId }),
  v.strictObject({ type: v.literal("page:dismiss"), ...Wish }),
  v.strictObject({ type: v.literal("page:restore"), ...Wish }),
  v.strictObject({
    type: v.literal("page:report"),
    id: CaseId,
    kind: v.picklist(REPORT_KINDS),
    sentence: v.optional(SentenceText),
  }),
]);
export type PageMessage = v.InferOutput<typeof PageMessage>;
export type PageSentence = Extract<PageMessage, { type: "page:check" }>["sentences"][number];

/** What a page needs to know of the settings. */
export interface PageSettings {
  readonly showSimilar: boolean;
  readonly showMarks: boolean;
  readonly openOnHover: boolean;
  readonly theme: "auto" | "light" | "dark";
  readonly dismissed: Dismissed;
  /** Where a report would go: the reader is told before it does. */
  readonly server: string;
}

export type StartReply = { run: true; settings: PageSettings } | { run: false };

/**
 * What became of a batch of sentences. `asOf`: when the service answered (ISO 8601). `kept`: nobody
 * was asked, the copy that is kept here decided.
 */
export type CheckReply =
  | {
      state: "answered";
      found: FoundMatch[];
      cases: Record<string, Case>;
      version: number;
      asOf: string;
      kept: boolean;
    }
  | { state: "wait"; ms: number }
  | { state: "refused" }
  | { state: "stopped" };

/** A match, and the number of its sentence in the batch. */
export type FoundMatch = Omit<Match, "sentence_id"> & { sentence: number };

export type CaseReply =
  | { state: "found"; case: Case; asOf: string }
  /** From the copy that is kept here. */
  | { state: "kept"; case: Case; asOf: string }
  | { state: "gone" }
  | { state: "away"; case: Case | null; asOf: string | null };

/** What became of a report. */
export type ReportReply =
  | { state: "sent" }
  | { state: "gone" }
  | { state: "wait"; seconds: number }
  | { state: "away" }
  | { state: "refused" };

export interface PageReplies {
  "page:start": StartReply;
  "page:paint": true;
  "page:check": CheckReply;
  "page:count": true;
  "page:case": CaseReply;
  /** Whether it reaches further than this tab. */
  "page:dismiss": { kept: boolean };
  "page:restore": true;
  "page:report": ReportReply;
}

export const UiMessage = v.variant("type", [
  /** How the configured server does, freshly asked. */
  v.strictObject({ type: v.literal("ui:server") }),
  /** How another address does, before it is chosen. */
  v.strictObject({ type: v.literal("ui:try-server"), server: v.string() }),
  v.strictObject({ type: v.literal("ui:tab"), tab: Count }),
  v.strictObject({ type: v.literal("ui:read-tab"), tab: Count }),
  v.strictObject({ type: v.literal("ui:stop-tab"), tab: Count }),
  v.strictObject({ type: v.literal("ui:show"), tab: Count, frame: Count, hint: Count }),
  /** What left the browser in this session. */
  v.strictObject({ type: v.literal("ui:ledger") }),
  v.strictObject({ type: v.literal("ui:clear-ledger") }),
  /** What the reader has dismissed, and taking one of them back. */
  v.strictObject({ type: v.literal("ui:dismissed") }),
  v.strictObject({
    type: v.literal("ui:restore"),
    dismissal: v.strictObject({
      case: CaseId,
      claim: v.string(),
      site: v.nullable(v.string()),
      sentence: v.nullable(v.string()),
    }),
  }),
  v.strictObject({
    type: v.literal("ui:choose"),
    server: v.string(),
    scope: v.picklist(SCOPES),
    mode: v.picklist(MODES),
  }),
]);
export type UiMessage = v.InferOutput<typeof UiMessage>;

/** The server in plain words: each state has a sentence in the interface that says what to do. */
export type ServerState =
  | { state: "ready"; index: IndexAnswer }
  /** It does not answer as it should, and need not: strict mode has its copy, of `asOf` (ISO 8601). */
  | { state: "kept"; asOf: string }
  | { state: "unreachable" }
  | { state: "no-permission" }
  | { state: "slow" }
  | { state: "busy"; seconds: number }
  | { state: "starting" }
  | { state: "failing"; status: number }
  /** Its local filter cannot be read by this version of the extension: nothing is sent. */
  | { state: "newer" }
  | { state: "not-claimlight" };

/** A request that said something of what is read. `at`: ms since the epoch; `body`: its exact text. */
export interface LedgerEntry {
  readonly at: number;
  readonly server: string;
  readonly path: string;
  readonly sentences: number;
  readonly body: string;
}

export interface ListedHint {
  readonly frame: number;
  readonly hint: number;
  readonly text: string;
  readonly language: string | null;
  readonly claim: string;
  readonly band: "match" | "similar";
}

export interface TabState {
  readonly host: string | null;
  /** `not-permitted`: chosen, but the browser does not let us (any more). */
  readonly reading: Reading | "not-permitted" | "no-access";
  readonly running: boolean;
  /** Sentences that were checked in the browser, and those of them that left it. */
  readonly checked: number;
  readonly sent: number;
  readonly hints: readonly ListedHint[];
}

export interface UiReplies {
  "ui:server": ServerState;
  "ui:try-server": ServerState | { state: "no-address" };
  "ui:tab": TabState;
  "ui:read-tab": boolean;
  "ui:stop-tab": true;
  "ui:show": boolean;
  "ui:ledger": readonly LedgerEntry[];
  "ui:clear-ledger": true;
  "ui:dismissed": readonly Dismissal[];
  "ui:restore": true;
  "ui:choose": true;
}

/** From the background to a page. */
export type ToPage =
  | { type: "to-page:stop" }
  | { type: "to-page:settings"; settings: PageSettings }
  | { type: "to-page:list" }
  | { type: "to-page:show"; hint: number }
  /** The next hint or the one before; `fresh`: begin at the near end. */
  | { type: "to-page:step"; by: 1 | -1; fresh: boolean }
  | { type: "to-page:changed" };

export interface ToPageReplies {
  "to-page:stop": true;
  "to-page:settings": true;
  "to-page:list": Omit<ListedHint, "frame">[];
  "to-page:show": boolean;
  "to-page:step": boolean;
  "to-page:changed": true;
}
