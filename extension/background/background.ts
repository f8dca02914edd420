/** Joins the parts of the background. Every listener is there as soon as the worker starts. */
import * as v from "valibot";
import { browser } from "wxt/browser";
import { PageMessage, UiMessage } from "../common/messages.ts";
import { loadSettings, onSettings } from "../common/settings.ts";
import { stayAnonymous } from "./anonymous.ts";
import { forgetDismissals } from "./dismissals.ts";
import { answerPage, applySettings, forgetClicks, frameOf, stepHint, toAllPages } from "./pages.ts";
import { register, runInOpenTabs } from "./registration.ts";
import { apiOf, forgive } from "./service.ts";
import { changeServer, forgetTab, readTabs, serverMemory } from "./session.ts";
import { forgetPack, prepare } from "./strict.ts";
import { turns } from "./turns.ts";
import { answerUi } from "./ui.ts";

const FRESH_ALARM = "fresh";
/** Milliseconds for which word of a changed index is held back, so that all workers have it. */
const SETTLE_MS = 2000;

let settling = false;

/** Tells the pages that the index is another one, once it has settled. */
function indexChanged(): void {
  if (settling) return;
  settling = true;
  setTimeout(() => {
    settling = false;
    void toAllPages({ type: "to-page:changed" });
  }, SETTLE_MS * (1 + Math.random()));
}

/** Looks for a new index now and then while a page is read: nobody may ask about it for long. */
async function lookForNews(): Promise<void> {
  const { server, ready } = await loadSettings();
  if (!ready || (await readTabs()).length === 0) return;
  const before = await serverMemory(server);
  if (before.until > Date.now()) return;
  try {
    const index = await (await apiOf(server)).index();
    await changeServer(server, (memory) => ({
      ...memory,
      index,
      version: index.version,
      digest: index.digest,
    }));
    if (before.digest !== null && before.digest !== index.digest) indexChanged();
    await scheduleNews(index.min_wait_s);
  } catch {
    // Away, slow, busy: the pages' own questions find out, and wait.
  }
}

async function scheduleNews(seconds = 300): Promise<void> {
  // Readers who opened their browsers together shall not ask together.
  const periodInMinutes = (Math.max(60, seconds) / 60) * (1 + Math.random() / 4);
  await browser.alarms.create(FRESH_ALARM, { periodInMinutes });
}

const inTurn = turns();

/** Brings everything in step with the settings as they are now. */
function follow(): Promise<void> {
  return inTurn(async () => {
    const settings = await loadSettings();
    await stayAnonymous([settings.server]);
    await register(settings);
    await applySettings(settings);
    if (settings.ready) await runInOpenTabs(settings);
  });
}

/** Our own pages speak with the extension's address; page scripts with their page's. */
function isOwnPage(url: string | undefined): boolean {
  return url?.startsWith(browser.runtime.getURL("/")) ?? false;
}

export function startBackground(): void {
  // Requests wait for the rule that strips what could identify the reader.
  const anonymous = loadSettings().then(({ server }) => stayAnonymous([server]));

  browser.runtime.onMessage.addListener((message, sender, reply) => {
    if (sender.id !== browser.runtime.id) return false;
    const answer = async (): Promise<unknown> => {
      await anonymous;
      const settings = await loadSettings();
      if (isOwnPage(sender.url)) {
        return answerUi(v.parse(UiMessage, message), settings);
      }
      const from = frameOf(sender);
      if (from === null) throw new Error("a message from nowhere");
      return answerPage(v.parse(PageMessage, message), from, settings, indexChanged);
    };
    answer().then(reply, (error: unknown) => {
      // Without the message's content: it may be text of a page.
      console.warn("a message was not answered:", error instanceof v.ValiError ? "malformed" : error);
      reply(null);
    });
    return true;
  });

  browser.runtime.onInstalled.addListener(({ reason }) => {
    void (async () => {
      await follow();
      await scheduleNews();
      if (reason === "install" && !(await loadSettings()).ready) {
        await browser.tabs.create({ url: browser.runtime.getURL("/welcome.html") });
      }
    })();
  });
  browser.runtime.onStartup.addListener(() => {
    void follow();
  });
  onSettings((settings, before) => {
    const left = settings.sitesOff.filter((site) => !before.sitesOff.includes(site));
    void forgetClicks(left).then(follow);
    const otherAnswers =
      settings.server !== before.server ||
      settings.sensitivity !== before.sensitivity ||
      settings.mode !== before.mode;
    if (otherAnswers) void toAllPages({ type: "to-page:changed" });
    // What strict mode needs is there before the first page needs it; what fails is tried again then.
    if (settings.ready && settings.mode === "strict") void prepare(settings.server).catch(() => undefined);
    else if (before.mode === "strict") void forgetPack();
  });
  browser.permissions.onAdded.addListener(() => {
    void loadSettings().then(({ server }) => forgive(server)).then(follow);
  });
  browser.permissions.onRemoved.addListener(() => {
    void follow();
  });
  browser.tabs.onRemoved.addListener((tab) => {
    void forgetTab(tab);
    void forgetDismissals(tab);
  });
  browser.alarms.onAlarm.addListener(() => {
    void lookForNews();
  });
  browser.commands.onCommand.addListener((command, tab) => {
    if (tab?.id === undefined) return;
    if (command === "next-hint") void stepHint(tab.id, 1);
    if (command === "previous-hint") void stepHint(tab.id, -1);
  });
}
