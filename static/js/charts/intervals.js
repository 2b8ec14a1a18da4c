/** A row each: a dot, its interval, and n. A line may mark a limit. */

import { classesOf } from "./colours.js";
import { drawAxes, fitted, openFrame, roomFor } from "./frame.js";
import { bindReadout } from "./readout.js";
import { alike, extent, padded, short } from "./scale.js";
import { keep, node, set } from "./svg.js";
import { putTable } from "./table.js";

const ROW = 34;
const WIDEST = 220;

/** 0.860 [0.780, 0.920] n 100 */
function words(row) {
  const [value, lo, hi] = alike([row.value, row.lo, row.hi]);
  const interval = Number.isFinite(row.lo) ? ` [${lo}, ${hi}]` : "";
  return `${value}${interval}${row.n ? ` n ${short(row.n)}` : ""}`;
}

/** Draw. */
export function intervals(figure, data) {
  const rows = data.rows ?? [];
  const classes = classesOf(rows);
  let places = [];
  const frame = openFrame(figure, paint);
  const zero = node("line", { class: "axis" }, frame.groups.marks);
  const limit = Number.isFinite(data.x?.mark) ? data.x.mark : null;
  const line = node("line", { class: "front" }, frame.groups.marks);
  const layers = ["line", "circle", "text", "text"].map(() => node("g", {}, frame.groups.marks));

  function paint(width) {
    const isNarrow = width < 520;
    const step = isNarrow ? ROW + 12 : ROW;
    const margin = {
      top: 6, bottom: 40, left: isNarrow ? 8 : 12 + roomFor(rows.map((row) => row.name), WIDEST),
      right: isNarrow ? 8 : 16 + roomFor(rows.map(words), WIDEST),
    };
    const height = margin.top + margin.bottom + step * rows.length;
    const span = extent(rows.flatMap((row) => [row.value, row.lo ?? row.value, row.hi ?? row.value]).concat(limit ?? []));
    const { x, bottom } = drawAxes(frame, { width, height, margin, domainX: padded(span, { zero: data.x?.zero }), labelX: data.x?.label, rows: true });
    places = rows.map((row, index) => ({ x: x(row.value), y: margin.top + step * (index + 0.5) + (isNarrow ? 10 : 0) }));
    const crosses = span[0] < 0 && span[1] > 0;
    set(zero, { x1: x(0), x2: x(0), y1: margin.top, y2: bottom, visibility: crosses ? "visible" : "hidden" });
    if (limit !== null) set(line, { x1: x(limit), x2: x(limit), y1: margin.top, y2: bottom });
    const known = (row, index) => (Number.isFinite(row.lo) ? { x1: x(row.lo), x2: x(row.hi) } : { x1: places[index].x, x2: places[index].x });
    keep(layers[0], "line", rows, (row, index) => ({ class: `whisker ${classes[index]}`, ...known(row, index), y1: places[index].y, y2: places[index].y }));
    keep(layers[1], "circle", rows, (_, index) => ({ class: `dot ${classes[index]}`, r: 5, cx: places[index].x, cy: places[index].y }));
    keep(layers[2], "text", rows, (row, index) => ({ class: "row-name", x: isNarrow ? margin.left : margin.left - 12, y: isNarrow ? places[index].y - 16 : places[index].y + 4, "text-anchor": isNarrow ? "start" : "end", text: fitted(row.name, isNarrow ? width - 8 - roomFor([words(row)], WIDEST) : WIDEST) }));
    keep(layers[3], "text", rows, (row, index) => ({ x: width, y: isNarrow ? places[index].y - 16 : places[index].y + 4, "text-anchor": "end", text: words(row) }));
  }

  bindReadout(figure, frame.svg, {
    count: () => rows.length,
    nearest: (_, y) => places.reduce((best, place, index) => (best < 0 || Math.abs(place.y - y) < Math.abs(places[best].y - y) ? index : best), -1),
    read: (index) => ({ x: places[index].x, at: rows[index].name, lines: [[data.x?.label || "value", short(rows[index].value)], ["interval", Number.isFinite(rows[index].lo) ? `${short(rows[index].lo)} to ${short(rows[index].hi)}` : "–"], ["n", short(rows[index].n)]] }),
    mark: (index) => [...layers[1].children].forEach((dot, at) => dot.setAttribute("r", at === index ? 6.5 : 5)),
  });
  putTable(figure, () => ({ head: ["", data.x?.label || "value", "from", "to", "n"], rows: rows.map((row) => [row.name, short(row.value), short(row.lo), short(row.hi), short(row.n)]) }));
}
