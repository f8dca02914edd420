/**
 * The answers of the HTTP API, validated: what does not fit is refused as a whole, so that no
 * page ever sees half an answer. Unknown keys are dropped (the API may add some).
 */
import * as v from "valibot";

const Count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
export const CaseId = v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9-]{0,127}$/));
/** Language tags go into `lang` attributes: letters, digits and hyphens, nothing else. */
const Language = v.pipe(v.string(), v.regex(/^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/));
const Text = v.pipe(v.string(), v.maxLength(8192));
/** A link is followed by a click: only https, and no user name that could mislead. */
const Link = v.pipe(
  v.string(),
  v.maxLength(2048),
  v.check((text) => {
    const url = URL.canParse(text) ? new URL(text) : null;
    return url?.protocol === "https:" && url.username === "" && url.password === "";
  }, "no https address"),
);

const Related = v.object({
  id: v.nullish(CaseId, null),
  claim: Text,
  url: Link,
  pinned: v.optional(v.boolean(), false),
});
export type Related = v.InferOutput<typeof Related>;

const VERDICTS = ["false", "misleading", "unproven", "mixed"] as const;
export type Verdict = (typeof VERDICTS)[number];

/** What of a case is the same wherever it comes from. */
const shown = {
  id: CaseId,
  verdict: v.picklist(VERDICTS),
  rating: v.nullish(Text, null),
  summary: v.nullish(Text, null),
  summary_language: v.nullish(Language, null),
  url: Link,
  publisher: v.object({ name: Text, url: v.nullish(Link, null) }),
  published: v.pipe(v.string(), v.isoDate()),
};
const Case = v.object({
  ...shown,
  claim: Text,
  claim_language: v.nullish(Language, null),
  related: v.pipe(v.optional(v.array(Related), []), v.maxLength(50)),
});
export type Case = v.InferOutput<typeof Case>;

/** A wording in the offline pack, with the keys of its rows in the filter. */
const PackClaim = v.object({ text: Text, language: Language, rows: v.array(Count) });
/** A case in the offline pack, with all of its wordings. */
export const PackCase = v.object({
  ...shown,
  claims: v.tupleWithRest([PackClaim], PackClaim),
  related: v.optional(v.array(v.union([CaseId, v.object({ title: Text, url: Link })])), []),
});
export type PackedCase = v.InferOutput<typeof PackCase>;

const PartName = v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/));
/** `GET /v1/pack`. */
export const PackList = v.object({
  format: Count,
  version: Count,
  min_wait_s: v.pipe(v.number(), v.minValue(1)),
  rule: PartName,
  parts: v.pipe(v.array(PartName), v.minLength(1), v.maxLength(65_536)),
});
export type PackedList = v.InferOutput<typeof PackList>;

const Match = v.object({
  sentence_id: v.string(),
  case_id: CaseId,
  score: v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
  band: v.nullable(v.picklist(["match", "similar"])),
  claim: Text,
  claim_language: v.nullish(Language, null),
  why: v.object({
    shared: v.pipe(v.array(Text), v.maxLength(200)),
    guard: v.nullish(v.string(), null),
  }),
});
export type Match = v.InferOutput<typeof Match>;

const IndexState = v.object({
  version: Count,
  digest: v.string(),
  cases: Count,
  stale: v.optional(v.boolean(), false),
});
export type IndexState = v.InferOutput<typeof IndexState>;

const MatchAnswer = v.object({
  index: IndexState,
  matches: v.pipe(v.array(Match), v.maxLength(2560)),
  cases: v.record(v.string(), Case),
});
export type MatchAnswer = v.InferOutput<typeof MatchAnswer>;

/** `GET /v1/index`. Limits and thresholds fall back to those of design.md where absent. */
const Limits = v.object({
  sentences: v.optional(v.fallback(v.pipe(Count, v.minValue(1)), 256), 256),
  sentence_chars: v.optional(v.fallback(v.pipe(Count, v.minValue(1)), 2000), 2000),
  text_chars: v.optional(v.fallback(v.pipe(Count, v.minValue(1)), 100_000), 100_000),
});
export type Limits = v.InferOutput<typeof Limits>;

const Share = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
const IndexAnswer = v.object({
  version: Count,
  digest: v.string(),
  cases: Count,
  stale: v.optional(v.boolean(), false),
  limits: v.optional(Limits, {}),
  thresholds: v.object({ match: Share, similar: Share }),
  /** Wordings by language. */
  languages: v.optional(v.fallback(v.record(Language, Count), {}), {}),
  min_wait_s: v.optional(v.fallback(v.pipe(v.number(), v.minValue(1)), 300), 300),
});
export type IndexAnswer = v.InferOutput<typeof IndexAnswer>;

/** The answer to a report. */
const Reported = v.object({ id: v.string() });

/** Thrown when an answer does not fit; the message names the place, never the content. */
export class WireError extends Error {}

export function reader<T extends v.GenericSchema>(schema: T) {
  return (answer: unknown): v.InferOutput<T> => {
    const parsed = v.safeParse(schema, answer);
    if (parsed.success) return parsed.output;
    const issue = parsed.issues[0];
    throw new WireError(`${v.getDotPath(issue) ?? "/"}: ${issue.type}`);
  };
}

export const readIndex = reader(IndexAnswer);
export const readCase = reader(Case);
export const readReport = reader(Reported);

/** Also holds what a schema cannot: ids that were asked for, cases that are there. */
export function readMatches(answer: unknown, asked: ReadonlySet<string>): MatchAnswer {
  const parsed = reader(MatchAnswer)(answer);
  for (const match of parsed.matches) {
    if (!asked.has(match.sentence_id)) throw new WireError("matches: a sentence nobody asked for");
    if (!Object.hasOwn(parsed.cases, match.case_id)) throw new WireError("matches: a case is missing");
  }
  return parsed;
}
