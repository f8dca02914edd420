/** The field for a server's address with its test button, in options and welcome alike. */
import { say } from "../common/words.ts";
import { ask, serverWords } from "./ask.ts";
import { byId } from "./page.ts";

/** Fills the field and joins the button `test` to the state shown in `server-state`. */
export function joinServerField(server: string): HTMLInputElement {
  const field = byId("server", HTMLInputElement);
  field.value = server;
  byId("test", HTMLButtonElement).addEventListener("click", () => void testServer(field.value));
  return field;
}

export async function testServer(address: string): Promise<void> {
  show(say("serverChecking"));
  const own = turn;
  const state = await ask({ type: "ui:try-server", server: address });
  // Unless another address has been tried meanwhile.
  if (own === turn) showServerState(state, address);
}

export function showServerState(state: Parameters<typeof serverWords>[0], address: string): void {
  show(serverWords(state, address), state.state === "ready" ? "ready" : "bad");
}

let turn = 0;

function show(words: string, mood?: "ready" | "bad"): void {
  turn += 1;
  const place = byId("server-state", HTMLElement);
  place.textContent = words;
  if (mood === undefined) delete place.dataset["state"];
  else place.dataset["state"] = mood;
}
