/** Numbers as people type them: the counterpart of the server's `review/spec/numbers.py`, held to it by one table of cases. */

import { gettext, interpolate } from "../shell/words.js";

const BLANKS = "'\u2019\u00a0\u2009\u202f ";
const SIGNS = { "\u2212": "-", "\u2013": "-", "\ufe63": "-", "\uff0d": "-", "\uff0b": "+" };
const LONGEST = 300;
const SHOWN_CHARS = 40;

function formOf(decimal, group, southAsian) {
  const whole = `\\d+|[1-9]\\d{0,2}(?:([${group}${BLANKS}])\\d{3})(?:\\3\\d{3})*${southAsian}`;
  return new RegExp(`^([-+]?)(?:(${whole})(?:[${decimal}](\\d+))?|[${decimal}](\\d+))([eE][-+]?\\d+)?$`);
}

const FORMS = [formOf(".", ",", "|[1-9]\\d?(?:,\\d{2})+,\\d{3}"), formOf(",", ".", "")];
const MENDS = [
  [/^.+%$/u, gettext("write it without the sign")],
  [/^\(.+\)$/u, gettext("write a minus before it")],
  [/^.*(?:[\u00bc-\u00be\u2150-\u215e]|\d\s*[\u002f\u2044]\s*\d).*$/u, gettext("write a decimal fraction")],
  [/^.*[$\u00a2-\u00a5\u20a0-\u20cf].*$/u, gettext("write it without the currency")],
];

/** The value of a digit of any script: those of one script follow each other from 0. */
function digit(char) {
  let before = 0;
  while (/\p{Nd}/u.test(String.fromCodePoint(char.codePointAt(0) - before - 1))) before += 1;
  return String(before % 10);
}

/** The number as programs write it, its digits untouched; null where the form does not fit. */
function plainIn(form, text) {
  const match = form.exec(text);
  if (!match) return null;
  const [, sign, whole, , part, alone, power] = match;
  const fraction = part ?? alone;
  return `${sign}${(whole ?? "0").replace(/\D/g, "")}${fraction ? `.${fraction}` : ""}${(power ?? "").toLowerCase()}`;
}

/** Digits and power of ten, the same for two writings of one number. */
function exact(plain) {
  const [mantissa, power = "0"] = plain.replace(/^[-+]/, "").split("e");
  const [whole, fraction = ""] = mantissa.split(".");
  const digits = (whole + fraction).replace(/^0+/, "");
  const bare = digits.replace(/0+$/, "");
  return bare && `${bare}e${Number(power) - fraction.length + digits.length - bare.length}`;
}

/** The value as it is sent: a whole number that a script would change goes as a text, and the server reads it. */
function valueOf(plain, shown) {
  if (plain.length > LONGEST) return { problem: interpolate(gettext("has %(count)s digits; %(most)s is the limit"), { count: plain.length, most: LONGEST }) };
  const value = Number(plain);
  if (/^[-+]?\d+$/.test(plain)) return { value: Number.isSafeInteger(value) ? value : String(BigInt(plain.replace("+", ""))) };
  if (!Number.isFinite(value)) return { problem: interpolate(gettext("is '%(text)s', too large for a number"), { text: shown }) };
  if (exact(plain) !== exact(String(value))) return { problem: interpolate(gettext("is '%(text)s', more digits than a number keeps; in a text they stay"), { text: shown }) };
  return { value };
}

/** A number in a writing that has one reading: three digits behind a point may be a group. */
export function unmistakable(value) {
  const text = String(value);
  return typeof value === "number" && text.split(".")[1]?.length === 3 ? `${text}0` : text;
}

/** What somebody typed, as `{ value }` or as `{ problem }`, a sentence without its subject that says how to write it. */
export function readNumber(typed) {
  const shown = typed.trim().split(/\s+/).join(" ");
  const short = shown.length > SHOWN_CHARS ? `${shown.slice(0, SHOWN_CHARS - 1)}…` : shown;
  const text = typed.trim().replace(/[\u2212\u2013\ufe63\uff0d\uff0b]/g, (sign) => SIGNS[sign]).replace(/\p{Nd}/gu, digit);
  const plains = new Set(FORMS.map((form) => plainIn(form, text)).filter((plain) => plain !== null));
  if (plains.size === 0) {
    const mend = MENDS.find(([form]) => form.test(typed.trim()));
    const words = interpolate(gettext("is '%(text)s', expected a number such as 1200 or 3.5"), { text: short });
    return { problem: mend ? `${words}; ${mend[1]}` : words };
  }
  const read = [...plains].map((plain) => valueOf(plain, short));
  const wrong = read.find(({ problem }) => problem);
  const values = [...new Set(read.map(({ value }) => value))];
  if (wrong) return wrong;
  if (values.length === 1) return { value: values[0] };
  const [first, second] = values.map(unmistakable);
  return { problem: interpolate(gettext("is '%(text)s', which can mean %(first)s or %(second)s: write one of these"), { text: short, first, second }) };
}
