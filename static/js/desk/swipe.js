/**
 * Swipes of a finger: to the right accepts, to the left rejects, with a flag that names the act and a toast that undoes it.
 * Scrolling, zooming and selecting text go first. A swipe presses the card's own button; it knows no verdict.
 */

// From here on the direction is known; a swipe to the screen's edge is the browser's own.
const LOCK_PX = 12;
const EDGE_PX = 24;
const LEAST_PX = 96;
const LEAST_SHARE = 0.3;
const NO_SWIPE = "input, textarea, select, button, a, summary, label, .editor";
const isCalm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** Whether something between the finger and the card scrolls sideways by itself. */
function scrollsSideways(element, card) {
  for (let at = element; at && at !== card; at = at.parentElement) {
    if (at.scrollWidth > at.clientWidth + 1 && /auto|scroll/.test(getComputedStyle(at).overflowX)) return true;
  }
  return false;
}

function mayBegin({ target, clientX }, card) {
  if (!card || card.matches(".is-editing, .is-rejecting, .is-setting-aside")) return false;
  if (!target.closest(".reading, .is-values .facts") || target.closest(NO_SWIPE)) return false;
  if (clientX < EDGE_PX || clientX > innerWidth - EDGE_PX) return false;
  return getSelection().isCollapsed && !scrollsSideways(target, card);
}

/** Bind swipes to a stage; `said()` is the sentence on the last verdict, `undo()` takes it back. A toast stays until the next touch. */
export function bindSwipe(stage, { said, undo }) {
  const flag = Object.assign(document.createElement("div"), { className: "swipe-flag", hidden: true });
  flag.setAttribute("aria-hidden", "true");
  stage.after(flag);
  let swipe = null;
  let toast = null;

  const buttonOf = (card, dx) => card.querySelector(`[data-act="${dx > 0 ? "accept" : "reject"}"]`);
  const wordOf = (button) => button.lastChild.textContent.trim();
  const isFar = (dx) => Math.abs(dx) >= Math.max(LEAST_PX, innerWidth * LEAST_SHARE);

  function draw({ card, dx }) {
    card.classList.add("is-swiping");
    if (!isCalm()) card.style.setProperty("--swipe", `${dx}px`);
    flag.hidden = false;
    flag.textContent = `${dx > 0 ? "✓" : "✗"} ${wordOf(buttonOf(card, dx))}`;
    flag.className = `swipe-flag ${dx > 0 ? "is-accept" : "is-reject"}${isFar(dx) ? " is-armed" : ""}`;
  }

  function end() {
    const ended = swipe;
    swipe = null;
    flag.hidden = true;
    ended?.card.classList.remove("is-swiping");
    ended?.card.style.removeProperty("--swipe");
    return ended;
  }

  function show(label) {
    toast?.remove();
    const box = Object.assign(document.createElement("div"), { className: "swipe-toast" });
    const back = Object.assign(document.createElement("button"), { type: "button", className: "btn btn-small", textContent: label });
    back.addEventListener("click", () => {
      box.remove();
      undo();
    });
    box.append(Object.assign(document.createElement("span"), { textContent: said() }), back);
    stage.after(box);
    toast = box;
  }

  stage.addEventListener("pointerdown", (event) => {
    if (!event.isPrimary) return void end();
    toast?.remove();
    const card = event.target.closest(".card");
    swipe = event.pointerType === "touch" && mayBegin(event, card) ? { card, x: event.clientX, y: event.clientY, dx: 0, isLocked: false } : null;
  });
  stage.addEventListener("pointermove", (event) => {
    if (!swipe || !event.isPrimary) return;
    swipe.dx = event.clientX - swipe.x;
    const dy = Math.abs(event.clientY - swipe.y);
    if (!swipe.isLocked && Math.max(Math.abs(swipe.dx), dy) < LOCK_PX) return;
    // Upwards, or while text is selected, it is no swipe any more.
    if (!getSelection().isCollapsed || (!swipe.isLocked && dy * 2 > Math.abs(swipe.dx))) return void end();
    swipe.isLocked = true;
    draw(swipe);
  });
  stage.addEventListener("pointercancel", end);
  stage.addEventListener("pointerup", (event) => {
    const ended = end();
    if (!ended?.isLocked || !event.isPrimary || !isFar(ended.dx) || ended.card.hidden) return;
    const label = wordOf(ended.card.querySelector('[data-act="undo"]'));
    buttonOf(ended.card, ended.dx).click();
    if (!ended.card.isConnected) show(label);
  });
}
