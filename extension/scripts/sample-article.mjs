// The sample article (data/sample-article.md) as an ordinary web page, for the demo and its test.
import { readFile } from "node:fs/promises";

const file = new URL("../../data/sample-article.md", import.meta.url);

/** @param {string} text */
const escaped = (text) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/**
 * The article as HTML, and the sentences in it that repeat a claim, in their order.
 *
 * @returns {Promise<{ html: string, hints: string[] }>}
 */
export async function sampleArticle() {
  const [, head = "", text = ""] = (await readFile(file, "utf8")).split(/^---$/m);
  const marked = head.split(/^no_hints:/m)[0] ?? "";
  const hints = [...marked.matchAll(/^ *- sentence: (.+)$/gm)].map(([, sentence = ""]) => sentence);
  const parts = text.trim().split(/\n\s*\n/);
  const title = escaped(parts[0]?.replace(/^# /, "") ?? "");
  const paragraphs = parts.slice(1).map((part) => `<p>${escaped(part)}</p>`);
  const html = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width" />
    <title>${title}</title>
    <style>
      body { font: 19px/1.65 Georgia, "Noto Serif", serif; max-width: 38em; margin: 3em auto; padding: 0 1.2em; }
      h1 { line-height: 1.2; }
    </style>
  </head>
  <body>
    <article>
      <h1>${title}</h1>
      ${paragraphs.join("\n      ")}
    </article>
  </body>
</html>
`;
  return { html, hints: hints.sort((one, other) => text.indexOf(one) - text.indexOf(other)) };
}
