/** Keys of the desk: a key clicks the button that does the same. Which letter does what is the member's choice. */

import { isTyping, letterOf, onKey } from "../shell/keys.js";

/** Bind keys; `acts` answers to the names of actions, `digit` to a digit while a reject waits for its reason. */
export function bindDeskKeys({ keys, on, press, isOpen }) {
  const state = { keys: { ...keys }, on };
  onKey(document, (event) => {
    if (event.defaultPrevented || event.repeat || isOpen()) return;
    const command = commandOf(event, state);
    if (command && press(command, event)) event.preventDefault();
  });
  return state;
}

/** Digits by their place: on a French keyboard they need Shift, and the reason should not. With Shift as `⇧1`. */
export function digitOf(event) {
  const [, row, digit] = /^(Digit|Numpad)(\d)$/.exec(event.code) ?? [];
  return digit && (event.shiftKey && row === "Digit" ? `⇧${digit}` : digit);
}

function commandOf(event, { keys, on }) {
  // Saving, leaving and the key sheet work even where single letters are switched off.
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) return "save";
  if (event.key === "Escape") return "escape";
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return null;
  if (event.key === "?") return "keys";
  if (!on) return null;
  const digit = digitOf(event);
  if (digit) return `digit ${digit}`;
  if (event.key === "Enter") return event.target.closest("a, button, summary, select, input:not([type=radio], [type=checkbox])") ? null : "confirm";
  if (event.key === "ArrowUp" || event.key === "ArrowDown") return event.target.closest("input, select, summary") ? null : event.key.slice(5).toLowerCase();
  const letter = letterOf(event);
  const action = Object.keys(keys).find((each) => keys[each] === letter);
  // A letter without a meaning of its own may stand for a label.
  return action ?? (/^[a-z]$/.test(letter ?? "") ? `letter ${letter}` : null);
}

/** Write the member's letters onto the buttons of a card or page. */
export function showKeys(root, { keys, on }) {
  for (const cap of root.querySelectorAll("[data-key]")) {
    cap.textContent = keys[cap.dataset.key].toUpperCase();
    cap.hidden = !on;
  }
}
