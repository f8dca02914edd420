import { batchesOf } from "extension/background/batches.ts";
import { badgeText } from "extension/background/badge.ts";
import { MARKS, marksCss } from "extension/background/marks-css.ts";
import { allowance, framesOf, isRead, TAB_SENTENCES, TAB_WINDOW_MS } from "extension/background/pages.ts";
import { withSeen } from "extension/background/seen.ts";
import { backoffMs, minScore } from "extension/background/service.ts";
import { withFrame, withNewPage, type TabCounts } from "extension/background/session.ts";
import { turns } from "extension/background/turns.ts";
import { PageMessage, UiMessage } from "extension/common/messages.ts";
import { repairSettings } from "extension/common/settings.ts";
import type { Case } from "extension/common/wire.ts";
import * as v from "valibot";
import { describe, expect, test } from "vitest";

const counts: TabCounts = { windowSince: 0, windowSent: 0, windowReports: 0, frames: {}, cursor: null, clickedHost: null };

describe("requests", () => {
  const limits = { sentences: 3, sentence_chars: 20, text_chars: 30 };
  const sentence = (id: number, length: number) => ({ id: `s${id}`, text: "x".repeat(length) });

  test("keep within the limits and keep the order", () => {
    const sentences = Array.from({ length: 20 }, (_, id) => sentence(id, 1 + ((id * 7) % 20)));
    const batches = batchesOf(sentences, limits);
    expect(batches.flat()).toEqual(sentences);
    for (const batch of batches) {
      expect(batch.length).toBeLessThanOrEqual(limits.sentences);
      expect(batch.reduce((sum, { text }) => sum + text.length, 0)).toBeLessThanOrEqual(limits.text_chars);
    }
  });

  test("leave out a sentence that no request may hold", () => {
    expect(batchesOf([sentence(1, 21), sentence(2, 5)], limits)).toEqual([[sentence(2, 5)]]);
  });

  test("nothing to ask is no request", () => {
    expect(batchesOf([], limits)).toEqual([]);
  });
});

test("waits grow with each failure, differ from reader to reader, and have an end", () => {
  const waits = Array.from({ length: 20 }, (_, failures) => backoffMs(failures + 1, 0.5));
  for (const [number, wait] of waits.entries()) expect(wait).toBeGreaterThanOrEqual(waits[number - 1] ?? 0);
  expect(backoffMs(3, 0)).toBeLessThan(backoffMs(3, 1));
  expect(Math.max(...waits)).toBeLessThanOrEqual(10 * 60_000);
});

test("less shows only what is surer than the server's own bands, more what is less sure", () => {
  const thresholds = { match: 0.8, similar: 0.5 };
  expect(minScore("usual", thresholds)).toBeUndefined();
  expect(minScore("fewer", thresholds)).toBeGreaterThan(thresholds.similar);
  expect(minScore("more", thresholds)).toBeLessThan(thresholds.similar);
});

describe("one tab", () => {
  test("has an allowance that comes back with the next window", () => {
    const used = { ...counts, windowSince: 1000, windowSent: TAB_SENTENCES };
    expect(allowance(used, 2000)).toEqual({ left: 0, ms: TAB_WINDOW_MS - 1000 });
    expect(allowance(used, 1000 + TAB_WINDOW_MS).left).toBe(TAB_SENTENCES);
  });

  test("a new page ends the frames of the one before, not those that already belong to it", () => {
    const frame = (since: number) => ({ since, hints: 1, checked: 0, sent: 1 });
    const before = { ...counts, frames: { 0: frame(100), 3: frame(150), 4: frame(210) } };
    expect(framesOf(withNewPage(before, 200))).toEqual([4]);
  });

  test("a frame that speaks for the first time begins at nothing", () => {
    expect(withFrame(counts, 7, (frame) => ({ ...frame, hints: 2 })).frames[7]).toMatchObject({ hints: 2, sent: 0 });
  });

  test("is not read before the first choice, whatever was clicked", () => {
    const clicked = { ...counts, clickedHost: "news.example" };
    expect(isRead(repairSettings({}), "news.example", clicked)).toBe(false);
    expect(isRead(repairSettings({ ready: true }), "news.example", clicked)).toBe(true);
    expect(isRead(repairSettings({ ready: true }), "other.example", clicked)).toBe(false);
  });
});

