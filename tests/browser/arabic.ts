/** A case in a language written from right to left, published to a service of one's own. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Tab } from "./driver.ts";
import { claimlight, type Service } from "./service.ts";

const run = promisify(execFile);

export const ARABIC = "أعلنت الوزارة أن القمر مصنوع بالكامل من الجبن الأخضر منذ عام ألف وتسعمئة.";

export async function publishArabic(service: Service): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "claimlight-arabic-"));
  const file = join(folder, "cases.jsonl");
  const about = {
    id: "moon-of-cheese",
    claims: [{ text: ARABIC, language: "ar" }],
    verdict: "false",
    summary: "القمر صخر، وقد جُلبت منه عينات إلى الأرض.",
    summary_language: "ar",
    url: "https://checks.example/moon",
    publisher: { name: "Moon Checks" },
    published: "2026-01-02",
  };
  await writeFile(file, `${JSON.stringify(about)}\n`);
  const env = { ...process.env, CLAIMLIGHT_SERVER: service.address, CLAIMLIGHT_DATA_DIR: service.folder };
  await run(claimlight, ["push", file], { env });
  await rm(folder, { recursive: true });
}

/** Adds its sentence to an open page. */
export async function addArabic(tab: Tab): Promise<void> {
  await tab.evaluate((text) => {
    const part = document.createElement("p");
    part.textContent = text;
    document.body.append(part);
  }, ARABIC);
}
