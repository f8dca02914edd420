/**
 * Reads a page: finds its sentences, asks about them, keeps the hints in step with the page.
 *
 * Changes nothing in the DOM, and leaves nothing behind when stopped.
 */
import { isDismissed } from "../common/dismissals.ts";
import { believable } from "../common/languages.ts";
import { SENTENCE_CHARS, SENTENCES_A_MESSAGE } from "../common/limits.ts";
import type { CheckReply, HighlightNames, PageSentence, PageSettings } from "../common/messages.ts";
import { isDebunked } from "./debunking.ts";
import { Marks } from "./highlight.ts";
import { inReadingOrder, isStanding, kindAt, rangesOf, sameStart, type Answer, type Hint } from "./hints.ts";
import { isSubstantial, lengthOf, sentencesOf } from "./sentences.ts";
import { inSlices } from "./slices.ts";
import { blockAround, blocksOf, isIntact, languageAt, parentOf, placesIn, type Block, type Found } from "./walk.ts";
import { Watch } from "./watch.ts";

/** What the reader needs from outside: answers, colours, and someone to tell. */
export interface Outside {
  check(sentences: PageSentence[]): Promise<CheckReply>;
  paint(names: HighlightNames): Promise<void>;
  hintsChanged(hints: readonly Hint[]): void;
  /** The extension is gone or switched off. */
  ended(): void;
}

interface Occurrence {
  readonly block: Block;
  readonly start: number;
  readonly end: number;
  /** Number of the reading that came across it. */
  readonly turn: number;
}

interface Sentence {
  readonly text: string;
  readonly language: string | undefined;
}

const keyOf = ({ text, language }: Sentence) => `${language ?? ""}\n${text}`;
/** Sentences remembered for one page; beyond them it is a feed without end. */
const MAX_REMEMBERED = 50_000;

export class Reader {
  private readonly outside: Outside;
  private settings: PageSettings;
  private readonly marks = new Marks();
  private readonly watch: Watch;
  private readonly found: Found;
  private readonly shadows = new WeakSet<ShadowRoot>();
  private readonly answers = new Map<string, Answer | null>();
  private readonly waiting = new Map<string, Occurrence[]>();
  private queue: Sentence[] = [];
  private toRead: Node[] = [];
  private reading = false;
  private asking = false;
  private running = false;
  private painted: Promise<void> | null = null;
  private nextId = 1;
  private all: Hint[] = [];
  /** What the present reading has found where it is: by itself, or by an answer that came meanwhile. */
  private standing = new Set<Hint>();
  private reported = "";
  /** Number of the present reading, and of the last one that began at an element. */
  private turn = 0;
  private readonly turns = new WeakMap<Element, number>();

  constructor(settings: PageSettings, outside: Outside) {
    this.settings = settings;
    this.outside = outside;
    this.watch = new Watch(
      (nodes) => {
        this.toRead.push(...nodes);
        void this.read();
      },
      () => {
        this.dropFallen();
      },
    );
    this.found = {
      shadow: (root) => {
        if (!this.shadows.has(root)) this.watch.observe(root);
        this.shadows.add(root);
      },
      unready: (host) => {
        this.watch.awaitShadow(host);
      },
      hidden: (element) => {
        this.watch.awaitSight(element);
      },
    };
  }

  start(): void {
    this.running = true;
    this.marks.show(this.settings.showMarks);
    this.watch.observe(document);
    this.toRead.push(document.documentElement);
    void this.read();
  }

  stop(): void {
    this.running = false;
    this.watch.stop();
    this.marks.clear();
    this.all = [];
    this.queue = [];
    this.toRead = [];
    this.waiting.clear();
    this.answers.clear();
  }

  change(settings: PageSettings): void {
    this.settings = settings;
    this.marks.show(settings.showMarks);
    for (const hint of this.all) {
      this.marks.remove(hint.ranges);
      if (this.isShown(hint)) this.marks.add(hint.kind, hint.ranges);
    }
    this.report();
  }

  /** The hints that the reader wants to see, in reading order. */
  hints(): Hint[] {
    return inReadingOrder(this.all.filter((hint) => this.isShown(hint) && isStanding(hint)));
  }

