/**
 * The HTTP API, the only way out of this extension. Knows addresses, bodies and faults; knows
 * nothing of pages and keeps nothing.
 */
import { readCase, readIndex, readMatches, WireError, type Case, type IndexAnswer, type MatchAnswer } from "../common/wire.ts";

export type Trouble =
  /** No connection, or the connection was refused. */
  | { kind: "unreachable" }
  | { kind: "slow" }
  /** 429 or 503 with a wait. */
  | { kind: "busy"; waitMs: number | null }
  /** It is there but has no index yet, or its store is away. */
  | { kind: "starting"; waitMs: number | null }
  /** The request itself was refused (4xx). */
  | { kind: "refused"; status: number }
  | { kind: "failing"; status: number }
  /** Retracted or never there. */
  | { kind: "gone" }
  /** Something answers that does not speak this API. */
  | { kind: "nonsense"; place: string };

/** The one error of this module. */
export class ApiError extends Error {
  readonly trouble: Trouble;

  constructor(trouble: Trouble) {
    super(trouble.kind);
    this.trouble = trouble;
  }
}

export interface ApiSentence {
  readonly id: string;
  readonly text: string;
  readonly language?: string | undefined;
}

export const TIMEOUT_MS = 15_000;
/** Bytes beyond which no honest answer is; a wrong server shall not fill the memory. */
const MAX_ANSWER_CHARS = 16 * 1024 * 1024;

/** Milliseconds that `Retry-After` asks for: seconds or a date (RFC 9110), or `null`. */
export function retryAfterMs(header: string | null, now: number): number | null {
  if (header === null) return null;
  const text = header.trim();
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}

export class Api {
  private readonly server: string;
  private readonly timeoutMs: number;

  constructor(server: string, timeoutMs = TIMEOUT_MS) {
    this.server = server;
    this.timeoutMs = timeoutMs;
  }

  async index(): Promise<IndexAnswer> {
    return this.read(await this.ask("/v1/index"), readIndex);
  }

  /** @throws ApiError with `gone` when the case was retracted or is unknown. */
  async case(id: string): Promise<Case> {
    return this.read(await this.ask(`/v1/cases/${encodeURIComponent(id)}`), readCase);
  }

  /** The matches of one batch, which must be within the service's limits. */
  async match(sentences: readonly ApiSentence[], minScore?: number): Promise<MatchAnswer> {
    const body = { sentences, ...(minScore === undefined ? {} : { min_score: minScore }) };
    const asked = new Set(sentences.map(({ id }) => id));
    return this.read(await this.ask("/v1/match", body), (answer) => readMatches(answer, asked));
  }

  private async ask(path: string, body?: unknown): Promise<unknown> {
    const signal = AbortSignal.timeout(this.timeoutMs);
    let response: Response;
    let text: string;
    try {
      response = await fetch(this.server + path, {
        method: body === undefined ? "GET" : "POST",
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        // Nothing that could tell one reader from another, the list of their languages included.
        headers: {
          Accept: "application/json",
          "Accept-Language": "*",
          ...(body === undefined ? {} : { "Content-Type": "application/json" }),
        },
        credentials: "omit",
        referrerPolicy: "no-referrer",
        cache: "no-store",
        redirect: "error",
        signal,
      });
      text = await response.text();
    } catch {
      throw new ApiError({ kind: signal.aborted ? "slow" : "unreachable" });
    }
    if (!response.ok) throw new ApiError(troubleOf(response));
    if (text.length > MAX_ANSWER_CHARS) throw new ApiError({ kind: "nonsense", place: "length" });
    try {
      return JSON.parse(text) as unknown;
    } catch {
      throw new ApiError({ kind: "nonsense", place: "not JSON" });
    }
  }

  private read<T>(answer: unknown, reader: (answer: unknown) => T): T {
    try {
      return reader(answer);
    } catch (error) {
      if (error instanceof WireError) throw new ApiError({ kind: "nonsense", place: error.message });
      throw error;
    }
  }
}

function troubleOf(response: Response): Trouble {
  const { status } = response;
  const waitMs = retryAfterMs(response.headers.get("Retry-After"), Date.now());
  if (status === 429) return { kind: "busy", waitMs };
  if (status === 503) return { kind: "starting", waitMs };
  // Every fault of the service is problem+json; a 404 in another shape is another server.
  const ours = response.headers.get("Content-Type")?.startsWith("application/problem+json") ?? false;
  if (status === 410 || (status === 404 && ours)) return { kind: "gone" };
  if (status >= 500) return { kind: "failing", status };
  return ours ? { kind: "refused", status } : { kind: "nonsense", place: `status ${status}` };
}
