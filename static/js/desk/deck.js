/** The cards in the member's deck: elements drawn by the server, one shown at a time. Knows nothing of verdicts. */

/** A card drawn by the server's own template, as an element. */
export function cardFrom(html) {
  const parsed = new DOMParser().parseFromString(html, "text/html");
  return document.adoptNode(parsed.querySelector("article"));
}

// Nobody reads one card for this long without touching anything: the rest of the time is a coffee.
const IDLE_MS = 60_000;
const SIGNS_OF_LIFE = ["keydown", "pointermove", "pointerdown", "wheel", "scroll", "touchmove"];

export class Deck {
  #stage;
  #onShow;
  #shownAt = 0;
  #alive = 0;
  #showed = 0;
  #spent = new WeakMap();

  constructor(stage, onShow) {
    this.#stage = stage;
    this.#onShow = onShow;
    document.addEventListener("visibilitychange", () => (document.hidden ? this.#bank(true) : this.#begin()));
    for (const sign of SIGNS_OF_LIFE) document.addEventListener(sign, () => this.#live(), { passive: true, capture: true });
    this.#begin();
  }

  get cards() {
    return [...this.#stage.children];
  }

  get current() {
    return this.cards.find((card) => !card.hidden) ?? null;
  }

  find(id) {
    return this.cards.find((card) => card.dataset.card === id) ?? null;
  }

  /** Put a card at the end, or in front; a card that is there already only gets its newer lease. */
  add(card, { first = false } = {}) {
    const known = this.find(card.dataset.card);
    if (known) {
      known.dataset.leasedUntil = card.dataset.leasedUntil;
      return known;
    }
    card.hidden = true;
    if (first) this.#stage.prepend(card);
    else this.#stage.append(card);
    if (!this.current) this.show(card);
    return card;
  }

  /** Show one card in place of the other, in the same frame. */
  show(card) {
    const shown = this.current;
    if (shown === card || !card) return;
    this.#bank();
    const hadFocus = shown?.contains(document.activeElement) || document.activeElement === document.body;
    if (shown) shown.hidden = true;
    card.hidden = false;
    this.#begin();
    this.#showed = performance.now();
    if (hadFocus) card.focus({ preventScroll: true });
    this.#onShow(card);
  }

  /** The card `by` places on, round the deck. */
  step(by) {
    const cards = this.cards;
    const at = cards.indexOf(this.current);
    if (at >= 0 && cards.length > 1) this.show(cards.at((at + by + cards.length) % cards.length));
  }

  /** Take a card out; the one that followed it is shown. */
  remove(card) {
    const next = card.nextElementSibling ?? this.cards.find((other) => other !== card) ?? null;
    const wasShown = !card.hidden;
    if (wasShown && next) this.show(next);
    else this.#bank();
    card.remove();
    if (!next) this.#onShow(null);
  }

  /** Milliseconds since the card was put in front. */
  get shownFor() {
    return performance.now() - this.#showed;
  }

  /** Seconds the card was in front of open eyes; what passed without a sign of life is taken out. */
  seconds(card) {
    if (card === this.current) this.#bank();
    return Math.round((this.#spent.get(card) ?? 0) / 100) / 10;
  }

  #begin() {
    this.#shownAt = performance.now();
    this.#alive = this.#shownAt;
  }

  #live() {
    const now = performance.now();
    if (now - this.#alive > IDLE_MS) {
      // Back after a while: keep what passed until they left, and count on from here.
      this.#bank();
      this.#shownAt = now;
    }
    this.#alive = now;
  }

  #bank(isHiding = false) {
    const card = this.current;
    const now = performance.now();
    if (card && this.#shownAt && (isHiding || !document.hidden)) {
      const until = Math.min(now, this.#alive + IDLE_MS);
      this.#spent.set(card, (this.#spent.get(card) ?? 0) + Math.max(0, until - this.#shownAt));
    }
    this.#shownAt = now;
  }
}
