// The page to try the service: a text goes to POST /v1/match, its sentences come back with hints.
// Everything shown is set as text, never as markup; nothing is kept after the page is closed.

import { cardParts, lead } from "./card.js";
import { $, count, h, problem } from "./dom.js";

const GUARDS = {
  negated: "it seems to deny the claim",
  number: "a number differs",
  name: "a name differs",
  quoted: "it seems to quote or to discuss the claim",
  generic: "the claim is short or general",
};

const form = $("form");
const field = $("text");
const card = $("card");
let opened = null; // the mark whose card is shown

form.addEventListener("submit", (event) => {
  event.preventDefault();
  showHints(field.value);
});

$("clear").addEventListener("click", () => {
  field.value = "";
  $("reading").hidden = true;
  $("status").hidden = true;
  field.focus();
});

$("sample")?.addEventListener("click", async () => {
  try {
    const answer = await fetch("/sample-article");
    if (!answer.ok) throw await problem(answer);
    field.value = await answer.text();
    await showHints(field.value);
  } catch (error) {
    say(error.message, { bad: true });
  }
});

$("close").addEventListener("click", () => card.hidePopover());

card.addEventListener("toggle", (event) => {
  if (event.newState === "open" || !opened) return;
  opened.setAttribute("aria-expanded", "false");
  if (card.contains(document.activeElement) || document.activeElement === document.body) {
    opened.focus({ preventScroll: true });
  }
  opened = null;
});

async function showHints(text) {
  if (!text.trim()) {
    say("There is no text yet.", { bad: true });
    field.focus();
    return;
  }
  const submit = form.querySelector("[type=submit]");
  submit.disabled = true;
  try {
    const answer = await match(text);
    paint(text, answer);
    say(summary(answer));
    $("reading").hidden = false;
    $("reading-title").scrollIntoView({ block: "start" });
  } catch (error) {
    say(error.message, { bad: true });
  } finally {
    submit.disabled = false;
  }
}

async function match(text) {
  let answer;
  try {
    answer = await fetch("/v1/match", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ text }),
    });
  } catch {
    throw new Error("The service cannot be reached. Is it still running?");
  }
  if (!answer.ok) throw await problem(answer);
  return answer.json();
}

function summary({ index, matches, sentences, skipped }) {
  const parts = [
    `${count(new Set(matches.map((found) => found.sentence_id)).size, "hint")} in ` +
      `${count(sentences.length, "sentence")}, from ${count(index.cases, "reviewed case")}.`,
  ];
  const foreign = skipped.filter((one) => one.reason === "language").length;
  if (foreign) parts.push(`${count(foreign, "sentence")} in a language without cases.`);
  const long = skipped.filter((one) => one.reason === "length").length;
  if (long) parts.push(`${count(long, "sentence")} too long to be weighed.`);
  if (index.stale) parts.push("The store is away: there may be newer cases.");
  return parts.join(" ");
}

// Sentences occur in the text in their order, so each is looked for behind the one before.
function paint(text, { sentences, matches, cases }) {
  const article = $("article");
  article.replaceChildren();
  const best = new Map();
  for (const found of matches) if (!best.has(found.sentence_id)) best.set(found.sentence_id, found);

  let paragraph = null;
  const write = (node) => {
    paragraph ??= article.appendChild(h("p"));
    paragraph.append(node);
  };
  const writePlain = (plain) => {
    plain.split(/\n+/).forEach((line, number) => {
      if (number > 0) paragraph = null;
      if (paragraph ? line : line.trim()) write(line);
    });
  };

  let position = 0;
  for (const sentence of sentences) {
    const start = text.indexOf(sentence.text, position);
    if (start < 0) continue;
    writePlain(text.slice(position, start));
    const found = best.get(sentence.id);
    write(found?.band ? mark(sentence.text, found, cases[found.case_id]) : sentence.text);
    position = start + sentence.text.length;
  }
  writePlain(text.slice(position));
  const first = article.firstElementChild;
  if (first && first.textContent.length < 150 && article.childElementCount > 1) {
    first.className = "headline";
  }
}

function mark(text, found, reviewed) {
  const hint = h("span", { className: `hint ${found.band}`, textContent: text, tabIndex: 0 });
  hint.setAttribute("role", "button");
  hint.setAttribute("aria-haspopup", "dialog");
  hint.setAttribute("aria-expanded", "false");
  const show = () => openCard(hint, found, reviewed);
  hint.addEventListener("click", show);
  hint.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    show();
  });
  return hint;
}

function openCard(hint, found, reviewed) {
  if (card.matches(":popover-open")) card.hidePopover();
  $("card-lead").textContent = lead(reviewed, found.band === "match" ? "Matches" : "Is similar to");
  $("card-body").replaceChildren(...cardParts(reviewed), why(found, reviewed));
  opened = hint;
  hint.setAttribute("aria-expanded", "true");
  card.showPopover();
  place(hint);
  card.focus({ preventScroll: true });
}

function why(found, reviewed) {
  const details = h("details");
  details.append(h("summary", { textContent: "Why am I seeing this?" }));
  const say = [];
  if (found.claim !== reviewed.claim) say.push(`The wording that matched: “${found.claim}”`);
  if (found.why.shared.length) say.push(`Words in common: ${found.why.shared.join(", ")}.`);
  if (found.why.guard) say.push(`Weighed down because ${GUARDS[found.why.guard]}.`);
  say.push(`Score ${found.score.toFixed(2)}: how likely the sentence repeats the claim, not how likely the claim is true.`);
  for (const line of say) details.append(h("p", { textContent: line, dir: "auto" }));
  return details;
}

// Below the mark where there is more room, else above it; on a phone the card is a sheet at the
// bottom, and the mark is what has to move.
function place(hint) {
  card.removeAttribute("style");
  if (matchMedia("(max-width: 40rem)").matches) {
    if (hint.getBoundingClientRect().bottom > card.getBoundingClientRect().top) {
      hint.scrollIntoView({ block: "start" });
    }
    return;
  }
  const lines = hint.getClientRects();
  const [above, below] = [lines[0].top, innerHeight - lines[lines.length - 1].bottom];
  const gap = 10;
  const height = Math.min(card.offsetHeight, Math.max(above, below, 320) - 2 * gap);
  const top = below >= above || above < 320
    ? lines[lines.length - 1].bottom + gap
    : lines[0].top - gap - height;
  const rightmost = document.documentElement.clientWidth - card.offsetWidth - 16;
  card.style.maxHeight = `${height}px`;
  card.style.left = `${scrollX + Math.max(16, Math.min(lines[0].left, rightmost))}px`;
  card.style.top = `${scrollY + top}px`;
}

function say(text, { bad = false } = {}) {
  const status = $("status");
  status.textContent = text;
  status.className = bad ? "notice bad" : "notice";
  status.hidden = false;
}
