// Draws the icons from scripts/mark.svg with the installed Chromium: npm run icons
import { readFile, writeFile } from "node:fs/promises";
import { crc32, deflateSync } from "node:zlib";
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
  const pixels = await page.evaluate(pixelsOf, { address: `data:image/svg+xml,${encodeURIComponent(mark)}`, size });
  await writeFile(new URL(`${size}.png`, folder), png(pixels, size));
}
await browser.close();

/** Runs in the page: the colours of all pixels, a number each. */
async function pixelsOf({ address, size }) {
  const image = new Image(size, size);
  image.src = address;
  await image.decode();
  const context = new OffscreenCanvas(size, size).getContext("2d");
  context.drawImage(image, 0, 0, size, size);
  return [...new Uint32Array(context.getImageData(0, 0, size, size).data.buffer)];
}

/** A PNG with a palette: a third smaller than one that spells out every pixel. */
function png(pixels, size) {
  // Transparent colours first: the others need no entry in tRNS.
  const palette = [...new Set(pixels)].sort((a, b) => (a >>> 24) - (b >>> 24) || a - b);
  if (palette.length > 256) throw new Error(`${palette.length} colours, at most 256 fit`);
  const number = new Map(palette.map((colour, at) => [colour, at]));
  const lines = pixels.flatMap((colour, at) => (at % size === 0 ? [0, number.get(colour)] : [number.get(colour)]));
  const head = Buffer.from([0, 0, 0, size, 0, 0, 0, size, 8, 3, 0, 0, 0]);
  const colours = palette.flatMap((colour) => [colour & 255, (colour >> 8) & 255, (colour >> 16) & 255]);
  const opacities = palette.map((colour) => colour >>> 24).filter((opacity) => opacity < 255);
  return Buffer.concat([
    Buffer.from([0x89, ...Buffer.from("PNG\r\n\x1a\n")]),
    chunk("IHDR", head),
    chunk("PLTE", Buffer.from(colours)),
    chunk("tRNS", Buffer.from(opacities)),
    chunk("IDAT", deflateSync(Buffer.from(lines), { level: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function chunk(name, content) {
  const body = Buffer.concat([Buffer.from(name), content]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(content.length);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}
