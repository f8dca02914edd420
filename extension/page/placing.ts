/** Where the card goes: near the sentence, inside the viewport, never over the words. Pure. */

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Placing {
  readonly left: number;
  readonly top: number;
  /** The room there is; a taller card scrolls inside. */
  readonly maxHeight: number;
  readonly maxWidth: number;
}

/** Pixels between the card and what it stands beside. */
export const GAP = 8;
/** A card lower than this is little use. */
const MIN_HEIGHT = 140;
const MIN_WIDTH = 220;
/** And lower than this none at all. */
const LEAST_HEIGHT = 72;

/** The box around several. */
export function around(boxes: readonly Box[]): Box | null {
  if (boxes.length === 0) return null;
  return {
    left: Math.min(...boxes.map((box) => box.left)),
    top: Math.min(...boxes.map((box) => box.top)),
    right: Math.max(...boxes.map((box) => box.right)),
    bottom: Math.max(...boxes.map((box) => box.bottom)),
  };
}

const clamp = (value: number, low: number, high: number) => Math.max(low, Math.min(value, high));

/** Pixels by which a page has to scroll so that a card finds room below the sentence; mostly none. */
export function missingRoom(sentence: Box, viewport: Size): number {
  const { below, above, right, before } = roomAround(sentence, viewport);
  if (Math.max(below, above) >= LEAST_HEIGHT || Math.max(right, before) >= MIN_WIDTH) return 0;
  return MIN_HEIGHT - below;
}

function roomAround(sentence: Box, viewport: Size) {
  return {
    below: viewport.height - sentence.bottom - 2 * GAP,
    above: sentence.top - 2 * GAP,
    right: viewport.width - sentence.right - 2 * GAP,
    before: sentence.left - 2 * GAP,
  };
}

/**
 * Below the sentence if the card fits there, else above, else on the side with more room, where
 * it is cut to that room and scrolls. A sentence that leaves little room above or below is passed
 * by on its left or right; only where it fills the whole viewport (`missingRoom`) does the card
 * take the lower edge.
 */
export function placeCard(sentence: Box, card: Size, viewport: Size): Placing {
  const { below, above, right, before } = roomAround(sentence, viewport);
  const maxWidth = viewport.width - 2 * GAP;
  const width = Math.min(card.width, maxWidth);
  const left = clamp(sentence.left, GAP, viewport.width - width - GAP);
  const side = Math.max(right, before);
  const least = side >= MIN_WIDTH ? MIN_HEIGHT : LEAST_HEIGHT;
  if (Math.max(below, above) >= Math.min(card.height, least)) {
    const under = below >= card.height || below >= above;
    const maxHeight = under ? below : above;
    const height = Math.min(card.height, maxHeight);
    const top = under ? sentence.bottom + GAP : sentence.top - GAP - height;
    // A sentence scrolled out of sight takes the card along to the edge, not beyond.
    return { left, top: clamp(top, GAP, viewport.height - height - GAP), maxHeight, maxWidth };
  }
  const maxHeight = viewport.height - 2 * GAP;
  const height = Math.min(card.height, maxHeight);
  const top = clamp(sentence.top, GAP, viewport.height - height - GAP);
  if (side >= MIN_WIDTH) {
    const sideWidth = Math.min(card.width, side);
    const sideLeft = right >= before ? sentence.right + GAP : sentence.left - GAP - sideWidth;
    return { left: sideLeft, top, maxHeight, maxWidth: side };
  }
  const low = Math.min(card.height, viewport.height * 0.4);
  return { left, top: viewport.height - low - GAP, maxHeight: low, maxWidth };
}
