/** The page's language: translations that the page brings, and how numbers and times are written in it. English is in the scripts. */

const given = document.getElementById("words");
const known = given ? JSON.parse(given.textContent) : {};

/** The language to send with calls of the API, so that what comes back can be shown. */
export const language = document.documentElement.lang || "en";

/** For `Intl`: the page's language, and in English the browser's own way. */
export const locale = given ? language : undefined;

// The rule of the catalogues: nought is one in French.
const isOne = (count) => (language === "fr" ? count < 2 : count === 1);

/** A text in the page's language. */
export const gettext = (text) => known[text] ?? text;

/** The form of a text that a count takes. */
export function ngettext(one, many, count) {
  const forms = known[one];
  if (!Array.isArray(forms)) return count === 1 ? one : many;
  return forms[isOne(count) ? 0 : 1];
}

/** Put values in the place of `%(name)s`. A value that ends a sentence itself, as a question does, takes no full stop. */
export const interpolate = (text, values) =>
  text.replace(/%\((\w+)\)s(\.(?!\S))?/g, (place, name, stop = "") => {
    const value = values[name];
    return value === undefined || value === null ? place : `${value}${/[.?!…]$/.test(value) ? "" : stop}`;
  });
