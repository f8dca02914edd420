// The frame of the desk: its tabs, its messages, and where the focus goes.

import { $, h } from "../dom.js";

const TABS = ["case", "files", "history", "reports"];
const opened = {}; // tab → what to do when it is opened

export function onOpen(tab, act) {
  opened[tab] = act;
}

export function show(part) {
  for (const name of [...TABS, "review"]) $(`${name}-part`).hidden = name !== part;
  for (const name of TABS) {
    const chosen = name === part;
    $(`${name}-tab`).setAttribute("aria-selected", String(chosen));
    $(`${name}-tab`).tabIndex = chosen || (part === "review" && name === "case") ? 0 : -1;
  }
  // The focus would be lost with what it was in.
  if (document.activeElement?.closest("[hidden]")) $(`${part}-tab`)?.focus();
  hush();
  opened[part]?.();
}

export function startTabs() {
  for (const [number, name] of TABS.entries()) {
    const tab = $(`${name}-tab`);
    tab.addEventListener("click", () => show(name));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      const edge = { Home: 0, End: TABS.length - 1 }[event.key];
      if (step === undefined && edge === undefined) return;
      event.preventDefault();
      const next = TABS[edge ?? (number + step + TABS.length) % TABS.length];
      show(next);
      $(`${next}-tab`).focus();
    });
  }
}

export function say(text, { bad = false, undo, action, list = [] } = {}) {
  const offer = undo ? { label: "Take it back", act: undo } : action;
  const status = $("status");
  status.className = bad ? "notice bad" : "notice good";
  status.replaceChildren(h("span", { textContent: text, dir: "auto" }));
  if (offer) status.append(" ", h("button", { type: "button", textContent: offer.label, onclick: offer.act }));
  if (list.length) status.append(h("ul", {}, list.slice(0, 20).map((one) => h("li", { textContent: one, dir: "auto" }))));
  status.hidden = false;
  status.scrollIntoView({ block: "nearest" });
}

export function hush() {
  $("status").hidden = true;
}

// While something is under way, assistive technology is told, and the page shows it.
export async function busy(promise) {
  document.body.setAttribute("aria-busy", "true");
  try {
    return await promise;
  } finally {
    document.body.removeAttribute("aria-busy");
  }
}

let state = async () => 0; // shows what is published; tells the version

export function onState(act) {
  state = act;
}

// Readers are answered from it within a second; until then the old version would be shown.
export async function published(version) {
  for (let tries = 0; tries < 20; tries += 1) {
    if ((await state()) >= version) return;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

// The token is worthless all of a sudden, as when its time has come: nothing that is written goes.
function signInAgain() {
  $("signing-in").hidden = false;
  $("token").focus();
}

// What must be ticked before the form around it can be sent.
export function confirmation(warnings) {
  const tick = h("input", { type: "checkbox", required: true });
  return h("div", { className: "notice bad" }, h("p", { textContent: warnings.join(" ") }), h("label", { className: "check" }, tick, " I have looked at it and mean it."));
}

export function focusOn(title) {
  title.tabIndex = -1;
  title.focus();
  title.scrollIntoView({ block: "start" });
}

export function guarded(act) {
  return async (...given) => {
    try {
      await act(...given);
    } catch (error) {
      if (error.name === "AbortError") return;
      if (error.status === 401 && !$("desk").hidden) signInAgain();
      say(error.message, { bad: true, list: error.errors?.map((fault) => `${fault.pointer} ${fault.message}`) });
    }
  };
}
