/** What all of our own pages share: words put in their places, language, theme. */
import type { Settings } from "../common/settings.ts";
import { say, wordsLanguage, type WordKey } from "../common/words.ts";
import { directionOf } from "../common/languages.ts";
import "./ui.css";

/** Fills `data-words` (text) and `data-label` (accessible name) with the interface's words. */
export function fillWords(): void {
  document.documentElement.lang = wordsLanguage();
  document.documentElement.dir = directionOf(wordsLanguage());
  for (const place of document.querySelectorAll<HTMLElement>("[data-words]")) {
    place.textContent = say(place.dataset["words"] as WordKey);
  }
  for (const place of document.querySelectorAll<HTMLElement>("[data-label]")) {
    place.setAttribute("aria-label", say(place.dataset["label"] as WordKey));
  }
  // Without one it is the name, which is the same in every language.
  const { title } = document.documentElement.dataset;
  if (title !== undefined) document.title = say(title as WordKey);
}

export function wearTheme({ theme }: Settings): void {
  document.documentElement.dataset["theme"] = theme;
}

/** The element of an id that is in the page's own markup. */
export function byId<T extends HTMLElement>(id: string, kind: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`the page has no ${kind.name} called ${id}`);
  return found;
}
