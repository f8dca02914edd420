import { isDebunked, isPublisher, reviewsIn, speakAlike } from "extension/page/debunking.ts";
import { isLightText, randomNames } from "extension/page/highlight.ts";
import { believable, directionOf, languageCode } from "extension/common/languages.ts";
import { around, GAP, missingRoom, placeCard, type Box } from "extension/page/placing.ts";
import { inSlices } from "extension/page/slices.ts";
import type { Case } from "extension/common/wire.ts";
import { describe, expect, test } from "vitest";

describe("the language of a page", () => {
  test.each([
    ["en", "en"],
    ["pt-BR", "pt"],
    ["de_AT", "de"],
    ["UK", "uk"],
    ["english", undefined],
    ["xx", undefined],
    ["", undefined],
    [null, undefined],
  ])("%j is %j", (tag, expected) => {
    expect(languageCode(tag)).toBe(expected);
  });

  test("is not believed over text in another script", () => {
    expect(believable("en", "Паром опаздывал, и никого это не удивляло.")).toBeUndefined();
    expect(believable("ru", "Паром опаздывал, и никого это не удивляло.")).toBe("ru");
    expect(believable("en", "The report names “Роскосмос” as its source.")).toBe("en");
    expect(believable("ja", "電車はまた遅れた。")).toBe("ja");
  });

  test.each([["ar", "rtl"], ["he-IL", "rtl"], ["en", "ltr"], [null, "auto"], ["?", "auto"]])("%j is written %s", (tag, expected) => {
    expect(directionOf(tag)).toBe(expected);
  });
});

describe("the card's place", () => {
  const overlaps = (one: Box, other: Box) =>
    one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;
  const viewports = [[1200, 800], [800, 600], [360, 640], [600, 400]] as const;
  const cards = [[400, 300], [400, 600], [430, 1200]] as const;

  test("never covers the sentence as long as there is room beside it, and stays in view", () => {
    for (const [width, height] of viewports) {
      for (const [cardWidth, cardHeight] of cards) {
        for (let top = 0; top < height - 60; top += 37) {
          for (let left = 0; left < width - 100; left += 91) {
            const sentence = { left, top, right: Math.min(width, left + 300), bottom: top + 60 };
            const place = placeCard(sentence, { width: cardWidth, height: cardHeight }, { width, height });
            const right = place.left + Math.min(cardWidth, place.maxWidth);
            const bottom = place.top + Math.min(cardHeight, place.maxHeight);
            expect(overlaps({ left: place.left, top: place.top, right, bottom }, sentence)).toBe(false);
            expect(place.left).toBeGreaterThanOrEqual(0);
            expect(place.top).toBeGreaterThanOrEqual(0);
            expect(right).toBeLessThanOrEqual(width);
            expect(bottom).toBeLessThanOrEqual(height);
          }
        }
      }
    }
  });

  test("is below where it fits", () => {
    const sentence = { left: 100, top: 100, right: 500, bottom: 140 };
    expect(placeCard(sentence, { width: 400, height: 300 }, { width: 1200, height: 800 }).top).toBe(140 + GAP);
  });

  test("is above at the lower edge of the page", () => {
    const sentence = { left: 100, top: 700, right: 500, bottom: 740 };
    expect(placeCard(sentence, { width: 400, height: 300 }, { width: 1200, height: 800 }).top).toBe(700 - GAP - 300);
  });

  test("is beside a sentence in a narrow column as high as the page", () => {
    const sentence = { left: 0, top: -50, right: 300, bottom: 900 };
    expect(placeCard(sentence, { width: 400, height: 300 }, { width: 1200, height: 800 }).left).toBe(300 + GAP);
  });

  test("covers nothing either at 200 % zoom, once the page has made the room that is missing", () => {
    const viewport = { width: 550, height: 400 };
    for (let height = 20; height <= 640; height += 31) {
      for (let top = -height + 20; top < viewport.height - 20; top += 13) {
        const sentence = { left: 20, top, right: 530, bottom: top + height };
        const missing = missingRoom(sentence, viewport);
        const moved = { ...sentence, top: top - missing, bottom: sentence.bottom - missing };
        const place = placeCard(moved, { width: 405, height: 600 }, viewport);
        const right = place.left + Math.min(405, place.maxWidth);
        const bottom = place.top + Math.min(600, place.maxHeight);
        expect(overlaps({ left: place.left, top: place.top, right, bottom }, moved)).toBe(false);
      }
    }
  });

  test("moves no page that has room", () => {
    expect(missingRoom({ left: 0, top: 300, right: 1200, bottom: 360 }, { width: 1200, height: 800 })).toBe(0);
  });

  test("nothing has no place", () => {
    expect(around([])).toBeNull();
  });
});