describe("messages of pages are not trusted", () => {
  const check = { type: "page:check", sentences: [{ text: "A sentence." }] };
  const many = Array.from({ length: 257 }, () => ({ text: "A sentence." }));
  test.each<[string, unknown, boolean]>([
    ["a question", check, true],
    ["a start", { type: "page:start", loading: 1 }, true],
    ["no sentence", { ...check, sentences: [] }, false],
    ["too many sentences", { ...check, sentences: many }, false],
    ["a sentence that is too long", { ...check, sentences: [{ text: "x".repeat(2001) }] }, false],
    ["a language that is none", { ...check, sentences: [{ text: "A", language: "english" }] }, false],
    ["an address", { ...check, server: "https://evil.example" }, false],
    ["a key beside the text", { ...check, sentences: [{ text: "A", url: "x" }] }, false],
    ["a case that is a path", { type: "page:case", id: "../changes" }, false],
    ["a name that ends the rule", { type: "page:paint", names: { matchLight: "a){}*{", matchDark: "b", similarLight: "c", similarDark: "d" } }, false],
    ["what only our own pages may say", { type: "ui:server" }, false],
    ["nothing", null, false],
  ])("%s", (_case, message, expected) => {
    expect(v.safeParse(PageMessage, message).success).toBe(expected);
  });

  test("and pages' messages are none of the interface's", () => {
    expect(v.safeParse(UiMessage, check).success).toBe(false);
  });
});

describe("marks", () => {
  /** Contrast of two colours (Source: WCAG 2.2, 1.4.3). */
  function contrast(one: string, other: string): number {
    const luminance = (color: string) => {
      const [red = 0, green = 0, blue = 0] = (color.match(/[0-9a-f]{2}/g) ?? []).map((part) => {
        const share = parseInt(part, 16) / 255;
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const [low = 0, high = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  }

  test.each(Object.entries(MARKS))("%s can be read: words 7:1, line 4.5:1", (_kind, { ground, words, line }) => {
    expect(contrast(words, ground)).toBeGreaterThanOrEqual(7);
    expect(contrast(line, ground)).toBeGreaterThanOrEqual(4.5);
  });

  test("the bands differ by the kind of line too", () => {
    expect(MARKS.matchLight.style).not.toBe(MARKS.similarLight.style);
    expect(MARKS.matchDark.style).not.toBe(MARKS.similarDark.style);
  });

  test("there is one rule for each name", () => {
    const names = { matchLight: "aaaaaaaaaaaa", matchDark: "bbbbbbbbbbbb", similarLight: "cccccccccccc", similarDark: "dddddddddddd" };
    for (const name of Object.values(names)) expect(marksCss(names).split(`::highlight(${name})`)).toHaveLength(2);
  });
});

test.each([[0, ""], [1, "1"], [99, "99"], [100, "99+"]])("the button shows %i as %j", (hints, text) => {
  expect(badgeText(hints)).toBe(text);
});

test("cases seen again are remembered once, the latest first, and not without end", () => {
  const about = (id: string) => ({ id }) as Case;
  const first = withSeen([], [about("a"), about("b")], "1");
  const second = withSeen(first, [about("b")], "2");
  expect(second.map((seen) => [seen.case.id, seen.asOf])).toEqual([["b", "2"], ["a", "1"]]);
  const many = Array.from({ length: 1000 }, (_, number) => about(`c${number}`));
  expect(withSeen(second, many, "3").length).toBeLessThan(1000);
});

test("work in turn never interleaves, and goes on after a failure", async () => {
  const inTurn = turns();
  const seen: string[] = [];
  const work = (name: string) => async () => {
    seen.push(`${name} begins`);
    await Promise.resolve();
    seen.push(`${name} ends`);
    if (name === "b") throw new Error("b");
  };
  await Promise.allSettled(["a", "b", "c"].map((name) => inTurn(work(name))));
  expect(seen).toEqual(["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"]);
});
