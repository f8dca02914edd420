import browser from "./vitest.browser.config.ts";

/** Takes the pictures in docs/images, in the same browsers: `npm run pictures`. */
export default { ...browser, test: { ...browser.test, include: ["**/*.pictures.ts"], testTimeout: 120_000 } };
