/**
 * Nearly all words of the interface in one message, a line each in the order of their keys. Seven times
 * every key, with what JSON needs around it, would be an eighth of what readers download. Pure.
 */

export type Messages = Readonly<Record<string, { readonly message: string }>>;

/** Those that stay messages of their own, looked up by browsers in the manifest and by the background. */
const SINGLE = ["extensionName", "extensionDescription", "commandNext", "commandPrevious", "badgeTitle"] as const;
export type Single = (typeof SINGLE)[number];

export const isSingle = (key: string): boolean => SINGLE.some((single) => single === key);

/** The lines for `keys`; `$1` becomes `{1}`, since browsers fill in the former themselves. */
export function packed(messages: Messages, keys: readonly string[]): string {
  return keys.map((key) => (messages[key]?.message ?? "").replace(/\$(\d)/g, "{$1}")).join("\n");
}

/** One line with its places filled, in their order. */
export function filled(line: string, values: readonly (string | number)[]): string {
  return line.replace(/\{(\d)\}/g, (_place, number: string) => String(values[Number(number) - 1] ?? ""));
}

/** Keys in their order, what neighbours begin with alike only once: `popup:On,Off card:Close`. */
export function grouped(keys: readonly string[]): string {
  const groups: [begins: string, rests: string[]][] = [];
  for (const key of keys) {
    const begins = /^[a-z]+/.exec(key)?.[0] ?? "";
    const last = groups.at(-1);
    if (last?.[0] === begins) last[1].push(key.slice(begins.length));
    else groups.push([begins, [key.slice(begins.length)]]);
  }
  return groups.map(([begins, rests]) => `${begins}:${rests.join(",")}`).join(" ");
}

/** The keys again. */
export function ungrouped(text: string): string[] {
  return text.split(" ").flatMap((group) => {
    const [begins = "", rests = ""] = group.split(":");
    return rests.split(",").map((rest) => begins + rest);
  });
}
