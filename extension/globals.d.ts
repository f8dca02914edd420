/** The server chosen when a test build was made; `null` in every other build. */
declare const __TEST_SERVER__: string | null;

/** The keys of the interface's words, in the order of their lines, grouped (common/packing.ts). */
declare const __WORD_KEYS__: string;
