import { readFile } from "node:fs/promises";
import { defineConfig } from "wxt";
import { grouped, isSingle, packed, type Messages } from "./common/packing.ts";
import { parseServer } from "./common/server.ts";
import { findProgram } from "./scripts/programs.mjs";
import en from "./public/_locales/en/messages.json";

/** Loopback needs no choice: nothing that goes there leaves the reader's own machine. */
const LOOPBACK = ["http://127.0.0.1/*", "http://localhost/*", "http://[::1]/*"];
const ALL_SITES = "<all_urls>";
/** Chrome knows `light-dark()` from this one on, Firefox asks about data that is sent. */
const OLDEST = { chrome: "123", firefox: "142.0" };
/** The public half of a key pair: it fixes the id of the unpacked Chrome build (see docs/extension.md). */
const CHROME_KEY =
  "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAzjnhEqGTf454tf9w2hL63GZg+6+mlm76kcWukAfuIRp0/9DPX7gjcc9EG2kNrKumQmbFdE9nYS52kNDWVACHRJFMOb/NmLSds9hkrNMWWpXQ2DduKTfTpoSNJyzi2tPr5qwuoXzogUu5EQo4KQ5IlehfNYMXLF5jBiP53itQvskG5HnffFVz/3mcR072r1Gwg6We4QJHjbf0V2eGUQ1wC3cIbA5HAUxFfgnWH7onUSoOxIBtf6KOyvV4VhNNwMNuDZc0nlpIK26raKwb4QF4Ta6lVk05PJvNsy0OtGjgXAAD5jzdAzXAKzfJk+ZYzAL/Dfb3VolV/kEb+QafId5rewIDAQAB";

/**
 * The test build is the same code with the first-run choice already made: `make extension-test`
 * (and `make demo`) name the server in CLAIMLIGHT_SERVER.
 */
function testServer(mode: string): string | null {
  if (mode !== "test") return null;
  const given = process.env["CLAIMLIGHT_SERVER"] ?? "http://127.0.0.1:8321";
  const server = parseServer(given);
  if (server === null) throw new Error(`CLAIMLIGHT_SERVER is no server address: ${given}`);
  return server;
}

/** The programs that `npm run dev` opens, where they are installed. */
const BINARIES = Object.entries({ chrome: findProgram("chromium"), firefox: findProgram("firefox") });

/**
 * A page without what says nothing: the space around blocks, and that files of our own origin may be
 * fetched as another's.
 */
const short = (page: string) =>
  page
    .replace(/\n\s+/g, "\n")
    .replace(/\n(?=<\/?(?:head|meta|title|link|script|body|main|header|footer|section|fieldset|h[1-3]|p|ul|li|div)\b)/g, "")
    .replaceAll(" crossorigin", "");

const WORD_KEYS = Object.keys(en).filter((key) => !isSingle(key));

export default defineConfig({
  imports: false,
  // The browser tests build beside `.output`, so as to leave what somebody has loaded from there.
  outDir: process.env["CLAIMLIGHT_EXTENSION_OUT"] ?? ".output",
  manifestVersion: 3,
  webExt: {
    binaries: Object.fromEntries(BINARIES.flatMap(([name, program]) => (program === null ? [] : [[name, program]]))),
    // Chromium opens no sandbox for root, as in a container.
    chromiumArgs: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
  },
  vite: ({ mode }) => ({
    define: {
      __TEST_SERVER__: JSON.stringify(testServer(mode)),
      __WORD_KEYS__: JSON.stringify(grouped(WORD_KEYS)),
    },
    build: { minify: mode === "production", modulePreload: false, cssTarget: [`chrome${OLDEST.chrome}`, `firefox${OLDEST.firefox}`] },
    plugins: [{ name: "short", transformIndexHtml: { order: "post", handler: short } }],
  }),
  hooks: {
    // One key a message for people in the sources; packed in what readers download.
    "build:publicAssets": async (_wxt, files) => {
      for (const [number, file] of files.entries()) {
        if (!file.relativeDest.endsWith("messages.json") || !("absoluteSrc" in file)) continue;
        const messages = JSON.parse(await readFile(file.absoluteSrc, "utf8")) as Messages;
        const single = Object.entries(messages).filter(([key]) => isSingle(key));
        const words = { message: packed(messages, WORD_KEYS) };
        const contents = JSON.stringify({ ...Object.fromEntries(single), words });
        files[number] = { relativeDest: file.relativeDest, contents };
      }
    },
  },
  zip: {
    // Reviewers of Firefox add-ons rebuild from this archive.
    includeSources: ["**"],
    excludeSources: ["node_modules", ".output", ".wxt"],
  },
  manifest: ({ browser, mode }) => {
    const server = testServer(mode);
    const firefox = browser === "firefox";
    return {
      name: "__MSG_extensionName__",
      description: "__MSG_extensionDescription__",
      default_locale: "en",
      permissions: [
        "storage",
        "scripting",
        "alarms",
        "activeTab",
        // Firefox names the installation in the Origin header; a rule takes it away.
        ...(firefox ? ["declarativeNetRequestWithHostAccess"] : []),
      ],
      host_permissions: server === null ? LOOPBACK : [ALL_SITES],
      ...(server === null ? { optional_host_permissions: [ALL_SITES] } : {}),
      action: { default_title: "__MSG_extensionName__" },
      commands: {
        "next-hint": {
          suggested_key: { default: "Alt+Shift+J" },
          description: "__MSG_commandNext__",
        },
        "previous-hint": {
          suggested_key: { default: "Alt+Shift+K" },
          description: "__MSG_commandPrevious__",
        },
      },
      web_accessible_resources: [],
      ...(firefox
        ? {
            browser_specific_settings: {
              gecko: {
                id: "reader@claimlight.example",
                strict_min_version: OLDEST.firefox,
                data_collection_permissions: { required: ["websiteContent"] },
              },
            },
          }
        : { key: CHROME_KEY, minimum_chrome_version: OLDEST.chrome }),
    };
  },
});
