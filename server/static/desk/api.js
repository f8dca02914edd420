// Requests with the editor's token, which lives in this module and nowhere else: no cookie, no
// storage; a reload forgets it.

import { problem } from "../dom.js";

let token = null;

export async function signIn(given) {
  token = given.trim();
  try {
    return await get("/v1/changes?page_size=1");
  } catch (error) {
    token = null;
    throw error;
  }
}

export function signOut() {
  token = null;
}

export const get = (path) => call("GET", path);
export const remove = (path) => call("DELETE", path);
export const post = (path, value, options) =>
  call("POST", path, { body: JSON.stringify(value), type: "application/json", ...options });

export async function call(method, path, { body, type, version, signal, raw } = {}) {
  const headers = { Authorization: `Bearer ${token}` };
  if (type) headers["Content-Type"] = type;
  if (version !== undefined) headers["If-Match"] = `"${version}"`;
  let answer;
  try {
    // Readers' answers may be kept for minutes; an editor must see what is published now.
    answer = await fetch(path, { method, headers, body, signal, cache: "no-store", credentials: "omit", redirect: "error" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    const told = "The service cannot be reached. Nothing was changed, as far as is known here.";
    throw Object.assign(new Error(told), { away: true });
  }
  if (!answer.ok) throw await problem(answer);
  return raw ? answer.blob() : answer.json();
}

// Rows as a changeset, in one step; `version`: what the editor looked at.
export const publish = (rows, { version, note, confirm }) =>
  call("POST", `/v1/changes?${query({ note, confirm })}`, {
    body: rows.map((row) => JSON.stringify(row)).join("\n"),
    type: "application/jsonl",
    version,
  });

export const revert = (version, { note, confirm, dryRun } = {}) =>
  call("POST", `/v1/changes/${version}/revert?${query({ note, confirm, dry_run: dryRun })}`);

function query(values) {
  const given = Object.entries(values).filter(([, value]) => value);
  return new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
}
