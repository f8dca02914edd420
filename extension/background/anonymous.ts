/**
 * Takes the Origin header from our own requests in Firefox: there it holds an id that is unique to
 * the installation. Chrome's is the same for everyone who runs this extension.
 */
import { browser } from "wxt/browser";

/** One rule for the server in use, one for an address that is being tried. */
const RULE_IDS = [1, 2];

/** From now on, requests to these one or two servers carry no Origin. */
export async function stayAnonymous(servers: readonly string[]): Promise<void> {
  if (!import.meta.env.FIREFOX) return;
  await browser.declarativeNetRequest.updateSessionRules({
    removeRuleIds: RULE_IDS,
    addRules: servers.map((server, number) => ({
      id: number + 1,
      action: {
        type: "modifyHeaders",
        requestHeaders: [{ header: "origin", operation: "remove" }],
      },
      condition: {
        urlFilter: `|${server}/v1/`,
        resourceTypes: ["xmlhttprequest"],
        // Requests of no tab: the background's, never a page's own to the same server.
        tabIds: [-1],
      },
    })),
  });
}
