/** The ledger on the options page: what left the browser, request by request, to the letter. */
import { browser } from "wxt/browser";
import { element } from "../common/elements.ts";
import type { LedgerEntry } from "../common/messages.ts";
import { REPORT_PATH } from "../common/reports.ts";
import { say, sayTime } from "../common/words.ts";
import { ask } from "./ask.ts";
import { byId } from "./page.ts";

export async function joinLedger(): Promise<void> {
  byId("clear-ledger", HTMLButtonElement).addEventListener("click", () => {
    void ask({ type: "ui:clear-ledger" });
  });
  browser.storage.session.onChanged.addListener((changes) => {
    if ("ledger" in changes) void show();
  });
  await show();
}

async function show(): Promise<void> {
  const entries = await ask({ type: "ui:ledger" });
  byId("no-ledger", HTMLElement).hidden = entries.length > 0;
  byId("clear-ledger", HTMLButtonElement).hidden = entries.length === 0;
  byId("ledger", HTMLElement).hidden = entries.length === 0;
  byId("ledger", HTMLElement).replaceChildren(...entries.map(entryOf));
}

function wordsFor({ at, server, path, sentences, body }: LedgerEntry): string {
  const when = sayTime(new Date(at).toISOString());
  const { host } = new URL(server);
  if (path === REPORT_PATH) return say("ledgerReport", when, host);
  return body === "" ? say("ledgerCase", when, host) : say("ledgerSentences", when, host, sentences.toLocaleString());
}

function entryOf(entry: LedgerEntry): HTMLElement {
  const { server, path, body } = entry;
  const exact = body === "" ? `GET ${server}${path}` : `POST ${server}${path}\n\n${body}`;
  return element(
    "li",
    {},
    element("details", {}, element("summary", {}, wordsFor(entry)), element("pre", { dir: "auto" }, exact)),
  );
}