  hint(id: number): Hint | undefined {
    return this.all.find((hint) => hint.id === id);
  }

  /** Takes all hints of a case away: it is gone, or the page speaks against it. */
  dropCase(caseId: string): void {
    for (const [key, answer] of this.answers) {
      if (answer?.case.id === caseId) this.answers.set(key, null);
    }
    this.drop((hint) => hint.case.id === caseId);
  }

  /** The index has changed: everything is asked again, and what no longer holds goes. */
  renew(): void {
    this.answers.clear();
    this.toRead.push(document.documentElement);
    void this.read();
  }

  private isStopped(): boolean {
    return !this.running;
  }

  private isShown(hint: Hint): boolean {
    if (isDismissed(this.settings.dismissed, hint.case.id, hint.text)) return false;
    return hint.band === "match" || this.settings.showSimilar;
  }

  private async read(): Promise<void> {
    if (this.reading) return;
    this.reading = true;
    const goesOn = () => this.running;
    while (this.toRead.length > 0 && this.running) {
      const nodes = this.toRead;
      this.toRead = [];
      this.standing.clear();
      this.turn += 1;
      const blocks: { block: Block; near: boolean }[] = [];
      const roots = new Set<Element>();
      await inSlices(this.blocks(nodes, roots), (block) => {
        if (block !== null) blocks.push({ block, near: isNear(block.root) });
      }, goesOn);
      // What the reader sees comes first; within each part the order of the page is kept.
      for (const part of [true, false]) {
        const some = blocks.filter(({ near }) => near === part).map(({ block }) => block);
        await inSlices(this.sentences(some), () => undefined, goesOn);
      }
      this.drop((hint) => !this.standing.has(hint) && isWithin(hint, roots) && !this.isAwaited(hint));
    }
    this.reading = false;
  }

  private *blocks(nodes: readonly Node[], roots: Set<Element>): Generator<Block | null> {
    for (const node of nodes) {
      const root = node === document.documentElement ? document.documentElement : blockAround(node);
      if (root === null || roots.has(root) || !root.isConnected) continue;
      roots.add(root);
      this.turns.set(root, this.turn);
      yield* blocksOf(root, this.found);
    }
  }

  private *sentences(blocks: readonly Block[]): Generator<null> {
    for (const block of blocks) {
      const declared = languageAt(block, 0);
      for (const { start, end, text } of sentencesOf(block.text, declared, SENTENCE_CHARS)) {
        if (isSubstantial(text) && lengthOf(text) <= SENTENCE_CHARS) {
          const sentence = { text, language: believable(languageAt(block, start), text) };
          this.meet(sentence, { block, start, end, turn: this.turn });
        }
        yield null;
      }
    }
    void this.ask();
  }

  private meet(sentence: Sentence, occurrence: Occurrence): void {
    const key = keyOf(sentence);
    const answer = this.answers.get(key);
    if (answer !== undefined) {
      if (answer !== null) this.place(sentence, answer, occurrence);
      return;
    }
    const waiting = this.waiting.get(key);
    if (waiting !== undefined) {
      waiting.push(occurrence);
    } else if (this.answers.size + this.waiting.size < MAX_REMEMBERED) {
      this.waiting.set(key, [occurrence]);
      this.queue.push(sentence);
      if (this.queue.length >= SENTENCES_A_MESSAGE) void this.ask();
    }
  }

  /** Asks batch by batch, one at a time, so that no page floods the service. */
  private async ask(): Promise<void> {
    if (this.asking) return;
    this.asking = true;
    while (this.queue.length > 0) {
      const batch = this.queue.splice(0, SENTENCES_A_MESSAGE);
      const reply = await this.outside.check(
        batch.map(({ text, language }) => (language === undefined ? { text } : { text, language })),
      );
      // Stopped meanwhile: there is no queue any more, and nothing to put into it.
      if (this.isStopped()) break;
      if (reply.state === "stopped") {
        this.outside.ended();
      } else if (reply.state === "wait") {
        this.queue.unshift(...batch);
        await new Promise((resolve) => setTimeout(resolve, reply.ms));
      } else {
        this.take(batch, reply);
      }
    }
    this.asking = false;
  }

