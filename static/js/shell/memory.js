/** What a browser tells the server in cookies: the task it showed last, so that pages of no task keep its rail, and its time zone. */

/** Keep the page's task in a cookie the server reads. */
export function rememberTask() {
  const slug = document.body.dataset.task;
  if (slug) remember("task", slug);
}

/** Keep the browser's time zone, in which days of filters are meant. */
export function rememberZone() {
  remember("zone", Intl.DateTimeFormat().resolvedOptions().timeZone);
}

function remember(name, value) {
  document.cookie = `${name}=${encodeURIComponent(value)}; path=/; max-age=31536000; samesite=lax`;
}
