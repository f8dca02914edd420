/** The style rules of the highlights. */
import type { HighlightNames } from "../common/messages.ts";

/**
 * Ground, words and line of each kind. The ground is opaque, so that the contrast holds whatever
 * the page looks like: words at least 7:1, the line at least 4.5:1 (WCAG 2.2 AA asks 4.5 and 3);
 * a test computes them. Solid and dotted lines tell the bands apart without colour.
 */
export const MARKS = {
  matchLight: { ground: "#ffefc2", words: "#241a00", line: "#8a4b00", style: "solid" },
  matchDark: { ground: "#4d3800", words: "#fff4d6", line: "#ffc64d", style: "solid" },
  similarLight: { ground: "#e8f0fe", words: "#0b1f3a", line: "#1f56a8", style: "dotted" },
  similarDark: { ground: "#1b2d4a", words: "#e3edff", line: "#8fbaff", style: "dotted" },
} as const;

export function marksCss(names: HighlightNames): string {
  return Object.entries(MARKS)
    .map(([kind, { ground, words, line, style }]) => {
      const name = names[kind as keyof HighlightNames];
      return (
        `::highlight(${name}){background-color:${ground};color:${words};` +
        `text-decoration:underline ${style} ${line};text-decoration-thickness:2px}`
      );
    })
    .join("\n");
}
