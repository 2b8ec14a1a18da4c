/** "37 left · 11 s a card · done by 15:40". */

const A_DAY_S = 86_400;
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });

/** Words for what the server last said of pace. */
export function paceWords({ left, left_is_at_least: more, seconds_per_card: seconds }) {
  const words = [`${left.toLocaleString("en")}${more ? "+" : ""} left`];
  if (seconds) words.push(`${Math.round(seconds)} s a card`);
  const rest = left * (seconds ?? 0);
  if (rest && !more && rest < A_DAY_S) words.push(`done by ${clock.format(new Date(Date.now() + rest * 1000))}`);
  return words.join(" · ");
}
