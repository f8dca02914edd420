/** Runs in the page's own world: reads what any script of the page can read. */

export interface SeenMark {
  readonly name: string;
  readonly text: string;
}

/** Every range in `CSS.highlights`, joined where they follow each other in one sentence. */
export function readMarks(): { name: string; pieces: string[] }[] {
  return [...CSS.highlights].map(([name, highlight]) => ({
    name,
    pieces: [...highlight]
      .filter((range): range is Range => range instanceof Range)
      .sort((one, other) => one.compareBoundaryPoints(Range.START_TO_START, other))
      .map((range) => range.toString()),
  }));
}
