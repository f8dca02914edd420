/** Plain prose of any length, always the same: for pages that no one would write by hand. Pure. */

const WHO = ["The baker", "A young teacher", "My neighbour", "The old ferryman", "Her aunt", "The choir", "A stranger", "The postman", "One of the twins", "The librarian", "His brother", "The night guard", "A violin player", "The gardener", "Our dentist", "The miller's son", "A tired nurse", "The bell ringer", "The carpenter", "Everybody"];
const DID = ["mended a lamp", "sang two songs", "lost a glove", "painted the fence", "told a long story", "baked a plum cake", "counted the swallows", "wrote a letter", "carried the chairs", "slept until noon", "polished the window", "peeled potatoes", "fed the grey cat", "laughed out loud", "forgot the umbrella", "waited for the tram", "sold three baskets", "swept the yard", "tuned the piano", "drank cold tea"];
const WHERE = ["behind the chapel", "in the kitchen", "near the old bridge", "under the chestnut trees", "at the corner shop", "by the river", "on the second floor", "outside the theatre", "in the school garden", "beside the harbour wall", "across the street", "at the station", "on the green bench", "in the empty hall", "along the canal", "above the bakery", "in the orchard", "next to the well", "at the end of the pier", "in the warm library"];
const TOTAL = WHO.length * DID.length * WHERE.length;

/** The sentence of a number below 8,000; none comes twice. */
function plainSentence(number: number): string {
  // A step without a common divisor, so that neighbours differ in all three.
  const at = (number * 3_079) % TOTAL;
  const who = WHO[at % 20] ?? "";
  const did = DID[Math.floor(at / 20) % 20] ?? "";
  const where = WHERE[Math.floor(at / 400)] ?? "";
  return `${who} ${did} ${where}.`;
}

/** Sentences in their order, `special` ones spread evenly among plain ones. */
export function prose(sentences: number, special: readonly string[]): string[] {
  const every = Math.floor(sentences / Math.max(1, special.length));
  return Array.from({ length: sentences }, (_, number) => {
    const turn = Math.floor(number / every);
    return number % every === every >> 1 ? (special[turn] ?? plainSentence(number)) : plainSentence(number);
  });
}

/**
 * An article of such sentences: headings, paragraphs, and in each paragraph some markup. `script`
 * is the page's own, a file beside it that says when it is done (`data-settled`).
 */
export function proseArticle(title: string, sentences: readonly string[], script?: string): string {
  const parts: string[] = [];
  for (let at = 0; at < sentences.length; at += 5) {
    if (at % 60 === 0) parts.push(`<h2 id="part-${at / 60 + 1}">Part ${at / 60 + 1}</h2>`);
    const [first = "", ...others] = sentences.slice(at, at + 5);
    const linked = first.replace(/^(\S+ \S+)/, '<a href="#"><em>$1</em></a>');
    parts.push(`<p>${[linked, ...others].join(" ")}</p>`);
  }
  return `<!doctype html>
<html lang="en"${script === undefined ? "" : ' data-settled="no"'}>
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width" />
    <title>${title}</title>
    <style>
      body { font: 17px/1.6 sans-serif; max-width: 42em; margin: 2em auto; padding: 0 1em; }
    </style>
  </head>
  <body>
    <main>
      <h1>${title}</h1>
      ${parts.join("\n      ")}
    </main>${script === undefined ? "" : `\n    <script src="${script}" defer></script>`}
  </body>
</html>
`;
}
