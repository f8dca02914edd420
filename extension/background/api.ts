/**
 * The HTTP API, the only way out of this extension. Knows addresses, bodies and faults; knows
 * nothing of pages and keeps nothing.
 */
import { REPORT_PATH } from "../common/reports.ts";
import { readCase, readIndex, readMatches, readReport, WireError, type Case, type IndexAnswer, type MatchAnswer } from "../common/wire.ts";

export type Trouble =
  /** The reader took the permission for the server back. */
  | { kind: "forbidden" }
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
  /** It has a local filter of a format that this version of the extension cannot read. */
  | { kind: "newer" }
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
/** Bytes or characters beyond which no honest answer is; a wrong server shall not fill the memory. */
const MAX_ANSWER_LENGTH = 16 * 1024 * 1024;

/** Milliseconds that `Retry-After` asks for: seconds or a date (RFC 9110), or `null`. */
export function retryAfterMs(header: string | null, now: number): number | null {
  if (header === null) return null;
  const text = header.trim();
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}

/** A request that says something of what is read, as it leaves. `body`: its exact text. */
export interface Leaving {
  readonly path: string;
  readonly sentences: number;
  readonly body: string;
}

export class Api {
  private readonly server: string;
  private readonly timeoutMs: number;
  private readonly leaving: (request: Leaving) => Promise<void>;

  /** `leaving` is told of each request that says something of what is read, before it is made. */
  constructor(
    server: string,
    timeoutMs = TIMEOUT_MS,
    leaving: (request: Leaving) => Promise<void> = () => Promise.resolve(),
  ) {
    this.server = server;
    this.timeoutMs = timeoutMs;
    this.leaving = leaving;
  }

  async index(): Promise<IndexAnswer> {
    return this.read(await this.ask("/v1/index"), readIndex);
  }

  /** @throws ApiError with `gone` when the case was retracted or is unknown. */
  async case(id: string): Promise<Case> {
    const path = `/v1/cases/${encodeURIComponent(id)}`;
    await this.leaving({ path, sentences: 0, body: "" });
    return this.read(await this.ask(path), readCase);
  }

  /** The matches of one batch, which must be within the service's limits. */
  async match(sentences: readonly ApiSentence[], minScore?: number): Promise<MatchAnswer> {
    const body = JSON.stringify({ sentences, ...(minScore === undefined ? {} : { min_score: minScore }) });
    await this.leaving({ path: "/v1/match", sentences: sentences.length, body });
    const asked = new Set(sentences.map(({ id }) => id));
    return this.read(await this.ask("/v1/match", body), (answer) => readMatches(answer, asked));
  }

  /** Hands in a report; `body` as `reportBody` makes it. */
  async report(body: string, sentences: number): Promise<void> {
    await this.leaving({ path: REPORT_PATH, sentences, body });
    this.read(await this.ask(REPORT_PATH, body), readReport);
  }

  /** The local filter, whole or as the difference to that of a version: bytes as in docs/filter.md. */
  async filter(since: number | null): Promise<Uint8Array<ArrayBuffer>> {
    const query = since === null ? "" : `?since=${since}`;
    // The same for everyone: whatever cache is on the way may answer, if it asks for what is new.
    return this.bytes(`/v1/filter${query}`, "no-cache");
  }

  /** The names of the offline pack's parts. */
  pack(): Promise<unknown> {
    return this.ask("/v1/pack", undefined, "no-cache");
  }

  /** One of them: bytes as in docs/filter.md. */
  packPart(name: string): Promise<Uint8Array<ArrayBuffer>> {
    // It never changes, but it is kept by ourselves.
    return this.bytes(`/v1/pack/${name}`, "no-store");
  }

  private bytes(path: string, cache: RequestCache): Promise<Uint8Array<ArrayBuffer>> {
    return this.fetch(path, {
      accept: "application/octet-stream",
      cache,
      take: async (response) => new Uint8Array(await response.arrayBuffer()),
    });
  }

  private async ask(path: string, body?: string, cache: RequestCache = "no-store"): Promise<unknown> {
    const text = await this.fetch(path, {
      accept: "application/json",
      cache,
      take: (response) => response.text(),
      body,
    });
    try {
      return JSON.parse(text) as unknown;
    } catch {
      throw new ApiError({ kind: "nonsense", place: "not JSON" });
    }
  }

  private async fetch<T extends { readonly length: number }>(
    path: string,
    { accept, cache, take, body }: {
      accept: string;
      cache: RequestCache;
      take: (response: Response) => Promise<T>;
      body?: string | undefined;
    },
  ): Promise<T> {
    const signal = AbortSignal.timeout(this.timeoutMs);
    let response: Response;
    let answer: T;
    try {
      response = await fetch(this.server + path, {
        method: body === undefined ? "GET" : "POST",
        ...(body === undefined ? {} : { body }),
        // Nothing that could tell one reader from another, the list of their languages included.
        headers: {
          Accept: accept,
          "Accept-Language": "*",
          ...(body === undefined ? {} : { "Content-Type": "application/json" }),
        },
        credentials: "omit",
        referrerPolicy: "no-referrer",
        cache,
        redirect: "error",
        signal,
      });
      answer = await take(response);
    } catch {
      throw new ApiError({ kind: signal.aborted ? "slow" : "unreachable" });
    }
    if (!response.ok) throw new ApiError(troubleOf(response));
    if (answer.length > MAX_ANSWER_LENGTH) throw new ApiError({ kind: "nonsense", place: "length" });
    return answer;
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
