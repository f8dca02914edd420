/** Sentences of a text, each with its place in it. Pure: knows strings, no DOM. */

export interface SentenceSpan {
  /** Offsets in UTF-16 units into the text; the span begins and ends with a visible character. */
  readonly start: number;
  readonly end: number;
  /** The words as they are sent: white space collapsed, invisible characters gone. */
  readonly text: string;
}

const segmenters = new Map<string, Intl.Segmenter>();

function segmenter(language: string | undefined): Intl.Segmenter {
  const key = language ?? "";
  let found = segmenters.get(key);
  if (found === undefined) {
    found = new Intl.Segmenter(language === undefined ? [] : [language], {
      granularity: "sentence",
    });
    segmenters.set(key, found);
  }
  return found;
}

// After these a full stop ends no sentence. Only what is frequent in news, in the languages of
// the interface; a missed one costs a sentence cut in two, no more.
const ABBREVIATION =
  /(?:^|[\s(«„“"'’-])(?:\p{Lu}|(?:\p{L}\.){1,3}\p{L}|mr|mrs|ms|dr|prof|gen|col|lt|sgt|gov|sen|rep|st|jr|sr|no|vs|etc|approx|e\.g|i\.e|bzw|ca|nr|hr|fr|sog|usw|mme|mlle|m|sr|sra|dra|ud|uds|art|ul|tzw|np|tys|mln|mld|prof|р|рр|ст|гг|г|им|ім|тис|млн|млрд|тыс|т\.е|т\.д|т\.п|див|напр)\.["'’”»)]*\s*$/iu;

const INVISIBLE = /[\u00ad\u200b\u2060\ufeff]/gu;
const UNSENDABLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]|\p{Surrogate}/gu;

/** What is sent for a piece of text. */
export function wording(text: string): string {
  return text.replace(INVISIBLE, "").replace(UNSENDABLE, " ").replace(/\s+/gu, " ").trim();
}

/**
 * The sentences of a text in their order, found one by one as the caller asks for them.
 *
 * A sentence longer than `limit` characters is cut at white space: no request may hold it whole.
 */
export function* sentencesOf(
  text: string,
  language: string | undefined,
  limit: number,
): Generator<SentenceSpan> {
  let start = 0;
  let end = 0;
  for (const { segment, index } of segmenter(language).segment(text)) {
    if (index > start && !(goesOn(text.slice(Math.max(start, end - 24), end), segment) && end - start <= limit)) {
      yield* cut(text, start, end, limit);
      start = index;
    }
    end = index + segment.length;
  }
  yield* cut(text, start, end, limit);
}

/** Whether what the segmenter parted is one sentence: after an abbreviation, after a quotation. */
function goesOn(before: string, after: string): boolean {
  return ABBREVIATION.test(before) || (/["'”’»)\]]\s*$/u.test(before) && /^\p{Ll}/u.test(after));
}

function* cut(text: string, start: number, end: number, limit: number): Generator<SentenceSpan> {
  let from = start;
  while (from < end) {
    let to = end;
    if (to - from > limit) {
      const space = text.slice(from, from + limit).search(/\s\S*$/u);
      to = space > 0 ? from + space : wholeCharacter(text, from + limit);
    }
    const found = trimmed(text, from, to);
    if (found !== null) yield found;
    from = to;
  }
}

/** Never cuts a surrogate pair in two. */
function wholeCharacter(text: string, offset: number): number {
  const unit = text.charCodeAt(offset);
  return unit >= 0xdc00 && unit <= 0xdfff ? offset - 1 : offset;
}

function trimmed(text: string, start: number, end: number): SentenceSpan | null {
  const piece = text.slice(start, end);
  const words = wording(piece);
  if (words === "") return null;
  const from = start + piece.search(/[^\s\u00ad\u200b\u2060\ufeff]/u);
  const to = end - (/[\s\u00ad\u200b\u2060\ufeff]*$/u.exec(piece)?.[0].length ?? 0);
  return { start: from, end: to, text: words };
}

const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Khmer}\p{Script=Lao}\p{Script=Myanmar}]/gu;

/**
 * Whether a sentence is worth asking about: four words, or eight letters of a script without
 * spaces. Shorter ones are captions and labels; they claim nothing that could be matched.
 */
export function isSubstantial(text: string): boolean {
  if ((text.match(/\p{L}{2,}/gu)?.length ?? 0) >= 4) return true;
  return (text.match(UNSPACED)?.length ?? 0) >= 8;
}

/** Characters as the service counts them: the larger of as it is and normalised. */
export function lengthOf(text: string): number {
  return /^[\u0000-\u007f]*$/.test(text)
    ? text.length
    : Math.max(text.length, text.normalize("NFKC").length);
}
