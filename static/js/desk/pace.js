/** "44 today · 12 of your 56 left · 25 s a card · done by 15:40". */

import { gettext, interpolate, locale } from "../shell/words.js";

const A_DAY_S = 86_400;
const clock = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const number = (count) => count.toLocaleString(locale ?? "en");

/** Words for the pace that the server last reported. */
export function paceWords({ today, left, left_is_at_least: more, seconds_per_card: seconds }) {
  const words = today ? [interpolate(gettext("%(count)s today"), { count: number(today) })] : [];
  if (today && !more) words.push(interpolate(gettext("%(left)s of your %(all)s left"), { left: number(left), all: number(left + today) }));
  else words.push(interpolate(gettext("%(count)s left"), { count: number(left) + (more ? "+" : "") }));
  if (seconds) words.push(interpolate(gettext("%(seconds)s s a card"), { seconds: Math.round(seconds) }));
  const rest = left * (seconds ?? 0);
  if (rest && !more && rest < A_DAY_S) words.push(interpolate(gettext("done by %(clock)s"), { clock: clock.format(new Date(Date.now() + rest * 1000)) }));
  return words.join(" · ");
}
