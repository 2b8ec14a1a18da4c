/** Boxes that scroll and hold nothing to tab to take the focus themselves, so that the arrow keys move them. */

const BOXES = ".table-wrap, pre, .log, .sample, .card-body > *, .menu-body, .choosing-facts dl, .choosing-facts dd";
const STOPS = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']";
// A box that fits on a wide screen may not on a narrow one.
const sizes = new ResizeObserver((changes) => changes.forEach(({ target }) => settle(target)));

function settle(box) {
  const overflows = box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight;
  const needed = overflows && !box.querySelector(STOPS) && getComputedStyle(box).overflow !== "visible";
  if (needed && !box.hasAttribute("tabindex")) Object.assign(box, { tabIndex: 0 }).dataset.scroller = "";
  else if (!needed && "scroller" in box.dataset) {
    box.removeAttribute("tabindex");
    delete box.dataset.scroller;
  }
}

/** Bind the boxes of the page, and those that htmx brings later. */
export function bindScrollers() {
  const bind = (root) => root.querySelectorAll(BOXES).forEach((box) => (settle(box), sizes.observe(box)));
  bind(document);
  document.addEventListener("htmx:afterSettle", (event) => bind(event.target));
}
