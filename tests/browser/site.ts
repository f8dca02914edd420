/** A small web site that holds the pages of the corpus, `pages/<slug>/page.html`. */
import { existsSync } from "node:fs";
import { readFile, readdir } from "node:fs/promises";
import { createServer } from "node:http";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

const pages = fileURLToPath(new URL("./pages/", import.meta.url));

/** What a page is expected to show, beside it as `expected.json`. */
export interface Expected {
  /** Each sentence in the order of the page, as often as it occurs, with its case and band. */
  readonly hints: readonly { sentence: string; case: string; band: "match" | "similar" }[];
  /** Headers that the page is served with, such as a Content-Security-Policy. */
  readonly headers?: Readonly<Record<string, string>>;
}

export async function slugs(): Promise<string[]> {
  const files = await readdir(pages, { recursive: true });
  return files.filter((file) => file.endsWith("/expected.json")).map((file) => dirname(file)).sort();
}

export async function expected(slug: string): Promise<Expected> {
  return JSON.parse(await readFile(`${pages}${slug}/expected.json`, "utf8")) as Expected;
}

export interface Site {
  /** Address of a page of the corpus, or of another file beside it. */
  page(slug: string, file?: string): string;
  close(): Promise<void>;
}

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
};

/** A file of a page; `page.ts` beside it stands for a `page.html` that nobody would write by hand. */
async function contentOf(slug: string, file: string): Promise<Buffer | string> {
  const made = `${pages}${slug}/page.ts`;
  if (file !== "page.html" || !existsSync(made)) return readFile(`${pages}${slug}/${file}`);
  return ((await import(/* @vite-ignore */ made)) as { html: string }).html;
}

export async function openSite(): Promise<Site> {
  const server = createServer((request, response) => {
    if (request.url === "/favicon.ico") return void response.writeHead(204).end();
    const path = /^\/([a-z0-9-]+)\/([a-z0-9-]+)\.(html|js|css)$/.exec(request.url?.split("?")[0] ?? "");
    const [, slug = "", name = "", type = ""] = path ?? [];
    void (async () => {
      try {
        const body = await contentOf(slug, `${name}.${type}`);
        const { headers = {} } = await expected(slug).catch(() => ({ headers: {} }));
        response.writeHead(200, { "Content-Type": TYPES[type], ...headers }).end(body);
      } catch {
        response.writeHead(404).end();
      }
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    page: (slug, file = "page") => `http://localhost:${address.port}/${slug}/${file}.html`,
    close: () => new Promise((resolve) => {
      server.closeAllConnections();
      server.close(() => { resolve(); });
    }),
  };
}
