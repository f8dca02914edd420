/** Answers page scripts. They live beside untrusted pages: nothing they say is taken on trust. */
import { browser, type Browser } from "wxt/browser";
import { dismissal, dismissedOn } from "../common/dismissals.ts";
import type { PageMessage, PageReplies, PageSettings, ToPage, ToPageReplies } from "../common/messages.ts";
import { reportBody } from "../common/reports.ts";
import { loadSettings, type Settings } from "../common/settings.ts";
import { isUnder, reading } from "../common/sites.ts";
import { showBadge } from "./badge.ts";
import { dismiss, dismissals, restore } from "./dismissals.ts";
import { marksCss } from "./marks-css.ts";
import { askCase, checkSentences, handIn } from "./service.ts";
import { caseAtHand, checkStrictly } from "./strict.ts";
import { changeTab, readTabs, tabCounts, withFrame, withNewPage, type TabCounts } from "./session.ts";

/** Sentences that one tab may ask about in one window of time: a very long page, or a feed. */
export const TAB_SENTENCES = 20_000;
export const TAB_WINDOW_MS = 10 * 60_000;
/** Reports that one tab may hand in meanwhile: more than anyone writes. */
const TAB_REPORTS = 20;

/** A page's frame, as the browser (not the page) describes it. */
export interface Frame {
  readonly tab: number;
  readonly frame: number;
  /** Host of the page in the tab, whatever the frame holds. */
  readonly host: string;
  readonly incognito: boolean;
}

export function frameOf(sender: Browser.runtime.MessageSender): Frame | null {
  const { tab, frameId } = sender;
  const address = tab?.url ?? sender.url ?? "";
  if (tab?.id === undefined || frameId === undefined || !URL.canParse(address)) return null;
  return { tab: tab.id, frame: frameId, host: new URL(address).hostname, incognito: tab.incognito };
}

async function pageSettings(settings: Settings, tab: number, host: string): Promise<PageSettings> {
  const { showSimilar, showMarks, openOnHover, theme, server } = settings;
  const dismissed = dismissedOn(await dismissals(settings, tab), host);
  return { showSimilar, showMarks, openOnHover, theme, dismissed, server };
}

export function isRead(settings: Settings, host: string, counts: TabCounts): boolean {
  if (!settings.ready) return false;
  return reading(settings, host, counts.clickedHost === host) === "on";
}

/** Sentences still allowed in the window, and the milliseconds until it ends. Pure. */
export function allowance(counts: TabCounts, now: number): { left: number; ms: number } {
  const ends = counts.windowSince + TAB_WINDOW_MS;
  if (now >= ends) return { left: TAB_SENTENCES, ms: 0 };
  return { left: Math.max(0, TAB_SENTENCES - counts.windowSent), ms: ends - now };
}

export async function answerPage(
  message: PageMessage,
  from: Frame,
  settings: Settings,
  indexChanged: () => void,
): Promise<PageReplies[PageMessage["type"]]> {
  const { tab, frame, host } = from;
  const counts = await tabCounts(tab);
  const read = isRead(settings, host, counts);
  switch (message.type) {
    case "page:start":
      if (!read) return { run: false };
      await changeTab(tab, (before) => {
        // Frames may speak up before the page around them does.
        const page = frame === 0 ? withNewPage(before, message.loading) : before;
        return withFrame(page, frame, () => ({ since: Date.now(), hints: 0, checked: 0, sent: 0 }));
      });
      return { run: true, settings: await pageSettings(settings, tab, host) };
    case "page:paint":
      await browser.scripting.insertCSS({
        target: { tabId: tab, frameIds: [frame] },
        css: marksCss(message.names),
        // Chromium paints no ground of a rule that comes from a user's sheet.
        origin: "AUTHOR",
      });
      return true;
    case "page:count": {
      const after = await changeTab(tab, (before) =>
        withFrame(before, frame, (counted) => ({ ...counted, hints: message.hints })),
      );
      await showBadge(tab, totalHints(after));
      return true;
    }
    case "page:case":
      if (!read) return { state: "away", case: null, asOf: null };
      return settings.mode === "strict"
        ? caseAtHand(message.id, settings.server)
        : askCase(message.id, settings.server, from.incognito);
    case "page:dismiss": {
      await dismiss(dismissal(message.reach, message, host), from, settings);
      await applySettings(await loadSettings());
      return { kept: !from.incognito };
    }
    case "page:restore":
      await restore(dismissal(message.reach, message, host), settings);
      await applySettings(await loadSettings());
      return true;
    case "page:report": {
      if (!read) return { state: "refused" };
      const after = await changeTab(tab, (before) => inWindow(before, { reports: 1 }));
      if (after.windowReports > TAB_REPORTS) {
        return { state: "wait", seconds: Math.ceil(allowance(after, Date.now()).ms / 1000) };
      }
      const sentences = message.sentence === undefined ? 0 : 1;
      return handIn(reportBody(message), sentences, settings.server, from.incognito);
    }
    case "page:check": {
      if (!read) return { state: "stopped" };
      const { left, ms } = allowance(counts, Date.now());
      if (left < message.sentences.length) return { state: "wait", ms };
      const checked =
        settings.mode === "strict"
          ? await checkStrictly(message.sentences, host, settings)
          : await checkSentences(message.sentences, host, settings, from.incognito);
      if (checked.reply.state === "answered") {
        await changeTab(tab, (before) =>
          withFrame(inWindow(before, { sent: checked.sent }), frame, (counts) => ({
            ...counts,
            checked: counts.checked + message.sentences.length,
            sent: counts.sent + checked.sent,
          })),
        );
      }
      if (checked.changed) indexChanged();
      return checked.reply;
    }
  }
}

