/** The number of hints on the button in the toolbar. */
import { browser } from "wxt/browser";

export function badgeText(hints: number): string {
  if (hints === 0) return "";
  return hints > 99 ? "99+" : String(hints);
}

export async function showBadge(tab: number, hints: number): Promise<void> {
  try {
    await browser.action.setBadgeBackgroundColor({ tabId: tab, color: "#8a4b00" });
    await browser.action.setBadgeTextColor({ tabId: tab, color: "#ffffff" });
    await browser.action.setBadgeText({ tabId: tab, text: badgeText(hints) });
    const { i18n } = browser;
    const title = hints === 0 ? i18n.getMessage("extensionName") : i18n.getMessage("badgeTitle", [String(hints)]);
    await browser.action.setTitle({ tabId: tab, title });
  } catch {
    // The tab was closed meanwhile.
  }
}
