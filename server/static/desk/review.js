// The dry run, side by side: what would change, what to look at, which hints come and go; then
// one button that publishes exactly that.

import { capital, count, h } from "../dom.js";
import { post, publish, revert } from "./api.js";
import { busy, confirmation, focusOn, published, say, show } from "./page.js";

const BANDS = { match: "match", similar: "similar", null: "not shown" };

let pending = null; // { rows, version, back, done }

// `sentences`: to replay, null: the service's own; `back`: the tab to return to.
export async function review(rows, { sentences = null, back, note = "", done = () => {} }) {
  const asked = { changes: rows };
  if (sentences) asked.sentences = sentences;
  const told = await busy(post("/v1/changes/preview", asked));
  pending = { rows, told, sentences, back, done };
  const part = document.getElementById("review-body");
  part.replaceChildren(...parts(told, note));
  show("review");
  focusOn(document.getElementById("review-title"));
}

function parts(told, note) {
  const nothing = !told.added.length && !told.changed.length && !told.retracted.length;
  const found = told.consequences;
  return [
    counts(told),
    told.rejected.length > 0 && rejected(told.rejected),
    remarks(found),
    hints(found.replay),
    differences(found),
    nothing
      ? h("p", { className: "notice", textContent: "Nothing would change, so there is nothing to publish." })
      : form(told, note),
    h("div", { className: "actions" }, h("button", { type: "button", textContent: "Back", onclick: leave })),
  ].filter(Boolean);
}

function counts(told) {
  const shown = ["added", "changed", "retracted", "unchanged"].map((kind) =>
    h("div", { className: `figure ${kind}` }, h("dd", { textContent: told[kind].length.toLocaleString("en") }), h("dt", { textContent: kind })));
  return h("dl", { className: "figures", "aria-label": `Against version ${told.version}` }, shown);
}

function rejected(faults) {
  const list = faults.slice(0, 50).map((fault) =>
    h("li", {}, h("code", { textContent: fault.pointer }), ` ${fault.message}`));
  return h("section", { className: "notice bad" }, h("h3", { textContent: `${count(faults.length, "fault")}: these rows are left out` }), h("ul", {}, list));
}

// `own`: the case at hand, whose id need not be said.
export function remarkList(list, own) {
  return h("ul", { className: "remarks" }, list.map((remark) =>
    h("li", {}, h("span", { className: "tag", textContent: remark.kind }), " ",
      remark.id !== own && [h("code", { textContent: remark.id }), " "], h("span", { textContent: remark.message, dir: "auto" }))));
}

function remarks(found) {
  const title = h("h3", { textContent: found.remark_count ? `${count(found.remark_count, "remark")}` : "No remarks" });
  if (!found.remark_count) return h("section", {}, title);
  const more = found.remark_count - found.remarks.length;
  return h("section", {}, title, remarkList(found.remarks), more > 0 && h("p", { className: "small", textContent: `and ${more.toLocaleString("en")} more` }));
}

function hints(replay) {
  if (!replay) return null;
  const title = h("h3", { textContent: "Hints on the sentences tried" });
  const tried = `${count(replay.sentences, "sentence")} tried: ${count(replay.hints_before, "hint")} now, ${replay.hints_after.toLocaleString("en")} then.`;
  const section = h("section", {}, title, h("p", { textContent: tried }));
  if (replay.unwanted_count) {
    section.append(h("p", { className: "notice bad", textContent: `${count(replay.unwanted_count, "hint")} would appear where no hint should be.` }));
  }
  if (!replay.change_count) return section;
  const rows = replay.changes.map((change) => h("tr", { className: change.unwanted ? "unwanted" : "" },
    h("td", {}, h("span", { className: "tag", textContent: happening(change) }), change.unwanted && h("strong", { textContent: ` unwanted (${change.sentence.label})` })),
    h("td", { dir: "auto", textContent: change.sentence.text, lang: change.sentence.language ?? "" }),
    h("td", {}, h("code", { textContent: change.case_id }), h("br"), h("span", { dir: "auto", textContent: change.claim })),
    h("td", { textContent: change.score.toFixed(2) })));
  section.append(h("div", { className: "scroll", tabIndex: 0, role: "region", "aria-label": "Hints that change" },
    h("table", { className: "hints" }, header("Hint", "Sentence", "Case", "Score"), h("tbody", {}, rows))));
  return section;
}

