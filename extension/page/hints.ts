/** The hints of a page: which sentence repeats which claim, and where it stands. */
import type { FoundMatch } from "../common/messages.ts";
import type { Case } from "../common/wire.ts";
import { isLightText, type Kind } from "./highlight.ts";
import { isIntact, parentOf, type Place } from "./walk.ts";

export type Band = "match" | "similar";

/** What the service said of a sentence; one and the same for each of its occurrences. */
export interface Answer {
  readonly match: Omit<FoundMatch, "sentence">;
  readonly case: Case;
  /** When the service answered (ISO 8601). */
  readonly asOf: string;
  /** The copy of the cases that is kept in the browser decided, and nobody was asked. */
  readonly kept: boolean;
}

export interface Hint extends Answer {
  readonly id: number;
  /** The sentence as it was sent. */
  readonly text: string;
  readonly language: string | undefined;
  readonly band: Band;
  readonly places: readonly Place[];
  readonly ranges: readonly Range[];
  readonly kind: Kind;
}

export function rangesOf(places: readonly Place[]): Range[] {
  return places.map(({ node, start, end }) => {
    const range = new Range();
    range.setStart(node, start);
    range.setEnd(node, end);
    return range;
  });
}

/** The kind of mark that suits the ground on which a sentence stands. */
export function kindAt(place: Place, band: Band): Kind {
  const parent = parentOf(place.node);
  const light = parent === null ? undefined : isLightText(getComputedStyle(parent).color);
  const dark = light ?? matchMedia("(prefers-color-scheme: dark)").matches;
  if (band === "match") return dark ? "matchDark" : "matchLight";
  return dark ? "similarDark" : "similarLight";
}

export function isStanding(hint: Hint): boolean {
  return hint.places.every(isIntact);
}

/** Whether two lists of places begin at the same character. */
export function sameStart(one: readonly Place[], other: readonly Place[]): boolean {
  return one[0]?.node === other[0]?.node && one[0]?.start === other[0]?.start;
}

/** All boxes of a hint in the viewport's coordinates, empty ones left out. */
export function boxesOf(hint: Hint): DOMRect[] {
  return hint.ranges
    .flatMap((range) => [...range.getClientRects()])
    .filter((box) => box.width > 0 && box.height > 0);
}

/** In the order in which they are seen: from top to bottom, then along the line. */
export function inReadingOrder(hints: readonly Hint[]): Hint[] {
  const placed = hints.map((hint) => ({ hint, box: boxesOf(hint)[0] }));
  return placed
    .sort((one, other) => {
      const rise = (one.box?.top ?? Infinity) - (other.box?.top ?? Infinity);
      if (Math.abs(rise) > 2) return rise;
      return (one.box?.left ?? 0) - (other.box?.left ?? 0);
    })
    .map(({ hint }) => hint);
}

/** Pixels above and below the letters that still belong to their line. */
const LEADING = 4;

const INTERACTIVE = "a[href], button, summary, label, input, select, textarea, [role=button], [role=link]";

/**
 * The hint under a point, or `undefined`.
 *
 * Highlights take no events. The boxes of the few hints are compared rather than the caret asked
 * for: that holds alike in shadow roots and in both browsers, and never snaps to text far away.
 */
export function hintAt(
  hints: readonly Hint[],
  x: number,
  y: number,
  path: readonly EventTarget[],
): Hint | undefined {
  const target = path[0];
  if (!(target instanceof Element)) return undefined;
  return hints.find(
    (hint) =>
      // What lies over the text (a menu, a dialog) holds none of it.
      hint.ranges.some((range) => range.intersectsNode(target)) &&
      boxesOf(hint).some(
        (box) =>
          x >= box.left && x <= box.right && y >= box.top - LEADING && y <= box.bottom + LEADING,
      ),
  );
}

/** Whether a click there means something to the page, so that it is left to it. */
export function isInteractive(path: readonly EventTarget[]): boolean {
  return path.some((target) => target instanceof Element && target.matches(INTERACTIVE));
}
