/** A case with something hostile in every field that takes it. */

export const MARKUP = `<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>`;

export const HOSTILE = {
  id: "hostile",
  claims: [{ text: `${MARKUP} The Moon is made of cheese and the agency hides it.`, language: "en" }],
  verdict: "false",
  rating: `${MARKUP}"'=1+1`,
  summary: `${MARKUP} ]]></style></textarea>{{7*7}}`,
  summary_language: "en",
  url: "https://example.org/x?a=%22%3E%3Cscript%3E",
  publisher: { name: MARKUP, url: "https://example.org" },
  published: "2020-01-01",
  keywords: [MARKUP],
  countries: [MARKUP],
  outlets: [`=HYPERLINK("https://evil.example")`, "x;=cmd|' /C calc'!A0"],
  related: [{ title: MARKUP, url: "https://example.org/other" }, "hostile-too"],
};