function happening({ before, after }) {
  if (before === null) return `appears: ${BANDS[after]}`;
  if (after === null) return "vanishes";
  return `${BANDS[before]} → ${BANDS[after]}`;
}

function differences(found) {
  if (!found.case_count) return null;
  const shown = found.cases.map((change, number) => h("details", { open: number < 5 },
    h("summary", {}, h("span", { className: `tag ${change.kind}`, textContent: change.kind }), " ", h("code", { textContent: change.id })),
    h("div", { className: "scroll", tabIndex: 0, role: "region", "aria-label": `Fields of ${change.id}` }, h("table", { className: "diff" }, header("Field", "Now", "Then"),
      h("tbody", {}, change.fields.map((field) => h("tr", {}, h("th", { scope: "row", textContent: field.field.replaceAll("_", " ") }),
        value("before", field.before), value("after", field.after))))))));
  const more = found.case_count - found.cases.length;
  return h("section", {}, h("h3", { textContent: "Field by field" }), shown,
    more > 0 && h("p", { className: "small", textContent: `and ${count(more, "more case")}` }));
}

function header(...names) {
  return h("thead", {}, h("tr", {}, names.map((name) => h("th", { scope: "col", textContent: name }))));
}

function value(className, content) {
  const cell = h("td", { className });
  if (content === null) cell.append(h("span", { className: "small", textContent: "—" }));
  else if (Array.isArray(content)) cell.append(h("ul", {}, content.map((one) => h("li", {}, h("span", { dir: "auto", textContent: plain(one) })))));
  else cell.append(h("span", { dir: "auto", textContent: plain(content) }));
  return cell;
}

function plain(content) {
  if (typeof content !== "object") return String(content);
  if ("language" in content) return `${content.text} (${content.language})`;
  return Object.values(content).join(" · ");
}

function form(told, note) {
  const retracts = told.retracted.length > 0;
  const reason = h("input", { id: "note", maxLength: 500, value: note, required: retracts, autocomplete: "off" });
  const made = h("form", { className: "publish" },
    h("label", { for: "note", textContent: retracts ? "Why (shown to whoever asks for the case)" : "Note for the history (may stay empty)" }), reason,
    told.needs_confirmation && confirmation(told.warnings),
    h("div", { className: "actions" }, h("button", { type: "submit", className: "primary", textContent: publishWords(told) })));
  made.addEventListener("submit", (event) => {
    event.preventDefault();
    void publishPending(reason.value.trim());
  });
  return made;
}

function publishWords(told) {
  const kinds = ["added", "changed", "retracted"].filter((kind) => told[kind].length);
  return `Publish: ${kinds.map((kind) => `${told[kind].length.toLocaleString("en")} ${kind}`).join(", ")}`;
}

async function publishPending(note) {
  const { rows, told, back, done } = pending;
  const refused = new Set(told.rejected.map((fault) => Number(fault.pointer.split("/")[2])));
  const good = rows.filter((_, number) => !refused.has(number))
    .map((row) => (row.retract ? { ...row, note: note || row.note } : row));
  try {
    const answer = await busy(publish(good, { version: told.version, note, confirm: told.needs_confirmation }));
    done();
    show(back);
    published(answer.version);
    say(`Published as version ${answer.version}.`, { undo: () => undo(answer.version) });
  } catch (error) {
    const again = error.status === 412 ? { label: "Look again", act: () => review(rows, { ...pending, note }) } : null;
    say(error.message, { bad: true, action: again, list: error.errors.map((fault) => `${fault.pointer} ${fault.message}`) });
  }
}

async function undo(version) {
  try {
    const answer = await busy(revert(version, { confirm: true }));
    published(answer.version);
    say(`Version ${version} is taken back; published is version ${answer.version}.`);
  } catch (error) {
    say(error.message, { bad: true, list: error.ids });
  }
}

function leave() {
  show(pending.back);
}