describe("pages that speak against the claim", () => {
  const about = {
    id: "a",
    claim: "The moon is made of green cheese",
    url: "https://www.checks.example/cases/moon/",
    publisher: { name: "Checks", url: "https://checks.example" },
  } as Case;
  const page = (links: string[], scripts: string[] = []) => {
    // Only what the code reads of a document; whole pages are in tests/browser.
    const all = scripts.map((text) => ({ textContent: text }));
    return {
      links: links.map((href) => ({ href })),
      querySelectorAll: (selector: string) => (selector.startsWith("script") ? all : []),
    } as unknown as Document;
  };

  test("are those of the publisher and what is under it", () => {
    expect(isPublisher("checks.example", about)).toBe(true);
    expect(isPublisher("en.checks.example", about)).toBe(true);
    expect(isPublisher("notchecks.example", about)).toBe(false);
  });

  test("are those that link to the case, however the address is written", () => {
    const links = ["http://checks.example/cases/moon?from=feed#top"];
    expect(isDebunked(page(links), "blog.example", about, about.claim)).toBe(true);
    expect(isDebunked(page(["https://checks.example/cases/mars"]), "blog.example", about, about.claim)).toBe(false);
  });

  test("are those that declare to review the claim", () => {
    const review = (claim: string) => JSON.stringify({ "@graph": [{ "@type": ["ClaimReview"], claimReviewed: claim }] });
    expect(isDebunked(page([], [review("Is the moon made of green cheese?")]), "b.example", about, about.claim)).toBe(true);
    expect(isDebunked(page([], [review("Vaccines change the genes")]), "b.example", about, about.claim)).toBe(false);
    expect(isDebunked(page([], ["{ ClaimReview, broken"]), "b.example", about, about.claim)).toBe(false);
  });

  test("markup nested without end does not stop the reading", () => {
    let nested: unknown = { "@type": "ClaimReview", claimReviewed: "x" };
    for (let depth = 0; depth < 1000; depth += 1) nested = { inner: nested };
    expect(reviewsIn(nested).claims).toEqual([]);
  });

  test("two wordings speak alike when they share half their words", () => {
    expect(speakAlike("NATO would not expand to the east", "that NATO would not expand eastwards")).toBe(true);
    expect(speakAlike("NATO would not expand", "the harbour master lost his dog")).toBe(false);
    expect(speakAlike("", "")).toBe(false);
  });
});

describe("marks", () => {
  test.each([
    ["rgb(34, 34, 34)", false],
    ["rgb(221, 227, 236)", true],
    ["rgba(255, 255, 255, 0.9)", true],
    ["color(srgb 0.1 0.1 0.1)", false],
    ["oklch(0.9 0.02 250)", true],
    ["lab(20 0 0)", false],
    ["canvastext", undefined],
  ])("text of %s is light: %s", (color, expected) => {
    expect(isLightText(color)).toBe(expected);
  });

  test("have other names on each page, and names that say nothing", () => {
    const all = [...Object.values(randomNames()), ...Object.values(randomNames())];
    expect(new Set(all).size).toBe(all.length);
    for (const name of all) expect(name).toMatch(/^[a-z]{14}$/);
  });
});

describe("work in slices", () => {
  test("gives others their turn and hands on every value in order", async () => {
    let others = 0;
    const other = setInterval(() => (others += 1), 0);
    const seen: number[] = [];
    function* slow() {
      for (let number = 0; number < 20; number += 1) {
        const until = performance.now() + 3;
        while (performance.now() < until);
        yield number;
      }
    }
    await inSlices(slow(), (number) => seen.push(number), () => true);
    clearInterval(other);
    expect(seen).toEqual(Array.from({ length: 20 }, (_, number) => number));
    expect(others).toBeGreaterThan(0);
  });

  test("ends when it is told to", async () => {
    let count = 0;
    function* endless() {
      for (;;) yield null;
    }
    await inSlices(endless(), () => (count += 1), () => false);
    expect(count).toBeGreaterThan(0);
  });
});
