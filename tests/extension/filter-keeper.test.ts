/** The filter is at hand when it is needed, and is never another than the server's. */
import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Keeper } from "extension/filter/keeper.ts";
import type { Kept, Store } from "extension/filter/store.ts";
import { FilterError, UnknownFormat } from "extension/filter/wire.ts";

const { sent, digest } = JSON.parse(
  readFileSync(new URL("../contract/filter.json", import.meta.url), "utf8"),
) as { sent: Record<"whole" | "before" | "delta", string>; digest: string };

const bytes = (name: keyof typeof sent) => Uint8Array.from(atob(sent[name]), (char) => char.charCodeAt(0));
const SERVER = "https://server.example";
const FIVE_MINUTES = 300_000;

/** What a browser's disk does, in memory. */
class Disk implements Store {
  readonly kept = new Map<string, Kept>();
  read(server: string) { return Promise.resolve(this.kept.get(server)); }
  write(kept: Kept) { this.kept.set(kept.server, kept); return Promise.resolve(); }
  remove(server: string) { this.kept.delete(server); return Promise.resolve(); }
}

/** A server that answers from the contract: first as it was before, then as it is now. */
class Server {
  now: "before" | "whole" = "before";
  readonly asked: (number | null)[] = [];
  readonly fetch = (since: number | null) => {
    this.asked.push(since);
    return Promise.resolve(this.answer(since));
  };
  answer(since: number | null): Uint8Array<ArrayBuffer> {
    return bytes(since === 1 && this.now === "whole" ? "delta" : this.now);
  }
}

let disk: Disk;
let server: Server;
let keeper: Keeper;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: 1_700_000_000_000 });
  disk = new Disk();
  server = new Server();
  keeper = new Keeper(disk);
});
afterEach(() => { vi.useRealTimers(); });

const later = (ms: number) => vi.setSystemTime(Date.now() + ms);

test("the first page after installation has a filter at once", async () => {
  expect((await keeper.ready(SERVER, server.fetch)).version).toBe(1);
  expect(server.asked).toEqual([null]);
});

test("pages that ask at the same time cost one request", async () => {
  await Promise.all([1, 2, 3].map(() => keeper.ready(SERVER, server.fetch)));
  expect(server.asked).toEqual([null]);
});

test("a worker that starts again takes it from the disk", async () => {
  await keeper.ready(SERVER, server.fetch);
  const again = await new Keeper(disk).ready(SERVER, server.fetch);
  expect(again.version).toBe(1);
  expect(server.asked).toEqual([null]);
});

test("what was damaged on the disk is fetched again", async () => {
  await keeper.ready(SERVER, server.fetch);
  disk.kept.get(SERVER)!.content[40]! ^= 1;
  expect((await new Keeper(disk).ready(SERVER, server.fetch)).version).toBe(1);
  expect(server.asked).toEqual([null, null]);
});

test("the filter of another server is not used", async () => {
  await keeper.ready(SERVER, server.fetch);
  await keeper.ready("https://other.example", server.fetch);
  expect(server.asked).toEqual([null, null]);
});

describe("news", () => {
  beforeEach(async () => {
    await keeper.ready(SERVER, server.fetch);
    server.now = "whole";
  });

  test("are not asked for before the server's waiting time is over", async () => {
    later(FIVE_MINUTES - 1);
    expect(await keeper.ready(SERVER, server.fetch)).toMatchObject({ version: 1, changed: false });
    expect(server.asked).toEqual([null]);
  });

  test("come as a difference once it is over, and are kept", async () => {
    later(FIVE_MINUTES * 1.25);
    expect(await keeper.ready(SERVER, server.fetch)).toMatchObject({ version: 2, changed: true });
    expect(server.asked).toEqual([null, 1]);
    expect(await keeper.ready(SERVER, server.fetch)).toMatchObject({ version: 2, changed: false });
    expect(disk.kept.get(SERVER)!.digest).toBe(digest);
  });

  test("reach a browser that was closed for long before its first sentence is checked", async () => {
    later(FIVE_MINUTES * 1000);
    const again = new Keeper(disk);
    expect((await again.ready(SERVER, server.fetch)).version).toBe(2);
    expect(server.asked).toEqual([null, 1]);
  });

  test("are asked for at once when an answer came from another version, but not on and on", async () => {
    await keeper.ready(SERVER, server.fetch, 1);
    expect(server.asked).toEqual([null]);
    await keeper.ready(SERVER, server.fetch, 3);
    await keeper.ready(SERVER, server.fetch, 3);
    expect(server.asked).toEqual([null, 1]);
    later(31_000);
    await keeper.ready(SERVER, server.fetch, 3);
    expect(server.asked).toEqual([null, 1, 2]);
  });

  test.each([
    ["of another base", 50],
    ["to another digest", 20],
    ["that is damaged", 100],
  ])("a difference %s leads to the whole filter", async (_, place) => {
    const answer = server.answer.bind(server);
    server.answer = (since) => {
      const body = answer(since);
      if (since !== null) body[place]! ^= 1;
      return body;
    };
    later(FIVE_MINUTES * 1.25);
    expect(await keeper.ready(SERVER, server.fetch)).toMatchObject({ version: 2, changed: true });
    expect(server.asked).toEqual([null, 1, null]);
    expect(disk.kept.get(SERVER)!.digest).toBe(digest);
  });

  test("that cannot be had leave the filter that is there, and are not asked for on and on", async () => {
    later(FIVE_MINUTES * 1.25);
    let asked = 0;
    const away = () => {
      asked += 1;
      return Promise.reject(new Error("away"));
    };
    for (let page = 0; page < 9; page++) expect((await keeper.ready(SERVER, away)).version).toBe(1);
    expect(asked).toBe(1);
  });

  test("in a format of the future leave no filter: nothing may be sent any more", async () => {
    const future = () => {
      const body = bytes("whole");
      body[4] = 2;
      return Promise.resolve(body);
    };
    later(FIVE_MINUTES * 1.25);
    await expect(keeper.ready(SERVER, future)).rejects.toThrow(UnknownFormat);
    await expect(keeper.ready(SERVER, future)).rejects.toThrow(UnknownFormat);
    expect(disk.kept.size).toBe(0);
  });
});

test("without a filter there is nothing to decide by", async () => {
  const away = () => Promise.reject(new Error("away"));
  await expect(keeper.ready(SERVER, away)).rejects.toThrow("away");
});

test("a whole filter that is not what it says is refused", async () => {
  const damaged = () => {
    const body = bytes("whole");
    body[20]! ^= 1;
    return Promise.resolve(body);
  };
  await expect(keeper.ready(SERVER, damaged)).rejects.toThrow(FilterError);
  expect(disk.kept.size).toBe(0);
});