/** Counts what leaves in the present window of time, or in a new one. */
function inWindow(before: TabCounts, { sent = 0, reports = 0 }): TabCounts {
  const now = Date.now();
  const fresh = now >= before.windowSince + TAB_WINDOW_MS;
  return {
    ...before,
    windowSince: fresh ? now : before.windowSince,
    windowSent: (fresh ? 0 : before.windowSent) + sent,
    windowReports: (fresh ? 0 : before.windowReports) + reports,
  };
}

function totalHints({ frames }: TabCounts): number {
  return Object.values(frames).reduce((sum, { hints }) => sum + hints, 0);
}

/** Speaks to one frame; `null` when nothing of ours runs there (any more). */
export async function toPage<T extends ToPage["type"]>(
  tab: number,
  frame: number,
  message: Extract<ToPage, { type: T }>,
): Promise<ToPageReplies[T] | null> {
  try {
    const reply = await browser.tabs.sendMessage<ToPage, ToPageReplies[T] | undefined>(tab, message, {
      frameId: frame,
    });
    return reply ?? null;
  } catch {
    return null;
  }
}

/** Frames of a tab in their order, the top one first. */
export function framesOf(counts: TabCounts): number[] {
  return Object.keys(counts.frames).map(Number).sort((one, other) => one - other);
}

/** Speaks to every page that is read. */
export async function toAllPages(message: ToPage): Promise<void> {
  for (const tab of await readTabs()) {
    for (const frame of framesOf(await tabCounts(tab))) await toPage(tab, frame, message);
  }
}

export async function stopTab(tab: number): Promise<void> {
  for (const frame of framesOf(await tabCounts(tab))) await toPage(tab, frame, { type: "to-page:stop" });
  await changeTab(tab, (before) => ({ ...before, frames: {}, cursor: null, clickedHost: null }));
  await showBadge(tab, 0);
}

/** Shows the next hint of a tab, or the one before, through all its frames and round again. */
export async function stepHint(tab: number, by: 1 | -1): Promise<void> {
  const counts = await tabCounts(tab);
  const frames = framesOf(counts).filter((frame) => (counts.frames[frame]?.hints ?? 0) > 0);
  if (by === -1) frames.reverse();
  const at = counts.cursor === null ? -1 : frames.indexOf(counts.cursor);
  const round = at === -1 ? frames : [...frames.slice(at), ...frames.slice(0, at + 1)];
  for (const [turn, frame] of round.entries()) {
    const fresh = at === -1 || turn > 0;
    if ((await toPage(tab, frame, { type: "to-page:step", by, fresh })) === true) {
      await changeTab(tab, (before) => ({ ...before, cursor: frame }));
      return;
    }
  }
}

/** A site that is to be left alone from now on is not read in tabs either where the reader once started it by hand. */
export async function forgetClicks(sites: readonly string[]): Promise<void> {
  for (const tab of await readTabs()) {
    await changeTab(tab, (counts) => {
      const left = sites.some((site) => counts.clickedHost !== null && isUnder(counts.clickedHost, site));
      return left ? { ...counts, clickedHost: null } : counts;
    });
  }
}

/** Brings the pages that are read in step with changed settings. */
export async function applySettings(settings: Settings): Promise<void> {
  for (const tab of await readTabs()) {
    const counts = await tabCounts(tab);
    // A tab shows no address when the permission for its site was taken back.
    const address = await browser.tabs.get(tab).then(({ url }) => url ?? "", () => "");
    const host = URL.canParse(address) ? new URL(address).hostname : null;
    if (host === null || !isRead(settings, host, counts)) await stopTab(tab);
    else {
      const changed = await pageSettings(settings, tab, host);
      for (const frame of framesOf(counts)) {
        await toPage(tab, frame, { type: "to-page:settings", settings: changed });
      }
    }
  }
}
