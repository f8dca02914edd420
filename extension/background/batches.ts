/** Cuts what is to be asked into requests within the service's limits. Pure. */
import type { Limits } from "../common/wire.ts";
import { lengthOf } from "../page/sentences.ts";
import type { ApiSentence } from "./api.ts";

/** Limits of design.md, until the service has told its own. */
export const USUAL_LIMITS: Limits = { sentences: 256, sentence_chars: 2000, text_chars: 100_000 };

/** Requests in their order; a sentence that no request may hold is left out. */
export function batchesOf(sentences: readonly ApiSentence[], limits: Limits): ApiSentence[][] {
  const batches: ApiSentence[][] = [];
  let batch: ApiSentence[] = [];
  let chars = 0;
  for (const sentence of sentences) {
    const length = lengthOf(sentence.text);
    if (length > Math.min(limits.sentence_chars, limits.text_chars)) continue;
    if (batch.length === limits.sentences || chars + length > limits.text_chars) {
      batches.push(batch);
      batch = [];
      chars = 0;
    }
    batch.push(sentence);
    chars += length;
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}
