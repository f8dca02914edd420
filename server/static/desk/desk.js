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
  hush();
  $("signing-in").hidden = true;
  if ($("desk").hidden) {
    $("desk").hidden = false;
    $("sign-out").hidden = false;
    show("case");
  }
  document.querySelector('[role=tab][tabindex="0"]').focus();
  await state();
});

// Shows what is published, and tells its version; 0: not known just now.
async function state() {
  let version = 0;
  let told = "The service cannot be reached";
  try {
    const index = await get("/v1/index");
    version = index.version;
    told = `Version ${version} · ${count(index.cases, "case")}${index.stale ? " · the store is away" : ""}`;
  } catch (error) {
    if (!error.away) told = error.message;
  }
  // Set only where it differs: screen readers need not hear it again.
  if ($("state").textContent !== told) $("state").textContent = told;
  return version;
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
setInterval(() => {
  if (!$("desk").hidden && !document.hidden) void state();
}, 15_000);
