/** Numbers that the page script and the background agree on. */

/** How many sentences a page asks about at once; the background splits further where it must. */
export const SENTENCES_A_MESSAGE = 256;
/** Characters beyond which a sentence is cut; the service's own limit (see /v1/index). */
export const SENTENCE_CHARS = 2000;
