/** The first-run choice: a server, and which pages. Before it nothing is read and nothing sent. */
import { browser } from "wxt/browser";
import { parseServer, permissionPattern } from "../common/server.ts";
import { loadSettings, repairSettings, type Settings } from "../common/settings.ts";
import { say } from "../common/words.ts";
import { ask, serverWords } from "./ask.ts";
import { byId, fillWords, wearTheme } from "./page.ts";
import { joinServerField } from "./server-field.ts";

export async function startWelcome(): Promise<void> {
  fillWords();
  const settings = await loadSettings();
  wearTheme(settings);
  const field = joinServerField(settings.server);
  const form = byId("choice", HTMLFormElement);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const { scope, mode } = repairSettings(Object.fromEntries(new FormData(form)));
    void choose(field.value, scope, mode);
  });
}

async function choose(address: string, scope: Settings["scope"], mode: Settings["mode"]): Promise<void> {
  const done = byId("done", HTMLElement);
  const server = parseServer(address);
  if (server === null) {
    done.textContent = serverWords({ state: "no-address" }, address);
    return;
  }
  // In the same turn as the click: browsers ask for permissions only then.
  const origins = scope === "all" ? ["<all_urls>"] : [permissionPattern(server)];
  if (!(await browser.permissions.request({ origins }))) {
    done.textContent = say("welcomeRefused");
    return;
  }
  await ask({ type: "ui:choose", server, scope, mode });
  done.textContent = say(scope === "all" ? "welcomeDone" : "welcomeDoneClick");
}
