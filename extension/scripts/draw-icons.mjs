// Draws the icons from scripts/mark.svg with the installed Chromium: npm run icons
import { readFile } from "node:fs/promises";
import { chromium } from "playwright-core";
import { findProgram } from "./programs.mjs";

const folder = new URL("../public/icon/", import.meta.url);
const mark = await readFile(new URL("mark.svg", import.meta.url), "utf8");
const browser = await chromium.launch({
  executablePath: findProgram("chromium"),
  args: ["--no-sandbox", "--disable-gpu"],
});
const page = await browser.newPage();
for (const size of [16, 32, 48, 128]) {
  await page.setViewportSize({ width: size, height: size });
  await page.setContent(`<style>body{margin:0}svg{display:block;width:${size}px}</style>${mark}`);
  await page.screenshot({
    path: new URL(`${size}.png`, folder).pathname,
    omitBackground: true,
  });
}
await browser.close();
