/** A job's figures in words, as the server writes them. */

const count = new Intl.NumberFormat("en-US");

export function duration(seconds) {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  if (seconds < 59.5) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(Math.round(seconds) / 60);
  const rest = Math.round(seconds) % 60;
  if (minutes < 60) return rest ? `${minutes} min ${rest} s` : `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  return hours % 24 ? `${Math.floor(hours / 24)} d ${hours % 24} h` : `${hours / 24} d`;
}

export function money(usd) {
  const digits = usd !== 0 && Math.abs(usd) < 0.01 ? 4 : 2;
  return `$${usd.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits })}`;
}

/** `120 of 300 drafts · 4.1/s · 40 s left · $0.12`; what is not known, or over, is left out. */
export function figures({ done, total, unit, rate_per_s: rate, eta_s: leftS, cost_usd: cost }, isMoving = true) {
  const parts = [];
  if (done != null) parts.push(count.format(done) + (total ? ` of ${count.format(total)}` : "") + (unit ? ` ${(total || done) === 1 ? unit.replace(/s$/, "") : unit}` : ""));
  if (isMoving && rate) parts.push(rate >= 1 ? `${rate.toFixed(1)}/s` : `${(rate * 60).toFixed(1)}/min`);
  if (isMoving && leftS != null) parts.push(`${duration(leftS)} left`);
  if (cost != null) parts.push(money(Number(cost)));
  return parts.join(" · ");
}
