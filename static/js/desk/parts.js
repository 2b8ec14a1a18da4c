/** Labels inside an object or a list: in the open editor the keys of labels pick in the box that has focus. */

import { digitOf } from "./keys.js";
import { capsFor, unshifted } from "./values.js";
import { letterOf, onKey } from "../shell/keys.js";

const labelsOf = (box) => [...box.options].filter((option) => option.value);
const boxOf = ({ target }) => (target instanceof Element ? target.closest("select[data-path]") : null);

/** The box of a card's editor that stands after this one; undefined after the last. */
function after(box) {
  const boxes = [...box.closest(".editor").querySelectorAll("[data-path]")];
  return boxes[boxes.indexOf(box) + 1];
}

/** Pick the label of a key; answers whether there is one. Of several labels it is put in or taken out. */
function pickBy(box, cap, caps) {
  const labels = labelsOf(box);
  const option = labels[caps.indexOf(cap)] ?? labels[caps.indexOf(unshifted(cap))];
  if (!option) return false;
  option.selected = box.multiple ? !option.selected : true;
  box.dispatchEvent(new Event("input", { bubbles: true }));
  return true;
}

/** Bind a stage's boxes of labels. `keys` holds the member's letters and whether single keys are on. */
export function bindParts(stage, keys) {
  stage.addEventListener("focusin", (event) => {
    const box = keys.on && boxOf(event);
    const caps = box ? capsFor(keys.keys) : [];
    // Only how they are shown: the value stays the label.
    for (const [place, option] of box ? labelsOf(box).entries() : []) {
      if (caps[place]) option.label = `${caps[place].toUpperCase()}  ${option.text}`;
    }
  });
  stage.addEventListener("focusout", (event) => {
    for (const option of boxOf(event)?.options ?? []) option.removeAttribute("label");
  });
  onKey(stage, (event) => {
    const box = boxOf(event);
    if (!box || !keys.on || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
    const next = event.key === "Enter" ? after(box) : null;
    next?.focus();
    if (next || pickBy(box, digitOf(event) ?? letterOf(event), capsFor(keys.keys))) event.preventDefault();
  });
}
