// The editors' desk: signing in, and the parts it is made of.

import { $, count } from "../dom.js";
import { get, signIn, signOut } from "./api.js";
import { startCase } from "./case.js";
import { startFiles } from "./files.js";
import { startHistory } from "./history.js";
import { busy, guarded, hush, onState, show, startTabs } from "./page.js";
import { startReports } from "./reports.js";

$("sign-in").addEventListener("submit", (event) => {
  event.preventDefault();
  void enter();
});

const enter = guarded(async () => {
  const field = $("token");
  await busy(signIn(field.value));
  field.value = "";
  $("signing-in").hidden = true;
  $("desk").hidden = false;
  $("sign-out").hidden = false;
  show("case");
  $("case-tab").focus();
  await state();
});

async function state() {
  const index = await get("/v1/index");
  // Set only where it differs: screen readers need not hear it again.
  const told = `Version ${index.version} · ${count(index.cases, "case")}${index.stale ? " · the store is away" : ""}`;
  if ($("state").textContent !== told) $("state").textContent = told;
  return index.version;
}

// A fresh page: nothing of what was open stays in memory.
$("sign-out").addEventListener("click", () => {
  signOut();
  hush();
  location.reload();
});

onState(state);
startTabs();
startCase();
startFiles();
startHistory();
startReports();
setInterval(guarded(async () => {
  if (!$("desk").hidden && !document.hidden) await state();
}), 15_000);
