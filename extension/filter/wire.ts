/**
 * A filter as bytes: the twin of `matcher/filterwire.py`; `docs/filter.md` describes every byte.
 * What comes from a server is checked byte by byte before anything is believed.
 */
import { EVIDENCE, type FilterContent } from "./filter.ts";

export const FORMAT = 1;
const MAGIC = 0x434c4d46;
const HEADER_BYTES = 78;
const WHOLE = 0;
const DELTA = 1;
/** Bytes that a filter may unpack to: no server, honest or not, shall fill the memory. */
const MAX_BYTES = 64 * 1024 * 1024;

/** Bytes that are no filter, or not what they say they are. */
export class FilterError extends Error {}
/** A filter of a format that this version of the extension cannot read. */
export class UnknownFormat extends FilterError {}

/** What a server sends: a whole filter (`base` null), or the difference to the one named so. */
export interface Message {
  readonly version: number;
  readonly minWaitS: number;
  /** SHA-256 of the canonical bytes, in hexadecimal. */
  readonly digest: string;
  readonly base: string | null;
  readonly content: Uint8Array<ArrayBuffer>;
}

export async function unpack(sent: Uint8Array<ArrayBuffer>): Promise<Message> {
  const view = new DataView(sent.buffer, sent.byteOffset, sent.byteLength);
  if (sent.length < HEADER_BYTES || view.getUint32(0) !== MAGIC) throw new FilterError("no filter");
  const format = view.getUint8(4);
  const kind = view.getUint8(5);
  if (format !== FORMAT || (kind !== WHOLE && kind !== DELTA)) {
    throw new UnknownFormat(`format ${format}, kind ${kind}`);
  }
  return {
    version: view.getUint32(6),
    minWaitS: view.getUint32(10),
    digest: hex(sent.subarray(14, 46)),
    base: kind === DELTA ? hex(sent.subarray(46, HEADER_BYTES)) : null,
    content: await inflate(sent.subarray(HEADER_BYTES)),
  };
}

