/** Colours of things, the same on every page. */

const KNOWN = [["validation", 2], ["train", 1], ["lora", 3], ["full", 4], ["teacher", 5], ["base", 6]];
const FREE = [1, 3, 2, 4, 5, 6];

/** Class of each series; known names keep their colour. */
export function classesOf(series) {
  const taken = new Set();
  const slots = series.map((each) => {
    const name = String(each.name ?? "").toLowerCase();
    const slot = each.colour ?? KNOWN.find(([word]) => name.includes(word))?.[1];
    if (slot) taken.add(slot);
    return slot;
  });
  return slots.map((slot) => {
    const chosen = slot ?? FREE.find((each) => !taken.has(each)) ?? 6;
    taken.add(chosen);
    return `series-${chosen}`;
  });
}
