import browser from "./vitest.browser.config.ts";

/** How long the extension takes, in the same browsers: `npm run bench`. Nothing is asserted of it. */
export default { ...browser, test: { ...browser.test, include: ["**/*.bench.ts"], testTimeout: 300_000 } };