/** Unpacks a zlib stream, up to a limit that no honest one reaches. */
export async function inflate(compressed: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    const stream = new Blob([compressed]).stream().pipeThrough(new DecompressionStream("deflate"));
    const reader = stream.getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      length += part.value.length;
      if (length > MAX_BYTES) throw new FilterError(`longer than ${MAX_BYTES} bytes`);
      parts.push(part.value);
    }
  } catch (error) {
    if (error instanceof FilterError) throw error;
    throw new FilterError("cannot be unpacked");
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** SHA-256 in hexadecimal. */
export async function digest(content: Uint8Array<ArrayBuffer>): Promise<string> {
  return hex(new Uint8Array(await crypto.subtle.digest("SHA-256", content)));
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Reads canonical bytes; whoever calls has compared their digest. */
export function decode(content: Uint8Array): FilterContent {
  const read = new Reader(content);
  const settings = read.settings();
  const rows = read.number();
  const sizes: number[] = [];
  const hashes: number[] = [];
  const groups = Array.from({ length: read.count() }, () => ({ size: read.number(), terms: read.count() }));
  for (const { size, terms } of groups) {
    for (const hashed of read.gaps(terms)) hashes.push(hashed);
    for (let term = 0; term < terms; term++) sizes.push(size);
  }
  const weights = read.take(hashes.length);
  const starts = new Uint32Array(hashes.length + 1);
  sizes.forEach((size, term) => (starts[term + 1] = starts[term]! + size));
  const postings = new Uint32Array(read.fitting(starts[hashes.length]!));
  sizes.forEach((size, term) => {
    const numbers = read.gaps(size);
    if ((numbers.at(-1) ?? 0) >= rows) throw new FilterError("a row beyond the last");
    postings.set(numbers, starts[term]);
  });
  read.end();
  // Every row has a term, so that there are no more rows than postings.
  if (rows > postings.length) throw new FilterError("rows without terms");
  return { ...settings, rows, hashes: Uint32Array.from(hashes), weights, starts, postings };
}

/** The canonical bytes of rows of hashes: equal content, equal bytes. */
function encode(settings: Settings, rows: readonly (readonly number[])[], weights: ReadonlyMap<number, number>): Uint8Array<ArrayBuffer> {
  const counts = new Map<number, number>();
  for (const row of rows) for (const hashed of row) counts.set(hashed, (counts.get(hashed) ?? 0) + 1);
  const terms = [...counts].sort(([a, inA], [b, inB]) => inB - inA || a - b);
  const numbers = new Map(terms.map(([hashed], number) => [hashed, number]));
  const postings = terms.map((): number[] => []);
  const sorted = distinct(rows.map((row) => row.map((hashed) => numbers.get(hashed)!).sort(ascending)));
  sorted.forEach((row, number) => { for (const term of row) postings[term]!.push(number); });

  const sizes = [...new Set(terms.map(([, count]) => count))];
  const out = new Writer();
  out.settings(settings);
  out.number(sorted.length);
  out.number(sizes.length);
  const groups = sizes.map((size) => terms.filter(([, count]) => count === size).map(([hashed]) => hashed));
  groups.forEach((hashes, group) => { out.number(sizes[group]!); out.number(hashes.length); });
  for (const hashes of groups) out.gaps(hashes);
  for (const [hashed] of terms) {
    const weight = weights.get(hashed);
    if (weight === undefined) throw new FilterError("a word without a weight");
    out.byte(weight);
  }
  for (const rowNumbers of postings) out.gaps(rowNumbers);
  return out.bytes();
}

/** The canonical bytes that a difference leads to. They are right if their digest is. */
export function apply(old: FilterContent, difference: Uint8Array): Uint8Array<ArrayBuffer> {
  const read = new Reader(difference);
  const settings = read.settings();
  const gone = new Set(read.gaps(read.count()));
  const come = Array.from({ length: read.count() }, () => read.gaps(read.count()));
  const changed = read.gaps(read.count());
  const newWeights = read.take(changed.length);
  read.end();

  const rows = Array.from({ length: old.rows }, (): number[] => []);
  const weights = new Map<number, number>();
  old.hashes.forEach((hashed, term) => {
    weights.set(hashed, old.weights[term]!);
    for (let at = old.starts[term]!; at < old.starts[term + 1]!; at++) rows[old.postings[at]!]!.push(hashed);
  });
  changed.forEach((hashed, at) => weights.set(hashed, newWeights[at]!));
  return encode(settings, [...rows.filter((_, number) => !gone.has(number)), ...come], weights);
}

const ascending = (a: number, b: number) => a - b;

/** Rows of numbers in lexicographic order, each once. */
function distinct(rows: number[][]): number[][] {
  const compare = (a: readonly number[], b: readonly number[]) => {
    const shorter = Math.min(a.length, b.length);
    for (let at = 0; at < shorter; at++) if (a[at] !== b[at]) return a[at]! - b[at]!;
    return a.length - b.length;
  };
  const sorted = rows.filter(({ length }) => length > 0).sort(compare);
  return sorted.filter((row, at) => at === 0 || compare(row, sorted[at - 1]!) !== 0);
}

type Settings = Pick<FilterContent, "rule" | "hosts">;

class Reader {
  private at = 0;
  private readonly content: Uint8Array;

  constructor(content: Uint8Array) {
    this.content = content;
  }

  /** An unsigned LEB128 of at most five bytes and 32 bits. */
  number(): number {
    let number = 0;
    for (let factor = 1; factor <= 2 ** 28; factor *= 128) {
      const byte = this.content[this.at++];
      if (byte === undefined) break;
      number += (byte & 0x7f) * factor;
      if (byte < 0x80 && number < 2 ** 32) return number;
    }
    throw new FilterError(`no number before byte ${this.at}`);
  }

  /** A number of things of at least a byte each, which must be there. */
  count(): number {
    return this.fitting(this.number());
  }

  fitting(count: number): number {
    if (count > this.content.length - this.at) throw new FilterError(`${count} things at byte ${this.at}`);
    return count;
  }

  /** Ascending numbers, from how many are left out before each. */
  gaps(count: number): number[] {
    const numbers: number[] = [];
    let following = 0;
    for (let left = this.fitting(count); left > 0; left--) {
      const number = following + this.number();
      numbers.push(number);
      following = number + 1;
    }
    return numbers;
  }

  take(count: number): Uint8Array {
    const bytes = this.content.subarray(this.at, this.at + this.fitting(count));
    this.at += count;
    return bytes;
  }

  /** A number that may be below nought: 0, -1, 1, -2, … are written as 0, 1, 2, 3, … */
  signed(): number {
    const number = this.number();
    return number % 2 === 1 ? -(number + 1) / 2 : number / 2;
  }

  settings(): Settings {
    const rule = {
      unknownWeight: this.number(),
      gate: this.number(),
      bias: this.signed(),
      coefficients: Array.from({ length: EVIDENCE }, () => this.signed()),
      leastScore: this.number(),
      eagerScore: this.number(),
    };
    const utf8 = new TextDecoder();
    const hosts = Array.from({ length: this.count() }, () => utf8.decode(this.take(this.count())));
    return { rule, hosts };
  }

  end(): void {
    if (this.at !== this.content.length) throw new FilterError("bytes after the end");
  }
}

class Writer {
  private content = new Uint8Array(65_536);
  private length = 0;

  byte(byte: number): void {
    if (this.length === this.content.length) {
      const larger = new Uint8Array(2 * this.length);
      larger.set(this.content);
      this.content = larger;
    }
    this.content[this.length++] = byte;
  }

  number(number: number): void {
    let left = number;
    for (; left > 0x7f; left = Math.floor(left / 128)) this.byte((left & 0x7f) | 0x80);
    this.byte(left);
  }

  gaps(numbers: readonly number[]): void {
    let following = 0;
    for (const number of numbers) {
      this.number(number - following);
      following = number + 1;
    }
  }

  signed(number: number): void {
    this.number(number < 0 ? -2 * number - 1 : 2 * number);
  }

  settings({ rule, hosts }: Settings): void {
    this.number(rule.unknownWeight);
    this.number(rule.gate);
    this.signed(rule.bias);
    for (const coefficient of rule.coefficients) this.signed(coefficient);
    this.number(rule.leastScore);
    this.number(rule.eagerScore);
    this.number(hosts.length);
    for (const host of hosts) {
      const name = new TextEncoder().encode(host);
      this.number(name.length);
      for (const byte of name) this.byte(byte);
    }
  }

  bytes(): Uint8Array<ArrayBuffer> {
    return this.content.slice(0, this.length);
  }
}
