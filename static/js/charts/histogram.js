/** Columns from zero over given bins. */

import { drawAxes, openFrame } from "./frame.js";
import { bindReadout } from "./readout.js";
import { short } from "./scale.js";
import { keep, node } from "./svg.js";
import { putTable } from "./table.js";

const HEIGHT = 180;

/** Draw. `data.bins` is [[from, to, count], …] in order. */
export function histogram(figure, data) {
  const bins = data.bins ?? [];
  let places = [];
  const frame = openFrame(figure, paint);
  const columns = node("g", { class: "series-1" }, frame.groups.marks);

  function paint(width) {
    const height = Number(figure.dataset.height) || HEIGHT;
    const most = Math.max(1, ...bins.map((bin) => bin[2]));
    const margin = { top: 24, bottom: 40, left: 46, right: 10 };
    const domainX = bins.length ? [bins[0][0], bins[bins.length - 1][1]] : [0, 1];
    const { x, y, bottom } = drawAxes(frame, { width, height, margin, domainX, domainY: [0, most * 1.05], labelX: data.x?.label, labelY: data.y?.label ?? "count" });
    places = bins.map(([from, to]) => (x(from) + x(to)) / 2);
    keep(columns, "rect", bins, ([from, to, count]) => ({ class: "column", x: x(from) + 0.5, width: Math.max(1, x(to) - x(from) - 1), y: y(count), height: Math.max(0, bottom - y(count)) }));
  }

  bindReadout(figure, frame.svg, {
    count: () => bins.length,
    nearest: (x) => places.reduce((best, place, index) => (best < 0 || Math.abs(place - x) < Math.abs(places[best] - x) ? index : best), -1),
    read: (index) => ({ x: places[index], at: `${short(bins[index][0])} to ${short(bins[index][1])}`, lines: [[data.y?.label ?? "count", short(bins[index][2])]] }),
    mark: (index) => [...columns.children].forEach((column, at) => column.setAttribute("opacity", index < 0 || at === index ? 1 : 0.5)),
  });
  putTable(figure, () => ({ head: ["from", "to", data.y?.label ?? "count"], rows: bins.map(([from, to, count]) => [short(from), short(to), short(count)]) }));
}