  private take(batch: readonly Sentence[], reply: CheckReply): void {
    const answers = new Map<number, Answer>();
    if (reply.state === "answered") {
      for (const { sentence, ...match } of reply.found) {
        const about = reply.cases[match.case_id];
        if (about !== undefined) answers.set(sentence, { match, case: about, asOf: reply.asOf, kept: reply.kept });
      }
    }
    batch.forEach((sentence, number) => {
      const key = keyOf(sentence);
      const occurrences = this.waiting.get(key) ?? [];
      this.waiting.delete(key);
      let answer = answers.get(number) ?? null;
      if (answer !== null && isDebunked(document, location.hostname, answer.case, answer.match.claim)) {
        answer = null;
      }
      this.answers.set(key, answer);
      // After a renewal a sentence may have lost its case.
      this.drop((hint) => keyOf(hint) === key && hint.case.id !== answer?.case.id);
      if (answer === null) return;
      for (const occurrence of occurrences) this.place(sentence, answer, occurrence);
    });
    this.report();
  }

  private place(sentence: Sentence, answer: Answer, occurrence: Occurrence): void {
    const places = placesIn(occurrence.block, occurrence.start, occurrence.end);
    const first = places[0];
    if (this.isOutdated(occurrence) || first === undefined || !places.every(isIntact)) return;
    const band = answer.match.band ?? "similar";
    const kind = kindAt(first, band);
    const before = this.all.find((hint) => sameStart(hint.places, places));
    if (before?.text === sentence.text && before.kind === kind && before.case.id === answer.case.id) {
      this.standing.add(before);
      return;
    }
    if (before !== undefined) this.drop((hint) => hint === before);
    const hint: Hint = {
      ...answer,
      ...sentence,
      id: this.nextId++,
      band,
      kind,
      places,
      ranges: rangesOf(places),
    };
    this.all.push(hint);
    this.standing.add(hint);
    if (this.isShown(hint)) void this.mark(hint);
    this.report();
  }

  private async mark(hint: Hint): Promise<void> {
    this.painted ??= this.outside.paint(this.marks.names);
    await this.painted;
    if (this.running && this.all.includes(hint)) this.marks.add(hint.kind, hint.ranges);
  }

  private drop(which: (hint: Hint) => boolean): void {
    const dropped = this.all.filter(which);
    if (dropped.length === 0) return;
    this.all = this.all.filter((hint) => !dropped.includes(hint));
    for (const hint of dropped) this.marks.remove(hint.ranges);
    this.report();
  }

  /** Removed or rewritten text leaves no mark behind, not even until it is read again. */
  private dropFallen(): void {
    this.drop((hint) => !isStanding(hint));
  }

  /** A hint whose sentence is being asked about again stands until the answer is there. */
  private isAwaited(hint: Hint): boolean {
    return this.waiting.has(keyOf(hint));
  }

  /** Whether the place has been read again: that reading knows better what is a sentence there. */
  private isOutdated({ block, turn }: Occurrence): boolean {
    for (let at: Element | null = block.root; at !== null; at = parentOf(at)) {
      if ((this.turns.get(at) ?? 0) > turn) return true;
    }
    return false;
  }

  private report(): void {
    if (!this.running) return;
    const hints = this.all.filter((hint) => this.isShown(hint));
    const state = hints.map((hint) => hint.id).join();
    if (state === this.reported) return;
    this.reported = state;
    this.outside.hintsChanged(hints);
  }
}

/** Whether an element is on the screen or just below it. */
function isNear(element: Element): boolean {
  const box = element.getBoundingClientRect();
  return box.bottom >= 0 && box.top <= innerHeight * 1.5 && box.height > 0;
}

function isWithin(hint: Hint, roots: ReadonlySet<Element>): boolean {
  for (let at: Node | null = hint.places[0]?.node ?? null; at !== null; ) {
    if (roots.has(at as Element)) return true;
    at = at.parentNode ?? ("host" in at ? (at as ShadowRoot).host : null);
  }
  return false;
}
