/** Word diff of two texts, for the eye while editing. Pure; knows no page. */

const PIECE = /\s+|[\p{L}\p{N}\p{M}'’-]+|[^\s\p{L}\p{N}]/gu;
const TOO_LONG = 1200;

/**
 * Pieces that stayed, went and came, in reading order.
 * @returns {{kind: "same"|"del"|"ins", text: string}[]}
 */
export function wordDiff(before, after) {
  const a = before.match(PIECE) ?? [];
  const b = after.match(PIECE) ?? [];
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head += 1;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a.at(-1 - tail) === b.at(-1 - tail)) tail += 1;
  const middle = between(a.slice(head, a.length - tail), b.slice(head, b.length - tail));
  const same = (pieces) => (pieces.length ? [{ kind: "same", text: pieces.join("") }] : []);
  return [...same(a.slice(0, head)), ...middle, ...same(a.slice(a.length - tail))];
}

function between(a, b) {
  // Beyond this a table of lengths would be felt under the fingers; the whole passage then counts as rewritten.
  if (a.length * b.length > TOO_LONG * TOO_LONG) return runs([...a.map((t) => ["del", t]), ...b.map((t) => ["ins", t])]);
  const width = b.length + 1;
  const longest = new Uint16Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      longest[i * width + j] =
        a[i] === b[j] ? longest[(i + 1) * width + j + 1] + 1 : Math.max(longest[(i + 1) * width + j], longest[i * width + j + 1]);
    }
  }
  const steps = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) steps.push(["same", a[i++], j++]);
    else if (j >= b.length || (i < a.length && longest[(i + 1) * width + j] >= longest[i * width + j + 1])) steps.push(["del", a[i++]]);
    else steps.push(["ins", b[j++]]);
  }
  return runs(steps);
}

function runs(steps) {
  const joined = [];
  for (const [kind, text] of steps) {
    if (joined.at(-1)?.kind === kind) joined.at(-1).text += text;
    else joined.push({ kind, text });
  }
  return joined;
}

/** Draw a diff into an element: plain text in ins and del, never markup from data. */
export function drawDiff(place, pieces) {
  place.replaceChildren(
    ...pieces.map(({ kind, text }) => {
      if (kind === "same") return document.createTextNode(text);
      const part = document.createElement(kind);
      part.textContent = text;
      return part;
    }),
  );
}
