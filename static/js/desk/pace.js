/** "37 left · 11 s a card · done by 15:40". */

import { gettext, interpolate, locale } from "../shell/words.js";

const A_DAY_S = 86_400;
const clock = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit" });

/** Words for what the server last said of pace. */
export function paceWords({ left, left_is_at_least: more, seconds_per_card: seconds }) {
  const words = [interpolate(gettext("%(count)s left"), { count: left.toLocaleString(locale ?? "en") + (more ? "+" : "") })];
  if (seconds) words.push(interpolate(gettext("%(seconds)s s a card"), { seconds: Math.round(seconds) }));
  const rest = left * (seconds ?? 0);
  if (rest && !more && rest < A_DAY_S) words.push(interpolate(gettext("done by %(clock)s"), { clock: clock.format(new Date(Date.now() + rest * 1000)) }));
  return words.join(" · ");
}
