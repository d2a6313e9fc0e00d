// A small plot in SVG: axes with ticks, lines, and what is put on them.

const MARGIN = { left: 44, right: 12, top: 12, bottom: 40 };

export function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

export class Plot {
  /** `x`, `y`: {from, to, ticks, title}. `title`: of the whole, for those who do not see it. */
  constructor({ width, height, x, y, title }) {
    this.x = (value) => MARGIN.left + ((value - x.from) / (x.to - x.from)) * (width - MARGIN.left - MARGIN.right);
    this.y = (value) => height - MARGIN.bottom - ((value - y.from) / (y.to - y.from)) * (height - MARGIN.top - MARGIN.bottom);
    this.bottom = this.y(y.from);
    this.top = this.y(y.to);
    this.inner = svg("g");
    const grid = svg("g", { class: "grid" });
    for (const tick of x.ticks) {
      grid.append(svg("line", { x1: this.x(tick), x2: this.x(tick), y1: this.y(y.from), y2: this.y(y.to), class: tick === 0 ? "zero" : "" }));
      grid.append(svg("text", { x: this.x(tick), y: this.y(y.from) + 16, "text-anchor": "middle" }, tickText(tick)));
    }
    for (const tick of y.ticks) {
      grid.append(svg("line", { x1: this.x(x.from), x2: this.x(x.to), y1: this.y(tick), y2: this.y(tick), class: tick === 0 ? "zero" : "" }));
      grid.append(svg("text", { x: MARGIN.left - 8, y: this.y(tick) + 4, "text-anchor": "end" }, tickText(tick)));
    }
    grid.append(svg("text", { x: (this.x(x.from) + this.x(x.to)) / 2, y: height - 6, "text-anchor": "middle" }, x.title));
    this.node = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": title, class: "plot" }, grid, this.inner);
  }

  /** Points [x, y] as lines; where y jumps by more than `jump`, one ends and the next begins. */
  curve(points, jump, name = "curve") {
    const parts = [];
    points.forEach((point, index) => {
      const apart = index === 0 || Math.abs(point[1] - points[index - 1][1]) > jump;
      if (apart) parts.push([]);
      parts.at(-1).push(`${this.x(point[0]).toFixed(1)},${this.y(point[1]).toFixed(1)}`);
    });
    return parts.map((part) => svg("polyline", { points: part.join(" "), class: name }));
  }

  /** A line from the bottom to the top. */
  upright(x, name) {
    return svg("line", { x1: this.x(x), x2: this.x(x), y1: this.bottom, y2: this.top, class: name });
  }

  dot(x, y, name, radius = 6) {
    return svg("circle", { cx: this.x(x), cy: this.y(y), r: radius, class: name });
  }

  square(x, y, name, side = 7) {
    return svg("rect", { x: this.x(x) - side / 2, y: this.y(y) - side / 2, width: side, height: side, class: name });
  }

  show(...nodes) {
    this.inner.replaceChildren(...nodes);
  }
}

/** A short line as a curve of that look is, with what is drawn over it: for beside the curve's name. */
export function key(look, ...over) {
  const drawing = svg("svg", { class: "key", viewBox: "0 0 38 12", "aria-hidden": "true" });
  drawing.append(svg("polyline", { points: "1,6 37,6", class: look }), ...over);
  return drawing;
}

function tickText(value) {
  return value < 0 ? `−${-value}` : String(value);
}

/** A number with so many decimals, and no minus before zero. */
export function decimals(value, digits) {
  const text = Math.abs(value).toFixed(digits);
  return value < 0 && Number(text) !== 0 ? `−${text}` : text;
}
