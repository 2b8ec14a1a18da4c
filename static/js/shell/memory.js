/** Which task this browser showed last, so that pages that belong to no task keep its rail. */

/** Keep the page's task in a cookie the server reads. */
export function rememberTask() {
  const slug = document.body.dataset.task;
  if (slug) document.cookie = `task=${encodeURIComponent(slug)}; path=/; max-age=31536000; samesite=lax`;
}
