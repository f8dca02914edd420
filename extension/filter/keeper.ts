/**
 * Keeps a server's filter at hand and up to date: in memory while the worker runs, else on disk,
 * else fetched. Nothing is believed whose digest does not fit.
 */
import { turns } from "../background/turns.ts";
import { Filter } from "./filter.ts";
import type { Kept, Store } from "./store.ts";
import { apply, decode, digest, FilterError, UnknownFormat, unpack } from "./wire.ts";

/** Fetches a response to `GET /v1/filter`; `since`: version of the filter that is at hand. */
export type Fetch = (since: number | null) => Promise<Uint8Array<ArrayBuffer>>;

export interface Ready {
  readonly filter: Filter;
  readonly version: number;
  readonly digest: string;
}

/** Milliseconds between two questions, however often a new version is heard of. */
const LEAST_GAP_MS = 30_000;

export class Keeper {
  private readonly store: Store;
  private held: { kept: Kept; filter: Filter; askedAt: number } | null = null;
  private readonly inTurn = turns();

  constructor(store: Store) {
    this.store = store;
  }

  /**
   * The filter to decide by.
   *
   * @throws UnknownFormat where the server has one that cannot be read here: nothing may be sent.
   * @throws FilterError where what came is damaged, and whatever `fetch` throws.
   */
  async ready(server: string, fetch: Fetch): Promise<Ready> {
    return this.inTurn(async () => {
      if (this.held?.kept.server !== server) {
        const kept = await this.store.read(server);
        if (kept !== undefined && (await this.isIntact(kept))) this.hold(kept, 0);
        else await this.fetchWhole(server, fetch);
      }
      const { kept, filter } = this.held!;
      return { filter, version: kept.version, digest: kept.digest };
    });
  }

  /**
   * Asks for a newer filter when it is time, or when another version was `heard` of. Returns
   * whether the filter is another one than before. Throws as `ready` does.
   */
  async refresh(server: string, fetch: Fetch, heard: number | null = null): Promise<boolean> {
    const before = await this.ready(server, fetch);
    return this.inTurn(async () => {
      if (this.held === null) return true;
      const { kept, askedAt } = this.held;
      const now = Date.now();
      const news = heard !== null && heard !== kept.version && now >= askedAt + LEAST_GAP_MS;
      // A clock that was set back must not stop the updates.
      const due = now >= kept.due || kept.due > now + 7 * 86_400_000;
      if (kept.server === server && (news || due)) await this.update(kept, fetch);
      return this.held?.kept.digest !== before.digest;
    });
  }

  private async update(kept: Kept, fetch: Fetch): Promise<void> {
    try {
      const message = await unpack(await fetch(kept.version));
      let content = message.content;
      if (message.base !== null) {
        if (message.base !== kept.digest) return await this.fetchWhole(kept.server, fetch);
        content = apply(decode(kept.content), content);
      }
      if ((await digest(content)) !== message.digest) throw new FilterError("another digest");
      await this.keep(kept.server, message, content);
    } catch (error) {
      if (error instanceof UnknownFormat) await this.forget(kept.server);
      else if (error instanceof FilterError) return this.fetchWhole(kept.server, fetch);
      throw error;
    }
  }

  private async fetchWhole(server: string, fetch: Fetch): Promise<void> {
    const message = await unpack(await fetch(null));
    if (message.base !== null || (await digest(message.content)) !== message.digest) {
      throw new FilterError("not what its digest says");
    }
    await this.keep(server, message, message.content);
  }

  private async keep(
    server: string,
    { version, minWaitS, digest }: { version: number; minWaitS: number; digest: string },
    content: Uint8Array<ArrayBuffer>,
  ): Promise<void> {
    // Readers who opened their browsers together shall not ask together.
    const due = Date.now() + Math.max(60, minWaitS) * 1000 * (1 + Math.random() / 4);
    const kept = { server, version, digest, content, due };
    this.hold(kept, Date.now());
    await this.store.write(kept);
  }

  private hold(kept: Kept, askedAt: number): void {
    const same = this.held?.kept.digest === kept.digest ? this.held.filter : null;
    this.held = { kept, filter: same ?? new Filter(decode(kept.content)), askedAt };
  }

  private async forget(server: string): Promise<void> {
    this.held = null;
    await this.store.remove(server);
  }

  private async isIntact({ content, digest: expected }: Kept): Promise<boolean> {
    return (await digest(content)) === expected;
  }
}
