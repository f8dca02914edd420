/** The choice of languages on the options page: those that the server knows, and our own. */
import { element } from "../common/elements.ts";
import type { Settings } from "../common/settings.ts";
import { wordsLanguage } from "../common/words.ts";
import { ask } from "./ask.ts";
import { byId } from "./page.ts";

const OWN = ["de", "en", "es", "fr", "pl", "ru", "uk"];

let known: readonly string[] = OWN;

/** `choose` is called with the codes that are ticked now. */
export async function joinLanguages(settings: Settings, choose: (codes: string[]) => void): Promise<void> {
  byId("languages", HTMLElement).addEventListener("change", () => { choose(ticked()); });
  showLanguages(settings);
  if (!settings.ready) return; // nothing is asked of a server before it has been chosen
  const server = await ask({ type: "ui:server" });
  if (server.state !== "ready") return;
  known = [...new Set([...OWN, ...Object.keys(server.index.languages)])];
  showLanguages({ languages: ticked() });
}

function boxes(): HTMLInputElement[] {
  return [...byId("languages", HTMLElement).querySelectorAll("input")];
}

const ticked = () => boxes().filter(({ checked }) => checked).map(({ value }) => value);

export function showLanguages({ languages }: Pick<Settings, "languages">): void {
  const codes = [...new Set([...known, ...languages])];
  const names = new Intl.DisplayNames([wordsLanguage()], { type: "language" });
  const nameOf = (code: string) => names.of(code) ?? code;
  codes.sort((one, other) => nameOf(one).localeCompare(nameOf(other), wordsLanguage()));
  // Rebuilt only when there are others, so that focus stays where it is.
  if (codes.join() !== boxes().map(({ value }) => value).join()) {
    const labels = codes.map((code) =>
      element("label", { class: "choice" }, element("input", { type: "checkbox", value: code }), element("span", {}, nameOf(code))),
    );
    byId("languages", HTMLElement).replaceChildren(...labels);
  }
  for (const box of boxes()) box.checked = languages.includes(box.value);
}
