/** Reporting a hint: shows to the letter what would leave, and where to, before it does. */
import { button, element } from "../common/elements.ts";
import type { ReportReply } from "../common/messages.ts";
import { REPORT_KINDS, REPORT_PATH, reportBody, type Report, type ReportKind } from "../common/reports.ts";
import { say, type WordKey } from "../common/words.ts";
import type { Hint } from "./hints.ts";

const KINDS: Readonly<Record<ReportKind, WordKey>> = {
  wrong_match: "reportWrongMatch",
  wrong_case: "reportWrongCase",
  other: "reportOther",
};

export interface ReportView {
  readonly kind: "report";
}

/** `resized`: the form takes another room than before. */
export function reportParts(
  hint: Hint,
  server: string,
  report: (report: Report) => Promise<ReportReply>,
  resized: () => void,
): Node[] {
  const kinds = REPORT_KINDS.map((kind, at) => element("input", { type: "radio", name: "kind", value: kind, checked: at === 0 }));
  const withSentence = element("input", { type: "checkbox" });
  const exact = element("pre", { dir: "ltr", tabindex: "0", "aria-labelledby": "exactly" });
  const status = element("p", { class: "status", role: "status" });
  const present = (): Report => ({
    id: hint.case.id,
    kind: REPORT_KINDS[kinds.findIndex(({ checked }) => checked)] ?? "other",
    ...(withSentence.checked ? { sentence: hint.text } : {}),
  });
  const show = () => {
    exact.textContent = `POST ${server}${REPORT_PATH}\n\n${reportBody(present())}`;
    resized();
  };
  const send = button(say("reportSend"), () => {
    send.disabled = true;
    void report(present()).then((reply) => {
      status.textContent = outcome(reply);
      // What was taken needs no second time.
      if (reply.state === "sent" || reply.state === "gone") send.remove();
      send.disabled = false;
      resized();
    });
  }, { class: "act" });
  const form = element(
    "div",
    { class: "report" },
    element(
      "fieldset",
      { "aria-labelledby": "title" },
      ...REPORT_KINDS.map((kind, at) => element("label", {}, kinds[at] ?? null, say(KINDS[kind]))),
    ),
    element("label", {}, withSentence, say("reportSentence")),
    element("p", { id: "exactly" }, say("reportExactly")),
    exact,
    element("p", { class: "quiet" }, say("reportKept", new URL(server).host)),
    element("p", { class: "row" }, send),
    status,
  );
  form.addEventListener("change", show);
  show();
  return [element("h2", { id: "title" }, say("reportTitle")), form];
}

function outcome(reply: ReportReply): string {
  switch (reply.state) {
    case "sent":
      return say("reportSent");
    case "gone":
      return say("cardGone");
    case "wait":
      return say("reportWait", reply.seconds);
    case "away":
      return say("reportAway");
    case "refused":
      return say("reportRefused");
  }
}
