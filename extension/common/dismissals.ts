/** Hints that the reader has dismissed: which case, and how far it reaches. Pure. */

/** `sentence`: this one, wherever it stands; `site`: the case on one site; `everywhere`: the case. */
export const REACHES = ["sentence", "site", "everywhere"] as const;
export type Reach = (typeof REACHES)[number];

export interface Dismissal {
  readonly case: string;
  /** The claim, for people who look through the list. */
  readonly claim: string;
  readonly site: string | null;
  readonly sentence: string | null;
}

/** Enough for anyone; an untrusted page must not fill the disk. */
const MOST = 1000;
export const CLAIM_CHARS = 300;

export function dismissal(reach: Reach, about: { id: string; claim: string; text: string }, host: string): Dismissal {
  return {
    case: about.id,
    claim: about.claim.slice(0, CLAIM_CHARS),
    site: reach === "site" ? host : null,
    sentence: reach === "sentence" ? about.text : null,
  };
}

export function withoutDismissal<T extends Dismissal>(list: readonly T[], { case: id, site, sentence }: Dismissal): T[] {
  return list.filter((entry) => entry.case !== id || entry.site !== site || entry.sentence !== sentence);
}

/** The list with one more at its end; the oldest are forgotten. */
export function withDismissal<T extends Dismissal>(list: readonly T[], added: T): T[] {
  return [...withoutDismissal(list, added), added].slice(-MOST);
}

/** What a page needs to know of them. */
export interface Dismissed {
  readonly cases: readonly string[];
  readonly sentences: readonly Pick<Dismissal, "case" | "sentence">[];
}

/** Those that concern the pages of a host. */
export function dismissedOn(list: readonly Dismissal[], host: string): Dismissed {
  const here = list.filter(({ site }) => site === null || site === host);
  return {
    cases: here.filter(({ sentence }) => sentence === null).map((entry) => entry.case),
    sentences: here
      .filter(({ sentence }) => sentence !== null)
      .map((entry) => ({ case: entry.case, sentence: entry.sentence })),
  };
}

export function isDismissed({ cases, sentences }: Dismissed, caseId: string, text: string): boolean {
  return cases.includes(caseId) || sentences.some((entry) => entry.case === caseId && entry.sentence === text);
}
