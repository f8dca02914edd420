/**
 * Pages that refute a claim are left alone: those of its publisher, those that link to the case,
 * and those that say in ClaimReview markup that they review the claim. Decided here, since the
 * service sees neither addresses nor neighbours.
 */
import { isUnder } from "../common/sites.ts";
import type { Case } from "../common/wire.ts";

/** An address without what does not change where it leads. */
function plain(address: string): string {
  return address.replace(/^https?:\/\/(www\.)?/i, "").replace(/[#?].*$/, "").replace(/\/+$/, "");
}

function hostOf(address: string | null): string | null {
  return address !== null && URL.canParse(address)
    ? new URL(address).hostname.replace(/^www\./, "")
    : null;
}

export function isPublisher(host: string, about: Case): boolean {
  return [hostOf(about.publisher.url), hostOf(about.url)].some(
    (publisher) => publisher !== null && isUnder(host, publisher),
  );
}

/** What a page declares to review: the claims' words and the reviews' addresses. */
export interface Reviews {
  readonly claims: readonly string[];
  readonly urls: readonly string[];
}

/** Reads ClaimReview out of a JSON-LD value, wherever it is nested. */
export function reviewsIn(value: unknown, depth = 0): Reviews {
  const claims: string[] = [];
  const urls: string[] = [];
  if (typeof value === "object" && value !== null && depth < 12) {
    const entries = value as Record<string, unknown>;
    const types = [entries["@type"]].flat();
    if (types.some((type) => typeof type === "string" && /\bClaimReview$/.test(type))) {
      if (typeof entries["claimReviewed"] === "string") claims.push(entries["claimReviewed"]);
      if (typeof entries["url"] === "string") urls.push(entries["url"]);
    }
    for (const inner of Object.values(entries)) {
      const found = reviewsIn(inner, depth + 1);
      claims.push(...found.claims);
      urls.push(...found.urls);
    }
  }
  return { claims, urls };
}

function words(text: string): Set<string> {
  return new Set(text.toLowerCase().match(/[\p{L}\p{N}]{3,}/gu));
}

/** Whether two wordings share at least half the words of the shorter. */
export function speakAlike(one: string, other: string): boolean {
  const first = words(one);
  const second = words(other);
  const shorter = Math.min(first.size, second.size);
  const common = [...first].filter((word) => second.has(word)).length;
  return shorter > 0 && common * 2 >= shorter;
}

function reviewsOn(page: Document): Reviews {
  const claims: string[] = [];
  const urls: string[] = [];
  for (const script of page.querySelectorAll('script[type="application/ld+json"]')) {
    if (!script.textContent.includes("ClaimReview")) continue;
    try {
      const found = reviewsIn(JSON.parse(script.textContent));
      claims.push(...found.claims);
      urls.push(...found.urls);
    } catch {
      // Markup that is no JSON says nothing.
    }
  }
  for (const part of page.querySelectorAll('[itemtype$="/ClaimReview"] [itemprop~="claimReviewed"]')) {
    claims.push(part.getAttribute("content") ?? part.textContent);
  }
  return { claims, urls };
}

/** Whether the page speaks against a case. `claim`: the wording that matched. */
export function isDebunked(page: Document, host: string, about: Case, claim: string): boolean {
  if (isPublisher(host, about)) return true;
  const address = plain(about.url);
  const links = [...page.links].map((link) => link.href);
  if (links.some((link) => plain(link) === address)) return true;
  const reviews = reviewsOn(page);
  return (
    reviews.urls.some((url) => plain(url) === address) ||
    reviews.claims.some((text) => speakAlike(text, claim) || speakAlike(text, about.claim))
  );
}
