/**
 * Nearly all words of the interface in one message, a line each in the order of their keys. Seven times
 * every key, with what JSON needs around it, would be an eighth of what readers download. Pure.
 */

export type Messages = Readonly<Record<string, { readonly message: string }>>;

/** Those that stay messages of their own, looked up by browsers in the manifest and by the background. */
export const SINGLE = ["extensionName", "extensionDescription", "commandNext", "commandPrevious", "badgeTitle"] as const;
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
