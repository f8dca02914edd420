/** Which language a piece of a page is in, as far as the page's own `lang` attributes can be believed. */

// ISO 639-1, as in the service: it refuses other tags, and one wrong tag would cost a whole batch.
const LANGUAGES = new Set(
  (
    "aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy " +
    "da de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu " +
    "hy hz ia id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb " +
    "lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om " +
    "or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg sh si sk sl sm sn so sq sr ss st su sv " +
    "sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu"
  ).split(" "),
);

/** The primary code of a tag such as `pt-BR` or `de_AT` (seen on real pages), or `undefined`. */
export function languageCode(tag: string | null): string | undefined {
  const code = tag?.trim().split(/[-_]/, 1)[0]?.toLowerCase();
  return code !== undefined && LANGUAGES.has(code) ? code : undefined;
}

const scripts = new Map<string, string | undefined>();

function scriptOf(code: string): string | undefined {
  if (!scripts.has(code)) scripts.set(code, new Intl.Locale(code).maximize().script);
  return scripts.get(code);
}

const LETTERS: Readonly<Record<string, RegExp>> = {
  Latn: /\p{Script=Latin}/gu,
  Cyrl: /\p{Script=Cyrillic}/gu,
  Grek: /\p{Script=Greek}/gu,
  Arab: /\p{Script=Arabic}/gu,
  Hebr: /\p{Script=Hebrew}/gu,
};

/**
 * The declared code, unless the text is mostly in another script: many templates say `lang="en"`
 * over Russian text, and a wrong language is worse than none (the service then finds it out).
 */
export function believable(code: string | undefined, text: string): string | undefined {
  if (code === undefined) return undefined;
  const letters = LETTERS[scriptOf(code) ?? ""];
  if (letters === undefined) return code;
  const own = text.match(letters)?.length ?? 0;
  const all = text.match(/\p{L}/gu)?.length ?? 0;
  return own * 2 >= all ? code : undefined;
}

const RIGHT_TO_LEFT = new Set(["ar", "dv", "fa", "he", "ks", "ku", "ps", "sd", "ug", "ur", "yi"]);

/** The writing direction to set beside a `lang` taken from data. */
export function directionOf(tag: string | null): "rtl" | "ltr" | "auto" {
  const code = languageCode(tag);
  if (code === undefined) return "auto";
  return RIGHT_TO_LEFT.has(code) ? "rtl" : "ltr";
}
