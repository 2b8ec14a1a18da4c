/** "44 today · 12 of your 56 left · 25 s a card · done by 15:40". */

const A_DAY_S = 86_400;
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const count = (number) => number.toLocaleString("en");

/** Words for the pace that the server last reported. */
export function paceWords({ today, left, left_is_at_least: more, seconds_per_card: seconds }) {
  const words = today ? [`${today} today`] : [];
  words.push(today && !more ? `${count(left)} of your ${count(left + today)} left` : `${count(left)}${more ? "+" : ""} left`);
  if (seconds) words.push(`${Math.round(seconds)} s a card`);
  const rest = left * (seconds ?? 0);
  if (rest && !more && rest < A_DAY_S) words.push(`done by ${clock.format(new Date(Date.now() + rest * 1000))}`);
  return words.join(" · ");
}
