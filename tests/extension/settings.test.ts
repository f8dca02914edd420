import { dismissal, dismissedOn, isDismissed, withDismissal, withoutDismissal, type Dismissal, type Reach } from "extension/common/dismissals.ts";
import { isLoopback, parseServer, permissionPattern } from "extension/common/server.ts";
import { DEFAULT_SERVER, repairSettings } from "extension/common/settings.ts";
import { isSensitive, isUnder, parseSite, reading, SENSITIVE_SITES, type SiteChoice } from "extension/common/sites.ts";
import { chosenPatterns } from "extension/background/registration.ts";
import { describe, expect, test } from "vitest";

describe("the server's address", () => {
  test.each([
    ["http://127.0.0.1:8321", "http://127.0.0.1:8321"],
    ["http://localhost:8321/", "http://localhost:8321"],
    ["http://[::1]:8321", "http://[::1]:8321"],
    ["https://claims.example.org/checks/", "https://claims.example.org/checks"],
    ["  claims.example.org ", "https://claims.example.org"],
  ])("%s is %s", (typed, expected) => {
    expect(parseServer(typed)).toBe(expected);
  });

  test.each([
    "http://claims.example.org",
    "http://127.0.0.1.example.org",
    "http://10.0.0.1:8321",
    "ftp://127.0.0.1",
    "javascript:alert(1)",
    "https://user:secret@example.org",
    "https://example.org/?q=1",
    "https://example.org/#a",
    "",
    "https://",
    `https://example.org/${"a".repeat(3000)}`,
  ])("%s is refused", (typed) => {
    expect(parseServer(typed)).toBeNull();
  });

  test("loopback is the machine itself, not what is named like it", () => {
    expect(["127.0.0.1", "127.1.2.3", "localhost", "[::1]"].every(isLoopback)).toBe(true);
    expect(["128.0.0.1", "localhost.example.org", "127.0.0.1.nip.example"].some(isLoopback)).toBe(false);
  });

  test("the permission asked for names the host alone", () => {
    expect(permissionPattern("https://claims.example.org:8443/checks")).toBe("https://claims.example.org/*");
  });
});

describe("stored settings", () => {
  const usual = repairSettings(undefined);

  test("nothing is ready before the first choice", () => {
    expect(usual).toMatchObject({ ready: false, server: DEFAULT_SERVER, scope: "click" });
  });

  test.each([
    ["a string", "broken"],
    ["null", null],
    ["a list", [1, 2]],
    ["wrong values", { ready: "yes", server: 7, scope: "everywhere", sitesOn: "x", theme: 3, showSimilar: "no" }],
    ["a server that is not allowed", { server: "http://example.org" }],
  ])("%s are repaired to the usual ones", (_case, stored) => {
    expect(repairSettings(stored)).toEqual(usual);
  });

  test("what is right is kept beside what is wrong", () => {
    expect(repairSettings({ ready: true, theme: "dark", scope: 7 })).toMatchObject({
      ready: true,
      theme: "dark",
      scope: "click",
    });
  });

  test("sites are brought into one form, what is none is dropped, none comes twice", () => {
    const { sitesOff } = repairSettings({
      sitesOff: ["https://Example.org/page", "example.org", 7, "", "not a host", "b.example"],
    });
    expect(sitesOff).toEqual(["b.example", "example.org"]);
  });

  test("repaired settings need no repair", () => {
    const repaired = repairSettings({ server: "claims.example.org", sitesOn: ["A.example"] });
    expect(repairSettings(repaired)).toEqual(repaired);
  });

  test("unknown keys are dropped", () => {
    expect(repairSettings({ surprise: 1 })).toEqual(usual);
  });
});

