/** Verdicts that can still be undone: the last ten, across cards; the server brings those of before a reload. */

const REACH = 10;

export class History {
  #steps;

  constructor(steps) {
    this.#steps = steps.slice(-REACH);
  }

  /** Remember a step; `card` is its element while the page lives. */
  push(step) {
    this.#steps.push(step);
    if (this.#steps.length > REACH) this.#steps.shift();
  }

  pop() {
    return this.#steps.pop() ?? null;
  }

  /** Forget the step of a verdict the server refused. */
  drop(decision) {
    this.#steps = this.#steps.filter((step) => step.decision !== decision);
  }
}

/** A fresh UUID; browsers keep `randomUUID` from pages that came over plain HTTP. */
export function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
