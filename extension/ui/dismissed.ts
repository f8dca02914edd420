/** What the reader has dismissed, on the options page: each can be taken back. */
import { browser } from "wxt/browser";
import type { Dismissal } from "../common/dismissals.ts";
import { button, element } from "../common/elements.ts";
import { onSettings } from "../common/settings.ts";
import { say } from "../common/words.ts";
import { ask } from "./ask.ts";
import { byId } from "./page.ts";

export async function joinDismissed(): Promise<void> {
  browser.storage.session.onChanged.addListener((changes) => {
    if ("dismissed" in changes) void show();
  });
  onSettings((settings, before) => {
    if (JSON.stringify(settings.dismissed) !== JSON.stringify(before.dismissed)) void show();
  });
  await show();
}

async function show(): Promise<void> {
  const dismissals = await ask({ type: "ui:dismissed" });
  byId("no-dismissed", HTMLElement).hidden = dismissals.length > 0;
  const list = byId("dismissed", HTMLElement);
  list.hidden = dismissals.length === 0;
  // The latest first: it is the one that is looked for.
  list.replaceChildren(...dismissals.map(entryOf).reverse());
}

function entryOf(dismissal: Dismissal): HTMLElement {
  const { claim, site, sentence } = dismissal;
  const reach =
    sentence !== null ? say("hideSentence") : site !== null ? say("hideSite", site) : say("hideEverywhere");
  const restore = button(say("optionsHiddenShow"), () => void ask({ type: "ui:restore", dismissal }), {
    "aria-label": `${say("optionsHiddenShow")}: ${sentence ?? claim}`,
  });
  return element(
    "li",
    {},
    element("span", { dir: "auto" }, sentence ?? claim),
    element("span", { class: "quiet" }, reach),
    restore,
  );
}
