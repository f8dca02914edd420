/** The browsers that every test runs in. */
import { openChromium } from "./chromium.ts";
import type { Driver, Options } from "./driver.ts";
import { openFirefox } from "./firefox.ts";

export interface Browser {
  readonly name: "chromium" | "firefox";
  /** Opens it with a build: `test` (the first-run choice made) or `production`. */
  readonly open: (
    builds: string,
    mode: "test" | "production",
    options?: Options,
  ) => Promise<Driver>;
}

const suffix = { test: "-test", production: "" } as const;
const both: readonly Browser[] = [
  { name: "chromium", open: (builds, mode, options) => openChromium(`${builds}/chrome-mv3${suffix[mode]}`, options) },
  { name: "firefox", open: (builds, mode, options) => openFirefox(`${builds}/firefox-mv3${suffix[mode]}`, options) },
];

/** CLAIMLIGHT_TEST_BROWSERS names those to run where not all are installed, such as `chromium`. */
const wanted = process.env["CLAIMLIGHT_TEST_BROWSERS"]?.split(/[\s,]+/).filter((name) => name !== "");
export const browsers = both.filter(({ name }) => wanted?.includes(name) ?? true);
