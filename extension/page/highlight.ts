/**
 * Marks on the words of a page by the CSS Custom Highlight API, which leaves the DOM alone.
 *
 * The registry of highlights is shared with the page's own scripts, so the names are random for
 * each page load; the rules that colour them are inserted by the background.
 */
import type { HighlightNames } from "../common/messages.ts";

const KINDS = ["matchLight", "matchDark", "similarLight", "similarDark"] as const;
export type Kind = (typeof KINDS)[number];

/** Letters only: such a name says nothing, and needs no escape in a style sheet. */
function randomName(): string {
  const numbers = crypto.getRandomValues(new Uint8Array(14));
  return Array.from(numbers, (number) => String.fromCharCode(97 + (number % 26))).join("");
}

export function randomNames(): HighlightNames {
  return {
    matchLight: randomName(),
    matchDark: randomName(),
    similarLight: randomName(),
    similarDark: randomName(),
  };
}

/**
 * Whether a text colour was made for a dark ground. The ground itself may be an image or a
 * gradient; the colour of the words on it tells the same and is always known.
 */
export function isLightText(color: string): boolean | undefined {
  const rgb = /^rgba?\(\s*([\d.]+)[\s,]+([\d.]+)[\s,]+([\d.]+)/.exec(color);
  const unit = /^color\(srgb\s+([\d.]+)\s+([\d.]+)\s+([\d.]+)/.exec(color);
  const lightness = /^(ok)?l(?:ab|ch)\(\s*([\d.]+)/.exec(color);
  if (lightness !== null) return Number(lightness[2]) > (lightness[1] === "ok" ? 0.6 : 55);
  const scale = rgb !== null ? 255 : 1;
  const [red, green, blue] = (rgb ?? unit ?? []).slice(1).map((part) => Number(part) / scale);
  if (red === undefined || green === undefined || blue === undefined) return undefined;
  // Relative luminance (Source: WCAG 2.2); .18 looks half as bright as white.
  const linear = (part: number) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue) > 0.18;
}

export class Marks {
  readonly names: HighlightNames;
  private readonly highlights: Readonly<Record<Kind, Highlight>>;
  private shown = false;

  constructor() {
    this.names = randomNames();
    this.highlights = {
      matchLight: new Highlight(),
      matchDark: new Highlight(),
      similarLight: new Highlight(),
      similarDark: new Highlight(),
    };
    // Where a sentence of each band overlaps, the stronger shows.
    this.highlights.matchLight.priority = 1;
    this.highlights.matchDark.priority = 1;
  }

  add(kind: Kind, ranges: readonly Range[]): void {
    for (const range of ranges) this.highlights[kind].add(range);
    this.update();
  }

  remove(ranges: readonly Range[]): void {
    for (const kind of KINDS) for (const range of ranges) this.highlights[kind].delete(range);
    this.update();
  }

  show(shown: boolean): void {
    this.shown = shown;
    this.update();
  }

  /** A page without hints has no highlight registered at all, not even an empty one. */
  private update(): void {
    for (const kind of KINDS) {
      const highlight = this.highlights[kind];
      const name = this.names[kind];
      if (this.shown && highlight.size > 0) {
        if (CSS.highlights.get(name) !== highlight) CSS.highlights.set(name, highlight);
      } else {
        CSS.highlights.delete(name);
      }
    }
  }

  clear(): void {
    for (const kind of KINDS) {
      this.highlights[kind].clear();
      CSS.highlights.delete(this.names[kind]);
    }
  }
}
