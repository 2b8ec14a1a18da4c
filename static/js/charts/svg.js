/** Making and keeping SVG nodes. Knows no chart. */

const NAMESPACE = "http://www.w3.org/2000/svg";

/** A node with attributes, put into its parent. */
export function node(tag, attributes = {}, parent = null) {
  const made = document.createElementNS(NAMESPACE, tag);
  set(made, attributes);
  parent?.append(made);
  return made;
}

/** Set attributes; numbers are rounded to a tenth of a pixel. */
export function set(target, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "text") target.textContent = value;
    else target.setAttribute(name, typeof value === "number" ? Math.round(value * 10) / 10 : value);
  }
  return target;
}

/** Keep as many children of a kind as there are items: nodes are reused, so a live chart never redraws from nothing. */
export function keep(parent, tag, items, attributesOf) {
  while (parent.children.length > items.length) parent.lastChild.remove();
  items.forEach((item, index) => set(parent.children[index] ?? node(tag, {}, parent), attributesOf(item, index)));
}
