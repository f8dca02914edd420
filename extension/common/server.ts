/** The address of a Claimlight server: what is allowed, and which permission it needs. */

/** Whether a host name can only mean the reader's own machine. */
export function isLoopback(hostname: string): boolean {
  return (
    hostname === "localhost" ||
    hostname.endsWith(".localhost") ||
    hostname === "[::1]" ||
    /^127(\.\d{1,3}){3}$/.test(hostname)
  );
}

/**
 * The address in its one normal form (no slash at the end), or `null` when it is not allowed:
 * https anywhere, plain http for loopback only, and neither user name, query nor fragment.
 */
export function parseServer(text: string): string | null {
  const trimmed = text.trim();
  if (trimmed === "" || trimmed.length > 2048) return null;
  let url: URL;
  try {
    url = new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed) ? trimmed : `https://${trimmed}`);
  } catch {
    return null;
  }
  if (url.protocol !== "https:" && !(url.protocol === "http:" && isLoopback(url.hostname))) {
    return null;
  }
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    return null;
  }
  return url.origin + url.pathname.replace(/\/+$/, "");
}

/** The match pattern of the host permission a server needs. Patterns know no ports. */
export function permissionPattern(server: string): string {
  const url = new URL(server);
  return `${url.protocol}//${url.hostname}/*`;
}
