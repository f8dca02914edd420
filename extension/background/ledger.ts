/**
 * What left the browser, to the letter: kept in session storage, which is memory and never disk,
 * gone with the browser, and never begun in private windows.
 */
import { browser } from "wxt/browser";
import type { LedgerEntry } from "../common/messages.ts";
import { turns } from "./turns.ts";

const KEY = "ledger";
const MOST_ENTRIES = 50;
/** Characters of all entries together; browsers give session storage some 10 MB. */
const MOST_CHARS = 2_000_000;

const inTurn = turns();

/** The newest entries that fit, newest first. Pure. */
export function withEntry(entries: readonly LedgerEntry[], entry: LedgerEntry): LedgerEntry[] {
  let chars = 0;
  return [entry, ...entries].slice(0, MOST_ENTRIES).filter(({ body }, at) => {
    chars += body.length;
    return at === 0 || chars <= MOST_CHARS;
  });
}

export async function ledger(): Promise<LedgerEntry[]> {
  return ((await browser.storage.session.get(KEY))[KEY] as LedgerEntry[] | undefined) ?? [];
}

export function enter(entry: LedgerEntry): Promise<void> {
  return inTurn(async () => {
    await browser.storage.session.set({ [KEY]: withEntry(await ledger(), entry) });
  });
}

export function clearLedger(): Promise<void> {
  return inTurn(() => browser.storage.session.remove(KEY));
}
