/**
 * Keeps a server's filter at hand and up to date: in memory while the worker runs, else on disk,
 * else fetched. Nothing is believed whose digest does not fit.
 */
import { turns } from "../background/turns.ts";
import { Filter } from "./filter.ts";
import type { Kept, Store } from "./store.ts";
import { apply, decode, digest, FilterError, UnknownFormat, unpack, type Message } from "./wire.ts";

/** Fetches a response to `GET /v1/filter`; `since`: version of the filter that is at hand. */
export type Fetch = (since: number | null) => Promise<Uint8Array<ArrayBuffer>>;

export interface Ready {
  readonly filter: Filter;
  readonly version: number;
  /** Another filter took the place of the one before: what was decided by that is to be done again. */
  readonly changed: boolean;
}

/** Milliseconds between two questions about one version that was heard of. */
const LEAST_GAP_MS = 30_000;
const FAR_MS = 7 * 86_400_000;

export class Keeper {
  private readonly store: Store;
  private readonly inTurn = turns();
  private held: { kept: Kept; filter: Filter } | null = null;
  /** When was last asked, and which version had been heard of then. */
  private asked: { at: number; heard: number | null } = { at: 0, heard: null };

  constructor(store: Store) {
    this.store = store;
  }

  /**
   * The filter to decide by: the one at hand, or a newer one where it is time to ask for it or
   * another version was `heard` of. While no newer one can be had, the one at hand serves.
   *
   * @throws UnknownFormat where the server has one that cannot be read here: nothing may be sent.
   * @throws FilterError where what came is damaged, and without a filter whatever `fetch` throws.
   */
  ready(server: string, fetch: Fetch, heard: number | null = null): Promise<Ready> {
    return this.inTurn(async () => {
      if (this.held?.kept.server !== server) {
        this.held = null;
        const kept = await this.store.read(server);
        if (kept !== undefined && (await digest(kept.content)) === kept.digest) this.hold(kept);
        else await this.fetchWhole(server, fetch);
      }
      const before = this.held!;
      if (this.isDue(before.kept, heard)) {
        this.asked = { at: Date.now(), heard };
        await this.update(before.kept, fetch);
      }
      const { kept, filter } = this.held!;
      return { filter, version: kept.version, changed: kept.digest !== before.kept.digest };
    });
  }

  private isDue({ version, due }: Kept, heard: number | null): boolean {
    const now = Date.now();
    // A clock that was set back must not put the next question off for ever.
    if (now >= due || due > now + FAR_MS) return now >= this.asked.at + LEAST_GAP_MS || now < this.asked.at;
    if (heard === null || heard === version) return false;
    return heard !== this.asked.heard || now >= this.asked.at + LEAST_GAP_MS;
  }

  private async update(kept: Kept, fetch: Fetch): Promise<void> {
    try {
      const message = await unpack(await fetch(kept.version));
      const content = await this.contentAfter(kept, message);
      if (content === null) await this.fetchWhole(kept.server, fetch);
      else await this.keep(kept.server, message, content);
    } catch (error) {
      if (!(error instanceof FilterError)) return;
      this.held = null;
      await this.store.remove(kept.server);
      if (error instanceof UnknownFormat) throw error;
      await this.fetchWhole(kept.server, fetch);
    }
  }

  /** The canonical bytes that a message leads to; `null` where it does not lead where it says. */
  private async contentAfter(kept: Kept, message: Message): Promise<Uint8Array<ArrayBuffer> | null> {
    if (message.base !== null && message.base !== kept.digest) return null;
    const content = message.base === null ? message.content : apply(decode(kept.content), message.content);
    return (await digest(content)) === message.digest ? content : null;
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
    { version, minWaitS, digest }: Message,
    content: Uint8Array<ArrayBuffer>,
  ): Promise<void> {
    // Readers who opened their browsers together shall not ask together.
    const due = Date.now() + Math.max(60, minWaitS) * 1000 * (1 + Math.random() / 4);
    const kept = { server, version, digest, content, due };
    this.hold(kept);
    await this.store.write(kept);
  }

  private hold(kept: Kept): void {
    const same = this.held?.kept.digest === kept.digest ? this.held.filter : null;
    this.held = { kept, filter: same ?? new Filter(decode(kept.content)) };
  }
}
