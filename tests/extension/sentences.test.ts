import { isSubstantial, lengthOf, sentencesOf, wording } from "extension/page/sentences.ts";
import { describe, expect, test } from "vitest";

const LIMIT = 2000;
const texts = (text: string, language = "en") =>
  [...sentencesOf(text, language, LIMIT)].map((sentence) => sentence.text);

test.each([
  ["two sentences", "The tram was late. Nobody cared.", ["The tram was late.", "Nobody cared."]],
  ["a title before a name", "Mr. Smith met Dr. Jones. They left.", ["Mr. Smith met Dr. Jones.", "They left."]],
  ["initials", "J. R. Doe spoke first. Then he sat.", ["J. R. Doe spoke first.", "Then he sat."]],
  ["an abbreviated country", "U.S. troops were there. We saw them.", ["U.S. troops were there.", "We saw them."]],
  ["a question in quotation marks", "“Why?” asked the man. Nobody knew.", ["“Why?” asked the man.", "Nobody knew."]],
  ["white space of the markup", "  One\n  line   of text.  ", ["One line of text."]],
  ["nothing but white space", " \n\t ", []],
])("%s", (_case, text, expected) => {
  expect(texts(text.replaceAll("\n", " "))).toEqual(expected);
});

test("sentences of scripts without spaces are told apart", () => {
  expect(texts("电车今天又晚点了。没有人感到惊讶。", "zh")).toEqual(["电车今天又晚点了。", "没有人感到惊讶。"]);
});

test("a line break ends a headline", () => {
  expect(texts("Late again\nThe tram was late.")).toEqual(["Late again", "The tram was late."]);
});

describe("places", () => {
  const text = "  The tram\u00a0was  late.  \u00adNobody cared.  ";

  test("each span begins and ends with a letter or a mark that is seen", () => {
    for (const { start, end } of sentencesOf(text, "en", LIMIT)) {
      expect(text.slice(start, end)).toBe(text.slice(start, end).trim());
    }
  });

  test("the words of a span are the words that are sent", () => {
    for (const { start, end, text: words } of sentencesOf(text, "en", LIMIT)) {
      expect(wording(text.slice(start, end))).toBe(words);
    }
  });

  test("spans do not overlap and keep their order", () => {
    const spans = [...sentencesOf("One is here. Two is there. Three.", "en", LIMIT)];
    for (const [number, { start }] of spans.entries()) {
      expect(start).toBeGreaterThanOrEqual(spans[number - 1]?.end ?? 0);
    }
  });
});

describe("text without an end", () => {
  test("is cut between words, and loses none", () => {
    const long = "word ".repeat(1000).trim();
    const pieces = texts(long);
    expect(pieces.length).toBeGreaterThan(1);
    expect(pieces.every((piece) => piece.length <= LIMIT)).toBe(true);
    expect(pieces.join(" ")).toBe(long);
  });

  test("is cut even where there is no space, never inside a character", () => {
    const pieces = texts("😀".repeat(3000));
    expect(pieces.join("")).toBe("😀".repeat(3000));
    expect(pieces.every((piece) => piece.length <= LIMIT && piece.isWellFormed())).toBe(true);
  });
});

test("what the service would refuse is not sent: control characters, lone surrogates", () => {
  expect(wording("a\u0000b\ud800c\u0007d")).toBe("a b c d");
});

test("invisible characters are no part of the words", () => {
  expect(wording("War\u00adsaw\u200b Pact\ufeff")).toBe("Warsaw Pact");
});

test.each([
  ["Read more about it", true],
  ["Read more", false],
  ["12.03.2024, 14:55", false],
  ["", false],
  ["电车今天又晚点了", true],
  ["电车", false],
])("%j is worth asking about: %s", (text, expected) => {
  expect(isSubstantial(text)).toBe(expected);
});

test("length is counted as the service counts it: the longer of both forms", () => {
  expect(lengthOf("abc")).toBe(3);
  expect(lengthOf("ﷺ")).toBe("ﷺ".normalize("NFKC").length);
});
