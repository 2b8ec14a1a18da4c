/** Lines over a common x, with bands, named where they end; grows by append. */

import { classesOf } from "./colours.js";
import { drawAxes, fitted, openFrame, roomFor } from "./frame.js";
import { bindReadout } from "./readout.js";
import { extent, padded, short } from "./scale.js";
import { keep, node, set } from "./svg.js";
import { putTable } from "./table.js";

const HEIGHT = 220;
const LABEL_GAP = 14;

/** Points worth drawing: first, lowest, highest and last of each pixel column, when there are many. */
function visible(points, x, width) {
  if (points.length <= width * 2) return points;
  const columns = new Map();
  for (const point of points) {
    const at = Math.round(x(point[0]));
    const column = columns.get(at);
    if (!column) columns.set(at, [point, point, point, point]);
    else {
      if (point[1] < column[1][1]) column[1] = point;
      if (point[1] > column[2][1]) column[2] = point;
      column[3] = point;
    }
  }
  return [...columns.values()].flatMap((column) => [...new Set(column)].sort((a, b) => a[0] - b[0]));
}

function pathOf(points, x, y) {
  let path = "";
  let pen = "M";
  for (const [at, value] of points) {
    if (!Number.isFinite(value)) pen = "M";
    else {
      path += `${pen}${x(at).toFixed(1)} ${y(value).toFixed(1)}`;
      pen = "L";
    }
  }
  return path;
}

function bandOf(points, x, y) {
  const known = points.filter((point) => Number.isFinite(point[2]) && Number.isFinite(point[3]));
  if (known.length < 2) return "";
  const top = known.map((point) => `${x(point[0]).toFixed(1)} ${y(point[3]).toFixed(1)}`);
  const under = known.map((point) => `${x(point[0]).toFixed(1)} ${y(point[2]).toFixed(1)}`).reverse();
  return `M${top.join("L")}L${under.join("L")}Z`;
}

/** End labels pushed apart so that none covers another. */
function spread(labels, top, bottom) {
  labels.sort((a, b) => a.y - b.y);
  labels.forEach((label, index) => (label.y = Math.max(label.y, index ? labels[index - 1].y + LABEL_GAP : top)));
  for (let index = labels.length - 1; index >= 0; index -= 1) {
    labels[index].y = Math.min(labels[index].y, index < labels.length - 1 ? labels[index + 1].y - LABEL_GAP : bottom);
  }
  return labels;
}

/** Draw; returns nothing, but gives the figure `append(series, point)`. */
export function lines(figure, data) {
  const series = (data.series ?? []).map((each) => ({ ...each, points: [...each.points] }));
  let scales = null;
  let queued = false;
  const frame = openFrame(figure, paint);
  const bands = node("g", {}, frame.groups.marks);
  const paths = node("g", {}, frame.groups.marks);
  const alone = node("g", {}, frame.groups.marks);
  const names = node("g", {}, frame.groups.marks);
  const cursor = node("line", { class: "cursor", visibility: "hidden" }, frame.groups.over);
  const dots = node("g", {}, frame.groups.over);

  function paint(width = figure.drawnWidth) {
    queued = false;
    if (!width) return;
    const height = Number(figure.dataset.height) || HEIGHT;
    const points = series.flatMap((each) => each.points);
    const domainX = extent(points.map((point) => point[0]));
    const domainY = padded(extent(points.flatMap((point) => point.slice(1))), { zero: data.y?.zero });
    const isNarrow = width < 420;
    const margin = { top: 24, bottom: 40, left: 46, right: isNarrow ? 10 : 14 + roomFor(series.map((each) => each.name), 140) };
    scales = { ...drawAxes(frame, { width, height, margin, domainX, domainY, labelX: data.x?.label, labelY: data.y?.label, isLog: data.x?.log10 }), margin };
    const { x, y } = scales;
    const classes = classesOf(series);
    const shown = series.map((each) => visible(each.points, x, width));
    keep(bands, "path", series, (_, index) => ({ class: `band ${classes[index]}`, d: bandOf(shown[index], x, y) }));
    keep(paths, "path", series, (_, index) => ({ class: `line ${classes[index]}`, d: pathOf(shown[index], x, y) }));
    // A line of one point would not be seen.
    const single = series.flatMap((each, index) => (each.points.length === 1 && Number.isFinite(each.points[0][1]) ? [{ point: each.points[0], index }] : []));
    keep(alone, "circle", single, ({ point, index }) => ({ class: `dot ${classes[index]}`, r: 4, cx: x(point[0]), cy: y(point[1]) }));
    const labels = series.flatMap((each, index) => {
      const last = each.points.findLast((point) => Number.isFinite(point[1]));
      return last ? [{ y: y(last[1]) + 4, x: x(last[0]), text: fitted(each.name, isNarrow ? width * 0.7 : 140), class: `name ${classes[index]}` }] : [];
    });
    // One line at a narrow end needs no name: heading and axis say what it is.
    const named = isNarrow && series.length < 2 ? [] : spread(labels, margin.top + 4, scales.bottom);
    keep(names, "text", named, (label) => (
      // At a narrow end a name stands over its line, to the left of the last point where there is room.
      isNarrow ? { ...label, "text-anchor": label.x > roomFor([label.text], width) ? "end" : "start", y: label.y - 10 } : { ...label, x: (label.x > scales.right * 0.8 ? scales.right : label.x) + 8, "text-anchor": "start" }
    ));
  }

  let known = null; // every x once, until a point comes
  const sayX = (at) => short(data.x?.log10 ? 10 ** at : at);
  const xs = () => (known ??= [...new Set(series.flatMap((each) => each.points.map((point) => point[0])))].sort((a, b) => a - b));
  const valueAt = (each, at) => each.points.findLast((point) => point[0] === at)?.[1];

  bindReadout(figure, frame.svg, {
    count: () => xs().length,
    nearest: (place) => {
      const at = scales?.x.invert(place);
      return xs().reduce((best, value, index, all) => (best < 0 || Math.abs(value - at) < Math.abs(all[best] - at) ? index : best), -1);
    },
    read: (index) => {
      const at = xs()[index];
      const found = series.filter((each) => Number.isFinite(valueAt(each, at)));
      return { x: scales.x(at), at: `${data.x?.label ?? "x"} ${sayX(at)}`, lines: found.map((each) => [each.name, short(valueAt(each, at))]) };
    },
    mark: (index) => {
      const at = xs()[index];
      set(cursor, { visibility: index < 0 ? "hidden" : "visible" });
      if (index >= 0) set(cursor, { x1: scales.x(at), x2: scales.x(at), y1: scales.margin.top, y2: scales.bottom });
      const classes = classesOf(series);
      const marked = series.flatMap((each, order) => (index >= 0 && Number.isFinite(valueAt(each, at)) ? [{ each, order }] : []));
      keep(dots, "circle", marked, ({ each, order }) => ({ class: `dot ${classes[order]}`, r: 4, cx: scales.x(at), cy: scales.y(valueAt(each, at)) }));
    },
  });
  putTable(figure, () => ({
    head: [data.x?.label || "x", ...series.map((each) => each.name)],
    rows: xs().map((at) => [sayX(at), ...series.map((each) => short(valueAt(each, at)))]),
  }));

  figure.append = function append(name, point) {
    if (name instanceof Node) return Element.prototype.append.call(figure, name, ...(point ? [point] : []));
    let target = series.find((each) => each.name === name);
    if (!target) series.push((target = { name, points: [] }));
    target.points.push(point);
    known = null;
    if (!queued) {
      queued = true;
      requestAnimationFrame(() => paint());
    }
    return undefined;
  };
}
