/**
 * Sites on which nothing is ever read unless the reader says so: banking and mail. The list is
 * short and readable on purpose; a name stands for itself and everything under it.
 */
export const SENSITIVE_SITES: readonly string[] = [
  // Mail
  "mail.google.com",
  "outlook.live.com",
  "outlook.office.com",
  "outlook.office365.com",
  "mail.yahoo.com",
  "mail.aol.com",
  "mail.proton.me",
  "proton.me",
  "app.tuta.com",
  "mail.tutanota.com",
  "webmail.gandi.net",
  "app.fastmail.com",
  "mail.zoho.com",
  "mail.zoho.eu",
  "www.icloud.com",
  "mail.gmx.net",
  "mail.gmx.com",
  "navigator.gmx.net",
  "navigator.web.de",
  "web.de",
  "posteo.de",
  "mailbox.org",
  "email.t-online.de",
  "mail.orange.fr",
  "webmail.laposte.net",
  "webmail.free.fr",
  "poczta.onet.pl",
  "poczta.wp.pl",
  "poczta.interia.pl",
  "mail.ukr.net",
  "mail.i.ua",
  "mail.ru",
  "e.mail.ru",
  "mail.yandex.ru",
  "mail.yandex.com",
  "correo.movistar.es",
  // Messages
  "web.whatsapp.com",
  "web.telegram.org",
  "messages.google.com",
  // Banks and payment
  "paypal.com",
  "wise.com",
  "revolut.com",
  "n26.com",
  "monobank.ua",
  "privatbank.ua",
  "privat24.ua",
  "oschadbank.ua",
  "sparkasse.de",
  "commerzbank.de",
  "deutsche-bank.de",
  "ing.de",
  "dkb.de",
  "comdirect.de",
  "bnpparibas.net",
  "credit-agricole.fr",
  "societegenerale.fr",
  "labanquepostale.fr",
  "creditmutuel.fr",
  "boursobank.com",
  "santander.com",
  "bancosantander.es",
  "bbva.es",
  "caixabank.es",
  "pkobp.pl",
  "ipko.pl",
  "mbank.pl",
  "ing.pl",
  "pekao24.pl",
  "chase.com",
  "bankofamerica.com",
  "wellsfargo.com",
  "citi.com",
  "capitalone.com",
  "hsbc.co.uk",
  "barclays.co.uk",
  "lloydsbank.com",
  "natwest.com",
  "sberbank.ru",
  "tbank.ru",
];

/** Hosts that name themselves a bank or mail host, whoever runs them. */
const SENSITIVE_LABEL = /^(webmail|roundcube|owa|ebanking|e-banking|onlinebanking|netbanking)\b/;

/** Whether `host` is `site` or lies under it. */
export function isUnder(host: string, site: string): boolean {
  return host === site || host.endsWith(`.${site}`);
}

export function isSensitive(host: string): boolean {
  return SENSITIVE_LABEL.test(host) || SENSITIVE_SITES.some((site) => isUnder(host, site));
}

/** A host name as readers type it ("https://www.Example.org/page") in its normal form, or `null`. */
export function parseSite(text: string): string | null {
  const trimmed = text.trim();
  if (trimmed === "" || trimmed.length > 300) return null;
  let url: URL;
  try {
    url = new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed) ? trimmed : `https://${trimmed}`);
  } catch {
    return null;
  }
  if (url.protocol !== "https:" && url.protocol !== "http:") return null;
  return url.hostname === "" ? null : url.hostname;
}

/** Why a page is or is not read. */
export type Reading = "on" | "off-everywhere" | "off-here" | "sensitive" | "not-chosen";

export interface SiteChoice {
  enabled: boolean;
  scope: "click" | "all";
  sitesOn: readonly string[];
  sitesOff: readonly string[];
  skipSensitive: boolean;
}

/**
 * Whether the pages of a host are read. `clicked`: the reader started this very page by hand,
 * which outweighs all but "off everywhere".
 */
export function reading(choice: SiteChoice, host: string, clicked = false): Reading {
  if (!choice.enabled) return "off-everywhere";
  if (clicked) return "on";
  const named = choice.sitesOn.some((site) => isUnder(host, site));
  if (choice.sitesOff.some((site) => isUnder(host, site))) return "off-here";
  if (named) return "on";
  if (choice.skipSensitive && isSensitive(host)) return "sensitive";
  return choice.scope === "all" ? "on" : "not-chosen";
}
