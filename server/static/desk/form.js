// One case as a form: read from it and written to it. Lists have one entry a line.

import { $, h } from "../dom.js";

const PLAIN = ["rating", "summary", "summary_language", "url", "published"];
const LISTS = ["keywords", "countries", "outlets"];
const PIN = /^(.*\S)\s*<([^<>]*)>$/;

let kept = ""; // the case as it was filled in, to tell whether anything has been written

// `known`: it is published already, so its id stays.
export function fill(one, known = Boolean(one)) {
  $("id").value = one?.id ?? "";
  $("id").readOnly = known;
  $("wordings").replaceChildren();
  for (const claim of one?.claims ?? [{ text: "", language: "en" }]) addWording(claim);
  $("verdict").value = one?.verdict ?? "false";
  for (const name of PLAIN) $(name).value = one?.[name] ?? "";
  if (!one) {
    $("summary_language").value = "en";
    $("published").value = new Date().toISOString().slice(0, 10);
  }
  $("publisher").value = one?.publisher.name ?? "";
  $("publisher_url").value = one?.publisher.url ?? "";
  for (const name of LISTS) $(name).value = (one?.[name] ?? []).join("\n");
  $("related").value = (one?.related ?? []).map((pin) => (typeof pin === "string" ? pin : `${pin.title} <${pin.url}>`)).join("\n");
}

// What stands in the form needs no more care: it is as it was filled in, or published.
export function settle() {
  kept = JSON.stringify(value());
}

export function changed() {
  return JSON.stringify(value()) !== kept;
}

export function addWording({ text = "", language = "en" } = {}) {
  const number = $("wordings").childElementCount + 1;
  const field = h("textarea", { id: `claim-${number}`, className: "claim-text", rows: 2, value: text, maxLength: 2000, dir: "auto" });
  const tag = h("input", { id: `language-${number}`, className: "claim-language", value: language, maxLength: 35, autocomplete: "off", spellcheck: false });
  const drop = h("button", { type: "button", className: "quiet", textContent: "Remove", "aria-label": `Remove wording ${number}` });
  const row = h("div", { className: "wording", role: "group", "aria-label": `Wording ${number}` },
    h("div", {}, h("label", { for: field.id, textContent: number === 1 ? "Claim, as it is repeated" : `Another wording (${number})` }), field),
    h("div", {}, h("label", { for: tag.id, textContent: "Language" }), tag, number > 1 && drop));
  drop.addEventListener("click", () => {
    row.remove();
    $("add-wording").focus();
    $("case-form").dispatchEvent(new Event("input"));
  });
  $("wordings").append(row);
  return field;
}

// The case as it stands in the form, without what is empty; `id`: made from the claim if need be.
export function value() {
  const text = (name) => $(name).value.trim();
  const claims = [...$("wordings").children].map((row) => ({
    text: row.querySelector(".claim-text").value.trim(),
    language: row.querySelector(".claim-language").value.trim(),
  })).filter((claim, number) => claim.text || number === 0);
  const made = { id: text("id") || slug(claims[0]?.text ?? ""), claims, verdict: $("verdict").value };
  for (const name of PLAIN) if (text(name)) made[name] = text(name);
  if (!made.summary) delete made.summary_language;
  made.publisher = { name: text("publisher") };
  if (text("publisher_url")) made.publisher.url = text("publisher_url");
  for (const name of [...LISTS, "related"]) {
    const lines = text(name).split("\n").map((line) => line.trim()).filter(Boolean);
    if (lines.length) made[name] = lines;
  }
  if (made.related) made.related = made.related.map(pinned);
  return made;
}

export function untouched() {
  return !$("claim-1")?.value.trim() && !$("url").value.trim();
}

function pinned(line) {
  const found = PIN.exec(line);
  return found ? { title: found[1], url: found[2] } : line;
}

function slug(text) {
  const plain = text.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toLowerCase();
  return plain.replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 80).replace(/-+$/, "");
}

// Faults beside the fields they are about; what has no field of its own is returned.
export function mark(faults) {
  for (const old of document.querySelectorAll("#case-form .fault")) old.remove();
  for (const field of document.querySelectorAll("#case-form [aria-invalid]")) {
    field.removeAttribute("aria-invalid");
    field.removeAttribute("aria-describedby");
  }
  return faults.filter((fault) => {
    const field = fieldOf(fault.pointer.split("/").slice(3));
    if (!field) return true;
    const told = h("p", { className: "fault", id: `fault-${field.id}`, textContent: fault.message });
    field.setAttribute("aria-invalid", "true");
    field.setAttribute("aria-describedby", told.id);
    document.getElementById(told.id)?.remove();
    field.after(told);
    return false;
  });
}

function fieldOf([name, ...rest]) {
  if (name === "claims") return $(`${rest[1] === "language" ? "language" : "claim"}-${Number(rest[0] ?? 0) + 1}`);
  if (name === "publisher") return $(rest[0] === "url" ? "publisher_url" : "publisher");
  return name ? $(name) : null;
}
