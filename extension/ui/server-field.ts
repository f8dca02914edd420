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
  const place = byId("server-state", HTMLElement);
  place.textContent = say("serverChecking");
  delete place.dataset["state"];
  const state = await ask({ type: "ui:try-server", server: address });
  place.textContent = serverWords(state, address);
  place.dataset["state"] = state.state === "ready" ? "ready" : "bad";
}
