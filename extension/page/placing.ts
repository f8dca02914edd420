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
/** A card lower than this is no use. */
const MIN_HEIGHT = 140;
const MIN_WIDTH = 220;

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

/**
 * Below the sentence if the card fits there, else above, else on the side with more room, where
 * it is cut to that room and scrolls. A sentence that leaves no such room above or below is passed
 * by on its left or right; where it fills the whole viewport the card takes the lower edge.
 */
export function placeCard(sentence: Box, card: Size, viewport: Size): Placing {
  const below = viewport.height - sentence.bottom - 2 * GAP;
  const above = sentence.top - 2 * GAP;
  const maxWidth = viewport.width - 2 * GAP;
  const width = Math.min(card.width, maxWidth);
  const left = clamp(sentence.left, GAP, viewport.width - width - GAP);
  const room = Math.max(below, above);
  if (room >= Math.min(card.height, MIN_HEIGHT)) {
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
  const right = viewport.width - sentence.right - 2 * GAP;
  const before = sentence.left - 2 * GAP;
  const side = Math.max(right, before);
  if (side >= MIN_WIDTH) {
    const sideWidth = Math.min(card.width, side);
    const sideLeft = right >= before ? sentence.right + GAP : sentence.left - GAP - sideWidth;
    return { left: sideLeft, top, maxHeight, maxWidth: side };
  }
  const low = Math.min(card.height, viewport.height * 0.4);
  return { left, top: viewport.height - low - GAP, maxHeight: low, maxWidth };
}
