// A case as a reader sees it: who reviewed it and when, the claim, the verdict, the summary.

import { capital, h, link, words } from "./dom.js";

const DATE = new Intl.DateTimeFormat("en", { dateStyle: "long", timeZone: "UTC" });

export function lead(reviewed, manner = "Matches") {
  return `${manner} a claim reviewed by ${reviewed.publisher.name} on ${DATE.format(new Date(`${reviewed.published}T00:00:00Z`))}`;
}

export function cardParts(reviewed) {
  const verdict = h("p", {}, h("span", { className: "chip", textContent: capital(reviewed.verdict) }));
  if (reviewed.rating) {
    verdict.append(h("span", { className: "rating", textContent: reviewed.rating, dir: "auto" }));
  }
  const parts = [words("claim", reviewed.claim, reviewed.claim_language), verdict];
  if (reviewed.summary) parts.push(words("summary", reviewed.summary, reviewed.summary_language));
  parts.push(h("p", { className: "more" }, link(reviewed.url, `Read the review by ${reviewed.publisher.name}`)));
  if (reviewed.related.length) {
    const near = reviewed.related.map((one) => h("li", {}, h("span", { dir: "auto" }, link(one.url, one.claim))));
    parts.push(h("h3", { textContent: "Related cases" }), h("ul", {}, near));
  }
  return parts;
}
