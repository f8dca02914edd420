/** The server chosen when a test build was made; `null` in every other build. */
declare const __TEST_SERVER__: string | null;
