/** The ledger on the options page: what left the browser, request by request, to the letter. */
import { browser } from "wxt/browser";
import { element } from "../common/elements.ts";
import type { LedgerEntry } from "../common/messages.ts";
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
  byId("ledger", HTMLElement).replaceChildren(...entries.map(entryOf));
}

function entryOf({ at, server, path, sentences, body }: LedgerEntry): HTMLElement {
  const when = sayTime(new Date(at).toISOString());
  const { host } = new URL(server);
  const words =
    body === "" ? say("ledgerCase", when, host) : say("ledgerSentences", when, host, sentences.toLocaleString());
  const exact = body === "" ? `GET ${server}${path}` : `POST ${server}${path}\n\n${body}`;
  return element(
    "li",
    {},
    element("details", {}, element("summary", {}, words), element("pre", { dir: "auto" }, exact)),
  );
}
