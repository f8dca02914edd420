/** The answers that the real service gave (tests/contract), read by the code that reads them in a browser. */
import { readFile, readdir } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { Api, ApiError, retryAfterMs, type Trouble } from "extension/background/api.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

interface Exchange {
  readonly name: string;
  readonly request: { readonly method: string; readonly path: string; readonly body?: unknown };
  readonly response: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: unknown;
  };
}

const folder = fileURLToPath(new URL("../contract/", import.meta.url));
const files = (await readdir(folder)).filter((name) => name.endsWith(".json"));
const exchanges = new Map<string, Exchange>();
for (const file of files) {
  exchanges.set(file.replace(".json", ""), JSON.parse(await readFile(folder + file, "utf8")) as Exchange);
}

/** Answers as recorded, whatever is asked. */
let answer: { status: number; headers: Readonly<Record<string, string>>; body: string };
let server: Server;
let api: Api;
let asked: { path: string; method: string; body: string }[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      asked.push({ path: request.url ?? "", method: request.method ?? "", body: Buffer.concat(parts).toString() });
      response.writeHead(answer.status, answer.headers).end(answer.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  api = new Api(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

function replay(name: string): Exchange {
  const exchange = exchanges.get(name);
  if (exchange === undefined) throw new Error(`tests/contract has no ${name}.json`);
  const { status, headers, body } = exchange.response;
  answer = { status, headers, body: JSON.stringify(body) };
  asked = [];
  return exchange;
}

async function troubleOf(work: Promise<unknown>): Promise<Trouble> {
  const error = await work.then(() => null, (reason: unknown) => reason);
  if (!(error instanceof ApiError)) throw new Error(`no trouble, but ${String(error)}`);
  return error.trouble;
}

describe("as the service answers", () => {
  test("the index says its limits and thresholds", async () => {
    const { response } = replay("index");
    const { limits, thresholds, cases } = response.body as {
      limits: { sentences: number; sentence_chars: number; text_chars: number };
      thresholds: object;
      cases: number;
    };
    const index = await api.index();
    expect(index.limits).toEqual({
      sentences: limits.sentences,
      sentence_chars: limits.sentence_chars,
      text_chars: limits.text_chars,
    });
    expect(index.thresholds).toEqual(thresholds);
    expect(index.cases).toBe(cases);
  });

  test.each(["match-sentences", "match-nothing", "match-skipped"])("%s: matches come with their cases", async (name) => {
    const { request, response } = replay(name);
    const { sentences } = request.body as { sentences: { id: string; text: string; language?: string }[] };
    const { matches, cases } = response.body as { matches: object[]; cases: object };
    const found = await api.match(sentences);
    expect(found.matches).toHaveLength(matches.length);
    expect(Object.keys(found.cases).sort()).toEqual(Object.keys(cases).sort());
    expect(asked).toMatchObject([{ path: "/v1/match", method: "POST" }]);
  });

  test("the request is one that the service takes: the very keys of the recorded one", async () => {
    const { request } = replay("match-sentences");
    const { sentences } = request.body as { sentences: { id: string; text: string; language?: string }[] };
    await api.match(sentences, 0.5);
    const sent = JSON.parse(asked[0]?.body ?? "") as Record<string, unknown>;
    expect(sent).toEqual({ sentences, min_score: 0.5 });
  });

  test.each(["case", "case-bare"])("%s: everything the card needs is there", async (name) => {
    const { response } = replay(name);
    const found = await api.case("some-case");
    const body = response.body as Record<string, unknown>;
    expect(found).toMatchObject({
      id: body["id"],
      claim: body["claim"],
      verdict: body["verdict"],
      rating: body["rating"],
      summary: body["summary"],
      url: body["url"],
      publisher: body["publisher"],
      published: body["published"],
      related: body["related"],
    });
  });

  test.each(["case-retracted", "case-absent"])("%s: the case is gone", async (name) => {
    replay(name);
    expect(await troubleOf(api.case("some-case"))).toEqual({ kind: "gone" });
  });

  test.each(["match-repeated-id", "match-unknown-key", "match-media-type"])("%s: refused, and not asked again", async (name) => {
    const { response } = replay(name);
    expect(await troubleOf(api.match([{ id: "a", text: "A sentence." }]))).toEqual({
      kind: "refused",
      status: response.status,
    });
  });
});

describe("as no service should answer", () => {
  const good = () => structuredClone(exchanges.get("match-sentences")?.response.body) as {
    matches: Record<string, unknown>[];
    cases: Record<string, Record<string, unknown>>;
    index: Record<string, unknown>;
  };
  const sentences = () =>
    (exchanges.get("match-sentences")?.request.body as { sentences: { id: string; text: string }[] }).sentences;
  const spoil: Record<string, (body: ReturnType<typeof good>) => unknown> = {
    "no object": () => [],
    "no matches": (body) => ({ ...body, matches: undefined }),
    "a score beyond one": (body) => ({ ...body, matches: body.matches.map((match) => ({ ...match, score: 1.5 })) }),
    "a band nobody knows": (body) => ({ ...body, matches: body.matches.map((match) => ({ ...match, band: "sure" })) }),
    "a sentence nobody asked for": (body) => ({ ...body, matches: body.matches.map((match) => ({ ...match, sentence_id: "zz" })) }),
    "a match without its case": (body) => ({ ...body, cases: {} }),
    "a link that runs a script": (body) => ({ ...body, cases: changed(body.cases, { url: "javascript:alert(1)" }) }),
    "a link without https": (body) => ({ ...body, cases: changed(body.cases, { url: "http://example.org/" }) }),
    "a verdict nobody knows": (body) => ({ ...body, cases: changed(body.cases, { verdict: "true" }) }),
    "a language with a quotation mark": (body) => ({ ...body, cases: changed(body.cases, { summary_language: 'en" onload="' }) }),
    "a version that is no number": (body) => ({ ...body, index: { ...body.index, version: "17" } }),
  };
  const changed = (cases: Record<string, object>, change: object) =>
    Object.fromEntries(Object.entries(cases).map(([id, about]) => [id, { ...about, ...change }]));

  test("the recorded answer itself is good (so that the others are refused for what was spoilt)", async () => {
    answer = { status: 200, headers: {}, body: JSON.stringify(good()) };
    expect((await api.match(sentences())).matches.length).toBeGreaterThan(0);
  });

  test.each(Object.keys(spoil))("%s is refused as a whole", async (name) => {
    answer = { status: 200, headers: {}, body: JSON.stringify(spoil[name]?.(good())) };
    expect(await troubleOf(api.match(sentences()))).toMatchObject({ kind: "nonsense" });
  });

  test("keys that are not known yet do no harm", async () => {
    const body = good();
    answer = { status: 200, headers: {}, body: JSON.stringify({ ...body, more: 1, index: { ...body.index, more: 2 } }) };
    expect((await api.match(sentences())).matches.length).toBeGreaterThan(0);
  });

  test.each<[number, Record<string, string>, Trouble]>([
    [429, { "Retry-After": "7" }, { kind: "busy", waitMs: 7000 }],
    [429, {}, { kind: "busy", waitMs: null }],
    [503, { "Retry-After": "2" }, { kind: "starting", waitMs: 2000 }],
    [500, {}, { kind: "failing", status: 500 }],
    [502, {}, { kind: "failing", status: 502 }],
    [404, {}, { kind: "nonsense", place: "status 404" }],
  ])("status %i %o", async (status, headers, expected) => {
    answer = { status, headers, body: "" };
    expect(await troubleOf(api.index())).toEqual(expected);
  });

  test("an address that leads elsewhere is not followed", async () => {
    answer = { status: 302, headers: { Location: "/v1/index" }, body: "" };
    expect(await troubleOf(api.index())).toEqual({ kind: "unreachable" });
  });

  test("nobody there", async () => {
    expect(await troubleOf(new Api("http://127.0.0.1:9").index())).toEqual({ kind: "unreachable" });
  });

  test("no answer in time", async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const { port } = silent.address() as AddressInfo;
    expect(await troubleOf(new Api(`http://127.0.0.1:${port}`, 50).index())).toEqual({ kind: "slow" });
    silent.closeAllConnections();
    silent.close();
  });
});

test("Retry-After is read as seconds and as a date, and nonsense as nothing", () => {
  const now = Date.parse("2026-01-01T00:00:00Z");
  expect(retryAfterMs("30", now)).toBe(30_000);
  expect(retryAfterMs("Thu, 01 Jan 2026 00:01:00 GMT", now)).toBe(60_000);
  expect(retryAfterMs("Wed, 31 Dec 2025 00:00:00 GMT", now)).toBe(0);
  expect(retryAfterMs("soon", now)).toBeNull();
  expect(retryAfterMs(null, now)).toBeNull();
});
