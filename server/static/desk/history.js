// What was published, by whom and why; each of it can be taken back.

import { $, h } from "../dom.js";
import { get, revert } from "./api.js";
import { busy, confirmation, focusOn, guarded, onOpen, published, say } from "./page.js";

const PAGE = 20;
const WHEN = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "medium" });

let oldest = null;

export function startHistory() {
  onOpen("history", guarded(() => load()));
  $("older").addEventListener("click", guarded(() => load(oldest)));
}

async function load(before) {
  const asked = new URLSearchParams({ page_size: String(PAGE), ...(before ? { before: String(before) } : {}) });
  const { changes } = await busy(get(`/v1/changes?${asked}`));
  const rows = changes.map(row);
  if (before) $("changesets").append(...rows);
  else $("changesets").replaceChildren(...(rows.length ? rows : [h("li", { textContent: "Nothing has been published yet." })]));
  oldest = changes.at(-1)?.version ?? null;
  $("older").hidden = changes.length < PAGE;
}

function row(change) {
  const kinds = ["added", "changed", "retracted"].filter((kind) => change[kind].length);
  const ids = kinds.map((kind) => h("p", {}, h("span", { className: `tag ${kind}`, textContent: kind }), " ",
    change[kind].slice(0, 30).map((id) => [h("code", { textContent: id }), " "]), change[kind].length > 30 && `and ${(change[kind].length - 30).toLocaleString("en")} more`));
  const place = h("div", {});
  const title = h("h3", { id: `version-${change.version}`, textContent: `Version ${change.version}` });
  const back = h("button", { type: "button", id: `back-${change.version}`, textContent: "Take back…", "aria-labelledby": `back-${change.version} ${title.id}` });
  back.addEventListener("click", guarded(() => ask(change, place, back)));
  const told = kinds.map((kind) => `${change[kind].length.toLocaleString("en")} ${kind}`).join(", ");
  return h("li", { className: "changeset" },
    h("div", { className: "changeset-head" },
      title,
      h("p", {}, h("time", { dateTime: change.when, textContent: WHEN.format(new Date(change.when)) }), " by ", h("strong", { textContent: change.who, dir: "auto" })),
      back),
    change.note && h("p", { className: "note", textContent: change.note, dir: "auto" }),
    h("details", {}, h("summary", { textContent: told }), ids),
    place);
}

// What taking it back would do, then a note and a button that does it.
async function ask(change, place, opener) {
  const told = await busy(revert(change.version, { dryRun: true }));
  const kinds = ["added", "changed", "retracted"].filter((kind) => told[kind].length);
  const note = h("input", { id: `note-${change.version}`, maxLength: 500, autocomplete: "off" });
  const form = h("form", { className: "publish" },
    h("p", { textContent: `Taking it back: ${kinds.map((kind) => `${told[kind].length.toLocaleString("en")} ${kind}`).join(", ") || "nothing would change"}.` }),
    h("label", { for: note.id, textContent: "Why (kept in the history)" }), note,
    told.needs_confirmation && confirmation(told.warnings),
    h("div", { className: "actions" },
      h("button", { type: "submit", className: "primary", textContent: `Take version ${change.version} back` }),
      h("button", { type: "button", textContent: "Leave it", onclick: () => { place.replaceChildren(); opener.focus(); } })));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void take(change.version, note.value.trim());
  });
  place.replaceChildren(form);
  note.focus();
}

async function take(version, note) {
  try {
    const answer = await busy(revert(version, { note, confirm: true }));
    await load();
    focusOn($("history-title"));
    published(answer.version);
    say(`Version ${version} is taken back; published is version ${answer.version}.`);
  } catch (error) {
    say(error.message, { bad: true, list: error.ids });
  }
}
