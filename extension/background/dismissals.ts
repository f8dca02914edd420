/**
 * Keeps what the reader has dismissed. A case, on one site or everywhere, is an option like the
 * others and stays. A sentence is text of a page: it is in session storage, which is memory. From
 * private windows nothing reaches further than the tab.
 */
import { browser } from "wxt/browser";
import { withDismissal, withoutDismissal, type Dismissal } from "../common/dismissals.ts";
import { saveSettings, type Settings } from "../common/settings.ts";
import { turns } from "./turns.ts";

const KEY = "dismissed";

/** `tab`: where alone it holds; `null`: in all. */
type SessionDismissal = Dismissal & { readonly tab: number | null };

const inTurn = turns();

async function ofSession(): Promise<SessionDismissal[]> {
  return ((await browser.storage.session.get(KEY))[KEY] as SessionDismissal[] | undefined) ?? [];
}

function changeSession(change: (list: readonly SessionDismissal[]) => SessionDismissal[]): Promise<void> {
  return inTurn(async () => {
    await browser.storage.session.set({ [KEY]: change(await ofSession()) });
  });
}

/** What holds in a tab; without a tab, what the reader can look through. */
export async function dismissals(settings: Settings, tab: number | null): Promise<Dismissal[]> {
  const session = (await ofSession()).filter((entry) => entry.tab === null || entry.tab === tab);
  return [...settings.dismissed, ...session.map(({ case: id, claim, site, sentence }) => ({ case: id, claim, site, sentence }))];
}

export async function dismiss(added: Dismissal, from: { tab: number; incognito: boolean }, settings: Settings): Promise<void> {
  if (added.sentence === null && !from.incognito) {
    await saveSettings({ dismissed: withDismissal(settings.dismissed, added) });
  } else {
    await changeSession((list) => withDismissal(list, { ...added, tab: from.incognito ? from.tab : null }));
  }
}

/** Takes one back, from wherever it was kept. */
export async function restore(undone: Dismissal, settings: Settings): Promise<void> {
  await changeSession((list) => withoutDismissal(list, undone));
  const kept = withoutDismissal(settings.dismissed, undone);
  if (kept.length < settings.dismissed.length) await saveSettings({ dismissed: kept });
}

/** A closed tab takes along what held in it alone. */
export function forgetDismissals(tab: number): Promise<void> {
  return changeSession((list) => list.filter((entry) => entry.tab !== tab));
}
