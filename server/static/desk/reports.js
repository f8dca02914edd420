// Readers' reports, each with its case beside it, and what to do about it one click away.

import { cardParts, lead } from "../card.js";
import { $, h } from "../dom.js";
import { get, remove } from "./api.js";
import { open, retract } from "./case.js";
import { busy, focusOn, guarded, onOpen } from "./page.js";

const KINDS = {
  wrong_match: "The sentence does not say that",
  wrong_case: "The review itself is mistaken",
  other: "Something else is wrong",
};
const WHEN = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" });

let oldest = null;

export function startReports() {
  onOpen("reports", guarded(() => load()));
  $("older-reports").addEventListener("click", guarded(() => load(oldest)));
}

async function load(before) {
  const told = await busy(get(`/v1/reports?page_size=20${before ? `&before=${before}` : ""}`));
  const cases = new Map();
  await Promise.all([...new Set(told.reports.map((one) => one.case_id))].map(async (id) => cases.set(id, await caseOf(id))));
  const rows = told.reports.map((one) => row(one, cases.get(one.case_id)));
  if (before) $("report-list").append(...rows);
  else $("report-list").replaceChildren(...(rows.length ? rows : [h("li", { textContent: "No reader has reported anything in the last 30 days." })]));
  oldest = told.reports.at(-1)?.id ?? null;
  $("older-reports").hidden = told.reports.length < 20;
}

async function caseOf(id) {
  try {
    return await get(`/v1/cases/${encodeURIComponent(id)}`);
  } catch (error) {
    return error; // retracted meanwhile, for one
  }
}

function row(report, found) {
  const gone = found instanceof Error;
  const made = h("li", { className: "report" });
  const done = async () => {
    await remove(`/v1/reports/${report.id}`);
    made.remove();
    focusOn($("reports-title"));
  };
  made.append(
    h("div", {},
      h("h3", { textContent: KINDS[report.kind] ?? report.kind }),
      h("p", { className: "small" }, h("time", { dateTime: report.when, textContent: WHEN.format(new Date(report.when)) }), ` · version ${report.version} · `, h("code", { textContent: report.case_id })),
      report.sentence ? h("blockquote", { textContent: report.sentence, dir: "auto" }) : h("p", { className: "small", textContent: "The reader did not send the sentence." }),
      h("div", { className: "actions" },
        !gone && h("button", { type: "button", textContent: "Fix the wording", onclick: guarded(() => open(report.case_id, { sentence: report.sentence ?? "" })) }),
        !gone && h("button", { type: "button", textContent: "Retract the case", onclick: guarded(() => retract(report.case_id, "reports")) }),
        h("button", { type: "button", className: "quiet", textContent: "Done with it", onclick: guarded(done) }))),
    gone
      ? h("p", { className: "notice", textContent: found.message })
      : h("div", { className: "card still" }, h("div", { className: "card-head" }, h("p", { textContent: lead(found) })), h("div", { className: "card-body" }, cardParts(found))));
  return made;
}
