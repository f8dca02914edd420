/** Cuts what is to be asked into requests within the service's limits. Pure. */
import type { Limits } from "../common/wire.ts";
import { lengthOf } from "../page/sentences.ts";
import type { ApiSentence } from "./api.ts";

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
