// Elements made of text: nothing here takes markup, so that no text can become any.

export const $ = (id) => document.getElementById(id);

// Properties are set as such, except those with a dash, which are attributes.
export function h(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key.includes("-") || key === "role" || key === "for") made.setAttribute(key, value);
    else if (value !== undefined) made[key] = value;
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

export function words(className, text, language) {
  const paragraph = h("p", { className, textContent: text, dir: "auto" });
  if (language) paragraph.lang = language;
  return paragraph;
}

// Only what leads to a page over TLS becomes a link; anything else stays the text it is.
export function link(url, text) {
  if (!/^https:\/\//.test(url)) return document.createTextNode(text);
  return h("a", { href: url, textContent: text, target: "_blank", rel: "noopener noreferrer" });
}

export function count(number, noun) {
  return `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
}

export function capital(word) {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

export async function problem(answer) {
  let told = {};
  try {
    told = await answer.json();
  } catch {
    // not as this service answers: a proxy, most likely
  }
  const title = told.title ?? `The service answered ${answer.status}`;
  const error = new Error(told.detail ? `${title}. ${told.detail}` : `${title}.`);
  return Object.assign(error, { status: answer.status, type: told.type ?? "", errors: told.errors ?? [], ids: told.ids ?? [] });
}
