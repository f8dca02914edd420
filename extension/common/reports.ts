/** A reader's report, as the API takes it (`POST /v1/reports`). Pure. */

export const REPORT_PATH = "/v1/reports";
export const REPORT_KINDS = ["wrong_match", "wrong_case", "other"] as const;
export type ReportKind = (typeof REPORT_KINDS)[number];

export interface Report {
  readonly id: string;
  readonly kind: ReportKind;
  /** Only where the reader ticked it. */
  readonly sentence?: string | undefined;
}

/** The body to the letter: what the card shows is what leaves. */
export function reportBody({ id, kind, sentence }: Report): string {
  return JSON.stringify({ case_id: id, kind, ...(sentence === undefined ? {} : { sentence }) }, null, 1);
}
