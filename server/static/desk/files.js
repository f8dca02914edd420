// Files of cases: read by the service, looked at here, published through the same review.

import { $, count, h } from "../dom.js";
import { call, get } from "./api.js";
import { busy, guarded, say } from "./page.js";
import { review } from "./review.js";

let files = []; // as they were dropped or chosen last
let cases = new Map();
let rejected = []; // { file, line, id, message }; line 0: the file as a whole

export function startFiles() {
  const zone = $("drop");
  for (const kind of ["dragover", "dragleave", "drop"]) {
    zone.addEventListener(kind, (event) => {
      event.preventDefault();
      zone.classList.toggle("over", kind === "dragover");
    });
  }
  zone.addEventListener("drop", (event) => take(event.dataTransfer.files));
  $("file").addEventListener("change", () => take($("file").files));
  $("default-verdict").addEventListener("change", () => files.length && take(files));
  $("review-files").addEventListener("click", guarded(async () => {
    await review([...cases.values()], { back: "files", sentences: await ownSentences(), done: clear });
  }));
  $("clear-files").addEventListener("click", clear);
  for (const button of document.querySelectorAll("[data-export]")) {
    button.addEventListener("click", guarded(() => save(button.dataset.export)));
  }
}

const take = guarded(async (given) => {
  files = [...given];
  cases = new Map();
  rejected = [];
  const notices = [];
  const { limits } = await get("/v1/index");
  for (const [number, file] of files.entries()) {
    say(`Reading ${file.name} (${number + 1} of ${files.length})…`);
    const told = await readFile(file, limits.changes_bytes);
    rejected.push(...told.rejected.map((row) => ({ ...row, file: file.name })));
    notices.push(...told.notices.map((notice) => `${file.name}: ${notice}`));
    for (const one of told.cases) {
      if (cases.has(one.id)) rejected.push({ file: file.name, line: 0, id: one.id, message: "an earlier file has this case" });
      else cases.set(one.id, bare(one));
    }
  }
  paint(notices);
});

// What the service makes of a file; one that cannot be read at all costs none of the others.
async function readFile(file, most) {
  const refused = (message) => ({ cases: [], notices: [], rejected: [{ line: 0, id: null, message }] });
  if (file.size > most) return refused(`${megabytes(file.size)}; the desk takes ${megabytes(most)}, and claimlight push on the command line any size`);
  const verdict = $("default-verdict").value;
  const asked = new URLSearchParams(verdict ? { default_verdict: verdict } : {});
  try {
    return await busy(call("POST", `/v1/changes/read?${asked}`, { body: file, type: "application/octet-stream" }));
  } catch (error) {
    if (error.status !== 400) throw error;
    return refused(error.errors.map((fault) => fault.message).join("; ") || error.message);
  }
}

const megabytes = (bytes) => `${Math.ceil(bytes / 2 ** 20).toLocaleString("en")} MiB`;

// As the service keeps it: without what is absent.
function bare(one) {
  const kept = Object.entries(one).filter(([, value]) => value !== null);
  const made = Object.fromEntries(kept);
  if (made.publisher?.url === null) made.publisher = { name: made.publisher.name };
  return made;
}

function paint(notices) {
  $("files-read").hidden = false;
  $("files-count").textContent = `${count(cases.size, "case")} can be taken, ${count(rejected.length, "row")} cannot.`;
  $("review-files").disabled = !cases.size;
  $("review-files").textContent = rejected.length ? `Review the ${cases.size.toLocaleString("en")}, leave the others out` : "Review and publish";
  const rows = rejected.slice(0, 200).map((row) => h("tr", {}, h("td", { textContent: row.file, dir: "auto" }), h("td", { textContent: row.line || "" }),
    h("td", {}, h("code", { textContent: row.id ?? "" })), h("td", { textContent: row.message, dir: "auto" })));
  const head = h("thead", {}, h("tr", {}, ["File", "Line", "Id", "Why it cannot be taken"].map((name) => h("th", { scope: "col", textContent: name }))));
  $("files-rejected").replaceChildren(rows.length ? h("table", {}, head, h("tbody", {}, rows)) : "");
  if (rejected.length > rows.length) $("files-rejected").append(h("p", { className: "small", textContent: `and ${count(rejected.length - rows.length, "more row")}` }));
  say($("files-count").textContent, { bad: rejected.length > 0, list: notices });
}

function clear() {
  files = [];
  cases = new Map();
  rejected = [];
  $("file").value = "";
  $("sentences").value = "";
  $("files-read").hidden = true;
}

// A sentence a line, or JSON Lines as in data/quality; null: none given.
async function ownSentences() {
  const file = $("sentences").files[0];
  if (!file) return null;
  const lines = (await file.text()).split(/\r?\n/).map((line) => line.trim()).filter(Boolean).slice(0, 2000);
  return lines.map((line) => {
    if (!line.startsWith("{")) return { text: line };
    const { text, language, label } = JSON.parse(line);
    return { text, language, label };
  });
}

async function save(format) {
  const suffix = { jsonl: "jsonl", csv: "csv", claimreview: "json" }[format];
  const blob = await busy(call("GET", `/v1/export?format=${format}`, { raw: true }));
  const address = URL.createObjectURL(blob);
  h("a", { href: address, download: `cases.${suffix}` }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
