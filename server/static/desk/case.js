// The form of one case with what follows from it while it is written: the card a reader will
// see, what there is to look at, and which sentences would meet it.

import { cardParts, lead } from "../card.js";
import { $, count, h } from "../dom.js";
import { get, post } from "./api.js";
import { addWording, changed, fill, mark, settle, untouched, value } from "./form.js";
import { focusOn, guarded, say, show } from "./page.js";
import { remarkList, review } from "./review.js";

const PAUSE_MS = 450;

let waiting = null;
let asking = null;

export function startCase() {
  fill(null);
  settle();
  const form = $("case-form");
  form.addEventListener("input", soon);
  $("try").addEventListener("input", soon);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void publishForm();
  });
  $("add-wording").addEventListener("click", () => addWording({ language: $("language-1").value }).focus());
  $("new-case").addEventListener("click", () => open(null));
  $("retract-case").addEventListener("click", guarded(() => retract($("id").value, "case")));
  $("find-form").addEventListener("submit", (event) => {
    event.preventDefault();
    void find();
  });
  window.addEventListener("beforeunload", (event) => {
    if (changed()) event.preventDefault(); // the browser asks before it leaves
  });
}

// A case to edit, null: a new one; `sentence`: to be tried at once. What was being written is put
// aside, not lost.
export async function open(id, { sentence = "" } = {}) {
  const found = id ? await get(`/v1/cases/${encodeURIComponent(id)}`) : null;
  const left = changed() ? { one: value(), known: $("id").readOnly, tried: $("try").value } : null;
  put(found && whole(found), Boolean(found), sentence);
  settle();
  if (left) {
    say("What you were writing is put aside.", { action: { label: "Bring it back", act: () => put(left.one, left.known, left.tried) } });
  }
}

function put(one, known, tried) {
  fill(one, known);
  $("try").value = tried;
  $("retract-case").hidden = !known;
  $("form-title").textContent = known ? "Edit the case" : "New case";
  $("found").replaceChildren();
  show("case");
  focusOn($("form-title"));
  soon();
}

export async function retract(id, back) {
  await review([{ retract: id }], { back, done: () => $("id").value === id && empty() });
}

// Of what has been published, nothing is left to be written.
function empty() {
  settle();
  void open(null);
}

// What the service says of a case, without what it adds by itself.
function whole(found) {
  const related = found.related.filter((one) => one.pinned)
    .map((one) => one.id ?? { title: one.claim, url: one.url });
  return { ...found, related };
}

const find = guarded(async () => {
  const asked = new URLSearchParams({ query: $("find").value.trim(), page_size: "8" });
  const { cases } = await get(`/v1/cases?${asked}`);
  const list = cases.map((one) => h("li", {}, h("button", { type: "button", className: "link", onclick: guarded(() => open(one.id)) },
    h("span", { textContent: one.claim, dir: "auto", lang: one.claim_language }), h("code", { textContent: one.id }))));
  $("found").replaceChildren(list.length ? h("ul", { className: "found" }, list) : h("p", { textContent: "No case was found." }));
});

const publishForm = guarded(async () => {
  const one = value();
  const told = await post("/v1/changes/preview", { changes: [one], sentences: [] });
  if (mark(told.rejected).length || told.rejected.length) {
    say(`${count(told.rejected.length, "field")} must be mended first.`, { bad: true, list: told.rejected.map((fault) => `${fault.pointer.split("/").slice(3).join(" ")}: ${fault.message}`) });
    document.querySelector("#case-form [aria-invalid]")?.focus();
    return;
  }
  await review([one], { back: "case", done: empty });
});

function soon() {
  $("summary-count").textContent = `${$("summary").value.trim().length} of 600`;
  clearTimeout(waiting);
  waiting = setTimeout(() => void look(), PAUSE_MS);
}

// Only the answer to the last change counts: an earlier one still under way is dropped.
async function look() {
  asking?.abort();
  if (untouched()) {
    $("preview").replaceChildren(h("p", { className: "small", textContent: "The card appears here as soon as there is a claim and a link." }));
    $("remarks").replaceChildren();
    $("tried").replaceChildren();
    return;
  }
  asking = new AbortController();
  const lines = $("try").value.split("\n").map((line) => line.trim()).filter(Boolean).slice(0, 20);
  const one = value();
  const asked = { changes: [one], sentences: lines.map((text) => ({ text: text.slice(0, 2000) })) };
  await guarded(async () => {
    const told = await post("/v1/changes/preview", asked, { signal: asking.signal });
    const left = mark(told.rejected);
    paint(one, told, left);
    tried(one, lines, told.tried);
  })();
}

function paint(one, told, left) {
  const shown = told.cards[one.id];
  if (shown) {
    const card = h("div", { className: "card still" }, h("div", { className: "card-head" }, h("p", { textContent: lead(shown) })), h("div", { className: "card-body" }, cardParts(shown)));
    $("preview").replaceChildren(card);
  } else if ($("preview").querySelector(".card") && !$("preview").querySelector(".small")) {
    $("preview").prepend(h("p", { className: "small", textContent: "As it was before the last change; the new one cannot be shown yet." }));
  }
  const list = [...left.map((fault) => ({ kind: "fault", id: one.id, message: `${fault.pointer.split("/").slice(3).join(" ")} ${fault.message}` })), ...told.consequences.remarks];
  const faults = told.rejected.length;
  const title = faults ? `${count(faults, "field")} to mend` : list.length ? count(list.length, "remark") : "Nothing to remark";
  $("remarks").replaceChildren(h("p", { className: "small", textContent: title }), list.length ? remarkList(list, one.id) : "");
}

function tried(one, lines, matches) {
  const rows = lines.map((text, number) => {
    const found = matches.find((match) => match.sentence_id === String(number));
    const own = found?.case_id === one.id;
    const told = !found ? "no case is near" : `${own ? "this case" : found.case_id}: ${found.band ?? "not shown"}, score ${found.score.toFixed(2)}${found.why.guard ? `, held back (${found.why.guard})` : ""}`;
    return h("li", {}, h("span", { textContent: text, dir: "auto" }), h("br"), h("strong", { className: found?.band && own ? "yes" : "", textContent: told }));
  });
  $("tried").replaceChildren(rows.length ? h("ul", {}, rows) : "");
}
