// Finds the browsers that are installed: by their own variable, else on the PATH.
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

const NAMES = {
  // Google Chrome loads no unpacked extension from its command line any more.
  chromium: ["chromium", "chromium-browser"],
  firefox: ["firefox-esr", "firefox"],
};

/**
 * The path of a browser's program, or `null`. CLAIMLIGHT_CHROMIUM and CLAIMLIGHT_FIREFOX name
 * others.
 *
 * @param {"chromium" | "firefox"} browser
 * @returns {string | null}
 */
export function findProgram(browser) {
  const named = process.env[`CLAIMLIGHT_${browser.toUpperCase()}`];
  if (named !== undefined && named !== "") return named;
  for (const name of NAMES[browser]) {
    for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
      try {
        accessSync(join(folder, name), constants.X_OK);
        return join(folder, name);
      } catch {
        // Not in this folder.
      }
    }
  }
  return null;
}
