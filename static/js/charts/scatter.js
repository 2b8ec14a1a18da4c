/** Points of two measures, and the front of those that no other beats in both. */

import { classesOf } from "./colours.js";
import { drawAxes, openFrame } from "./frame.js";
import { bindReadout } from "./readout.js";
import { extent, padded, short } from "./scale.js";
import { keep, node, set } from "./svg.js";
import { putTable } from "./table.js";

const HEIGHT = 280;
const ends = (point) => [point.lo ?? point.y, point.hi ?? point.y];

/** The front, from left to right. `better` is "low" or "high". */
export function frontOf(points, betterX = "low", betterY = "high") {
  const gain = (value, better) => (better === "low" ? -value : value);
  const order = [...points].sort((a, b) => gain(b.x, betterX) - gain(a.x, betterX) || gain(b.y, betterY) - gain(a.y, betterY));
  let best = -Infinity;
  const front = order.filter((point) => {
    const value = gain(point.y, betterY);
    if (value <= best) return false;
    best = value;
    return true;
  });
  return front.sort((a, b) => a.x - b.x);
}

/** Draw. */
export function scatter(figure, data) {
  const points = data.points ?? [];
  const classes = classesOf(points);
  let places = [];
  const frame = openFrame(figure, paint);
  const line = node("path", { class: "front" }, frame.groups.marks);
  const whiskers = node("g", {}, frame.groups.marks);
  const dots = node("g", {}, frame.groups.marks);
  const names = node("g", {}, frame.groups.marks);

  function paint(width) {
    const height = Number(figure.dataset.height) || HEIGHT;
    const margin = { top: 26, bottom: 40, left: 50, right: 20 };
    const domainX = padded(extent(points.map((point) => point.x)), { zero: data.x?.zero, air: 0.1 });
    const domainY = padded(extent(points.flatMap(ends)), { zero: data.y?.zero, air: 0.12 });
    const { x, y, right } = drawAxes(frame, { width, height, margin, domainX, domainY, labelX: data.x?.label, labelY: data.y?.label });
    places = points.map((point) => ({ x: x(point.x), y: y(point.y) }));
    keep(whiskers, "line", points, (point, at) => ({ class: `whisker ${classes[at]}`, x1: x(point.x), x2: x(point.x), y1: y(ends(point)[0]), y2: y(ends(point)[1]) }));
    const front = data.front ? frontOf(points, data.x?.better, data.y?.better) : [];
    set(line, { d: front.length > 1 ? `M${front.map((point) => `${x(point.x).toFixed(1)} ${y(point.y).toFixed(1)}`).join("L")}` : "" });
    keep(dots, "circle", points, (_, index) => ({ class: `dot ${classes[index]}`, r: 5.5, cx: places[index].x, cy: places[index].y }));
    keep(names, "text", points, (point, index) => {
      const isLate = places[index].x > right - point.name.length * 7;
      return { class: `name ${classes[index]}`, x: places[index].x + (isLate ? -9 : 9), y: places[index].y - 8, "text-anchor": isLate ? "end" : "start", text: point.name };
    });
  }

  const far = (place, x, y) => (place.x - x) ** 2 + (place.y - y) ** 2;
  bindReadout(figure, frame.svg, {
    count: () => points.length,
    nearest: (x, y) => places.reduce((best, place, index) => (best < 0 || far(place, x, y) < far(places[best], x, y) ? index : best), -1),
    read: (index) => ({ x: places[index].x, at: points[index].name, lines: [[data.x?.label || "x", short(points[index].x)], [data.y?.label || "y", short(points[index].y)]] }),
    mark: (index) => [...dots.children].forEach((dot, at) => dot.setAttribute("r", at === index ? 7 : 5.5)),
  });
  putTable(figure, () => ({ head: ["", data.x?.label || "x", data.y?.label || "y"], rows: points.map((point) => [point.name, short(point.x), short(point.y)]) }));
}
