/** Frame of a chart: an svg as wide as its figure, a grid, two axes. */

import { keep, node, set } from "./svg.js";
import { linear, logTicks, opened, short, ticks } from "./scale.js";

/** An svg with its groups; `paint(width)` is called whenever the width changes. */
export function openFrame(figure, paint) {
  const svg = node("svg", { role: "img", "aria-label": figure.getAttribute("aria-label") ?? "Chart", tabindex: 0 });
  const groups = {};
  for (const name of ["gridY", "ticksY", "ticksX", "labels", "marks", "over"]) groups[name] = node("g", {}, svg);
  figure.append(svg);
  const watch = new ResizeObserver(([entry]) => {
    const width = Math.round(entry.contentRect.width);
    if (width && width !== figure.drawnWidth) {
      figure.drawnWidth = width;
      paint(width);
    }
  });
  watch.observe(figure);
  return { svg, groups };
}

/** Scales, grid lines and tick labels of a plot within its margins. */
export function drawAxes({ svg, groups }, { width, height, margin, domainX, domainY, labelX = "", labelY = "", rows = false, isLog = false }) {
  set(svg, { viewBox: `0 0 ${width} ${height}`, width, height });
  const right = width - margin.right;
  const bottom = height - margin.bottom;
  const [spanX, spanY] = [opened(domainX), rows ? null : opened(domainY)];
  const x = linear(spanX, [margin.left, right]);
  const y = rows ? null : linear(spanY, [bottom, margin.top]);
  const room = Math.max(2, Math.floor((right - margin.left) / 90));
  const acrossX = isLog ? logTicks(spanX, room) : ticks(spanX, room);
  keep(groups.ticksX, "text", acrossX, (value) => ({ x: x(value), y: bottom + 18, "text-anchor": "middle", text: short(isLog ? 10 ** value : value) }));
  const lines = rows
    ? acrossX.map((value) => ({ class: "grid", x1: x(value), x2: x(value), y1: margin.top, y2: bottom }))
    : ticks(spanY, Math.max(2, Math.floor((bottom - margin.top) / 44))).map((value) => ({ class: "grid", x1: margin.left, x2: right, y1: y(value), y2: y(value), value }));
  keep(groups.gridY, "line", lines, ({ value: _, ...attributes }) => attributes);
  if (!rows) keep(groups.ticksY, "text", lines, (line) => ({ x: margin.left - 8, y: line.y1 + 4, "text-anchor": "end", text: short(line.value) }));
  const words = [{ x: right, y: height - 4, "text-anchor": "end", text: labelX }];
  if (labelY) words.push({ x: 0, y: 11, "text-anchor": "start", text: labelY });
  keep(groups.labels, "text", words, (attributes) => attributes);
  return { x, y, right, bottom };
}

const LETTER = 8;

/** Room that words take, near enough to lay out by. */
export function roomFor(words, most) {
  return Math.min(most, Math.max(0, ...words.map((each) => each.length)) * LETTER);
}

/** A name cut to its room; readout and table have all of it. */
export function fitted(name, room) {
  const most = room / LETTER;
  return name.length > most ? `${name.slice(0, most - 1)}…` : name;
}
