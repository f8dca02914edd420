/** Cases seen in this session, so that their cards stay readable when the service is away. */
import { browser } from "wxt/browser";
import type { Case } from "../common/wire.ts";

const KEY = "seen";
const MAX_SEEN = 300;

interface Seen {
  readonly case: Case;
  readonly asOf: string;
}

async function all(): Promise<Seen[]> {
  return ((await browser.storage.session.get(KEY))[KEY] as Seen[] | undefined) ?? [];
}

/** The latest come first; the oldest are forgotten. */
export function withSeen(before: readonly Seen[], cases: readonly Case[], asOf: string): Seen[] {
  const ids = new Set(cases.map(({ id }) => id));
  return [...cases.map((seen) => ({ case: seen, asOf })), ...before.filter((seen) => !ids.has(seen.case.id))].slice(0, MAX_SEEN);
}

export async function rememberCases(cases: readonly Case[], asOf: string): Promise<void> {
  if (cases.length === 0) return;
  await browser.storage.session.set({ [KEY]: withSeen(await all(), cases, asOf) });
}

export async function rememberedCase(id: string): Promise<Seen | null> {
  return (await all()).find((seen) => seen.case.id === id) ?? null;
}
