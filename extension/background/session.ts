/**
 * What the background has to remember while the browser runs. It may be stopped after any event,
 * so nothing is kept in variables: all of it is in session storage, which is memory and never disk.
 * No text of a page is in there.
 */
import { browser } from "wxt/browser";
import type { IndexAnswer } from "../common/wire.ts";
import { turns } from "./turns.ts";

export interface FrameCounts {
  /** When the page in the frame began to be read (ms since the epoch). */
  since: number;
  hints: number;
  /** Sentences that were checked in the browser, and those of them that left it. */
  checked: number;
  sent: number;
}

export interface TabCounts {
  /** Beginning of the present time window, and the sentences asked about in it. */
  windowSince: number;
  windowSent: number;
  /** Reports handed in from the pages of the tab in the same window. */
  windowReports: number;
  /** The frames of the tab whose pages are read. */
  frames: Record<string, FrameCounts>;
  /** The frame in which the last hint was stepped to. */
  cursor: number | null;
  /** The host whose pages the reader started by hand in this tab. */
  clickedHost: string | null;
}

const NO_COUNTS: TabCounts = {
  windowSince: 0,
  windowSent: 0,
  windowReports: 0,
  frames: {},
  cursor: null,
  clickedHost: null,
};

/** How the server did last. `until`: no request before (ms since the epoch). */
export interface ServerMemory {
  server: string;
  failures: number;
  until: number;
  index: IndexAnswer | null;
  version: number | null;
  digest: string | null;
}

async function get(key: string): Promise<unknown> {
  return (await browser.storage.session.get(key))[key];
}

// Read, change and write again must not interleave: messages of several frames come at once.
const inTurn = turns();

const tabKey = (tab: number) => `tab:${tab}`;

export async function tabCounts(tab: number): Promise<TabCounts> {
  return { ...NO_COUNTS, ...((await get(tabKey(tab))) as Partial<TabCounts> | undefined) };
}

export function changeTab(tab: number, change: (counts: TabCounts) => TabCounts): Promise<TabCounts> {
  return inTurn(async () => {
    const counts = change(await tabCounts(tab));
    await browser.storage.session.set({ [tabKey(tab)]: counts });
    return counts;
  });
}

export function forgetTab(tab: number): Promise<void> {
  return inTurn(() => browser.storage.session.remove(tabKey(tab)));
}

/** The counts with those of one frame changed; a frame that is new begins at nothing. */
export function withFrame(
  counts: TabCounts,
  frame: number,
  change: (frame: FrameCounts) => FrameCounts,
): TabCounts {
  const before = counts.frames[frame] ?? { since: Date.now(), hints: 0, checked: 0, sent: 0 };
  return { ...counts, frames: { ...counts.frames, [frame]: change(before) } };
}

/** The counts when a new page has begun to load at `since`: frames of the page before are gone. */
export function withNewPage(counts: TabCounts, since: number): TabCounts {
  const frames = Object.entries(counts.frames).filter(([, frame]) => frame.since >= since);
  return { ...counts, frames: Object.fromEntries(frames), cursor: null };
}

/** Numbers of the tabs in which a page is read. */
export async function readTabs(): Promise<number[]> {
  const all = await browser.storage.session.get(null);
  return Object.entries(all)
    .filter(([key, value]) => key.startsWith("tab:") && Object.keys((value as TabCounts).frames).length > 0)
    .map(([key]) => Number(key.slice(4)));
}

const SERVER_KEY = "server";

/** What is known of a server; nothing, when the memory is of another one. */
export async function serverMemory(server: string): Promise<ServerMemory> {
  const memory = (await get(SERVER_KEY)) as ServerMemory | undefined;
  if (memory?.server === server) return memory;
  return { server, failures: 0, until: 0, index: null, version: null, digest: null };
}

export function changeServer(
  server: string,
  change: (memory: ServerMemory) => ServerMemory,
): Promise<ServerMemory> {
  return inTurn(async () => {
    const memory = change(await serverMemory(server));
    await browser.storage.session.set({ [SERVER_KEY]: memory });
    return memory;
  });
}