describe("which pages are read", () => {
  const choice: SiteChoice = { enabled: true, scope: "all", sitesOn: [], sitesOff: [], skipSensitive: true };

  test.each<[string, Partial<SiteChoice>, string, string]>([
    ["any page on all sites", {}, "news.example", "on"],
    ["no page when switched off", { enabled: false }, "news.example", "off-everywhere"],
    ["no page of a site that is off", { sitesOff: ["example.org"] }, "www.example.org", "off-here"],
    ["no bank", {}, "www.paypal.com", "sensitive"],
    ["no mail", {}, "webmail.example.org", "sensitive"],
    ["a bank that the reader named", { sitesOn: ["paypal.com"] }, "www.paypal.com", "on"],
    ["a bank when the list is off", { skipSensitive: false }, "www.paypal.com", "on"],
    ["no page before a click", { scope: "click" }, "news.example", "not-chosen"],
    ["a named site without a click", { scope: "click", sitesOn: ["news.example"] }, "news.example", "on"],
    ["no named site that is also off", { sitesOn: ["a.example"], sitesOff: ["a.example"] }, "a.example", "off-here"],
  ])("%s", (_case, changes, host, expected) => {
    expect(reading({ ...choice, ...changes }, host)).toBe(expected);
  });

  test("a click starts any page, but not when all is switched off", () => {
    expect(reading({ ...choice, scope: "click" }, "mail.google.com", true)).toBe("on");
    expect(reading({ ...choice, enabled: false }, "news.example", true)).toBe("off-everywhere");
  });

  test("a name stands for what is under it, not for what ends like it", () => {
    expect(isUnder("www.example.org", "example.org")).toBe(true);
    expect(isUnder("myexample.org", "example.org")).toBe(false);
  });

  test("the list of those left alone holds host names in their one form", () => {
    for (const site of SENSITIVE_SITES) expect(parseSite(site)).toBe(site);
    expect(isSensitive("news.example")).toBe(false);
  });

  test("before the choice no script is registered anywhere", () => {
    expect(chosenPatterns(repairSettings({ scope: "all" }))).toEqual([]);
    expect(chosenPatterns(repairSettings({ ready: true, enabled: false, scope: "all" }))).toEqual([]);
  });

  test("with “when I click” only the named sites are registered", () => {
    expect(chosenPatterns(repairSettings({ ready: true, sitesOn: ["a.example", "127.0.0.1"] }))).toEqual([
      "*://127.0.0.1/*",
      "*://a.example/*",
      "*://*.a.example/*",
    ]);
  });
});

describe("what the reader has dismissed", () => {
  const kept = { case: "a-case", claim: "A claim.", site: "news.example" };

  test("is repaired like every option: what does not fit is dropped, a sentence is never kept", () => {
    const { dismissed } = repairSettings({
      dismissed: [kept, kept, { ...kept, site: null, sentence: "Text of a page." }, { case: "../x", site: null }, { case: "b" }, 7],
    });
    expect(dismissed).toEqual([
      { ...kept, sentence: null },
      { ...kept, site: null, sentence: null },
    ]);
  });

  test("reaches as far as was chosen, and no further", () => {
    const about = { id: "a-case", claim: "A claim.", text: "A sentence." };
    const on = (reach: Reach, host: string, id: string, text: string) =>
      isDismissed(dismissedOn([dismissal(reach, about, "news.example")], host), id, text);
    expect(on("sentence", "other.example", "a-case", "A sentence.")).toBe(true);
    expect(on("sentence", "news.example", "a-case", "Another.")).toBe(false);
    expect(on("site", "news.example", "a-case", "Another.")).toBe(true);
    expect(on("site", "other.example", "a-case", "A sentence.")).toBe(false);
    expect(on("everywhere", "other.example", "a-case", "Another.")).toBe(true);
    expect(on("everywhere", "other.example", "b-case", "A sentence.")).toBe(false);
  });

  test("what is taken back leaves the others, and the list has an end", () => {
    const entry = (id: number) => ({ case: `c${id}`, claim: "", site: null, sentence: null });
    const list = Array.from({ length: 1500 }, (_, id) => entry(id)).reduce<Dismissal[]>(withDismissal, []);
    expect(list.length).toBeLessThan(1500);
    expect(list.at(-1)).toEqual(entry(1499));
    expect(withoutDismissal(list, entry(1499))).toEqual(list.slice(0, -1));
  });
});

test("languages are kept by their code, once each", () => {
  expect(repairSettings({ languages: ["de", "EN", "en-GB", "xx", 7] }).languages).toEqual(["de", "en"]);
});
