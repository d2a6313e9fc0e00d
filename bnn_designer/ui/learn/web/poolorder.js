import { percentText } from "./accuracies.js";
import { element, setText } from "./dom.js";
import { Plot, decimals, svg } from "./plot.js";
import { bars, distributions, divisorOf, pooled, readBySign, way } from "./pooling.js";
import { PICTURE, bytesOf, firstLayer, inputs, sumsOf } from "./stem.js";
import { pixelsOf, rowsOf, tiles } from "./tiles.js";

// A trained layer's sums on pictures, pooled before or behind the batch norm: what the sign reads, and how evenly.

const ENDS = 5;
const BAR = 0.25;
const MOST_BYTES = 20_000_000;
const FIGURES = [
  ["Become +1", ({ plus }) => percentText(plus)],
  ["The sign keeps", ({ bits }) => `${decimals(bits, 2)} bits`],
  ["Mean", ({ mean }) => decimals(mean, 2)],
  ["Standard deviation", ({ deviation }) => decimals(deviation, 2)],
  ["Skewness", ({ skewness }) => decimals(skewness, 2)],
  ["A gradient gets through for", ({ gradient }) => percentText(gradient)],
];

export default function poolorder({ data, parentElement }) {
  if (parentElement.querySelector(".root")) return;
  const layer = firstLayer(data.first);
  const pictures = data.pictures.map(({ title, pixels }) => ({ title, signs: null, pixels: bytesOf(pixels) }));
  const sumsSeen = new Map();

  const option = (text, value) => element("option", { value }, text);
  const all = option(`${data.images} test images`, -1);
  const seen = element("select", { change: draw }, all, ...pictures.map(({ title }, index) => option(`a ${title}`, index)));
  const filter = element("select", { change: draw }, ...data.filters.map(({ number }, index) => option(`filter ${number}`, index)));
  filter.value = String(data.shown.filter);
  seen.value = pictures.length ? "0" : "-1";
  const kind = element("select", { change: draw }, option("largest (max)", "max"), option("mean (average)", "average"));
  const size = element("select", { change: draw }, ...data.sizes.map((one) => option(`${one} × ${one}`, one)));
  const gamma = slider("Gamma", 20, 10, 1);
  const beta = slider("Beta", 200, 100, 2);
  const own = element("input", { type: "file", accept: "image/*", change: read });
  const refused = element("p", { class: "says", role: "status" });
  const maps = { picture: tiles("What the network sees"), sums: tiles("Sums of the filter, the largest white") };
  const mapRow = element("div", { class: "row maps" }, maps.picture.node, maps.sums.node);
  const columns = data.orders.map(({ name, title }) => {
    const place = element("div", {});
    const signs = tiles("Signs: white is +1");
    return { name, title, place, signs, node: element("div", { class: "order" }, element("p", { class: "title" }, title), place, signs.node) };
  });
  const cells = FIGURES.map(() => columns.map(() => element("td", {})));
  const says = element("p", { class: "says", "aria-live": "polite" });

  function slider(label, end, scale, digits) {
    const number = element("output", {});
    const input = element("input", { type: "range", min: -end, max: end, step: 1, input: draw });
    const value = () => input.valueAsNumber / scale;
    const set = (wanted) => (input.value = String(Math.round(wanted * scale)));
    const show = () => {
      setText(number, decimals(value(), digits));
      input.setAttribute("aria-valuetext", number.textContent);
    };
    return { node: element("label", { class: "check slider" }, label, input, number), value, set, show };
  }

  function set(gammaWanted, betaWanted) {
    gamma.set(gammaWanted);
    beta.set(betaWanted);
    draw();
  }

  async function read() {
    const file = own.files[0];
    if (!file) return;
    try {
      if (file.size > MOST_BYTES) throw new Error("too large");
      pictures.push({ title: file.name, signs: null, pixels: await pixelsOf(file, PICTURE) });
      const value = String(pictures.length - 1);
      seen.append(option(`yours: ${file.name}`, value));
      seen.value = value;
      setText(refused, "");
    } catch {
      setText(refused, `${file.name}: this browser cannot read it as a picture, or it has more than 20 MB. Choose a PNG, JPEG or WebP file.`);
    }
    draw();
  }

  /** The sums of a picture and a filter, with their distributions, computed once. */
  function looked(index, one) {
    const key = `${index}, ${one.number}`;
    if (!sumsSeen.has(key)) {
      const picture = pictures[index];
      picture.signs ??= inputs(layer, picture.pixels);
      const sums = sumsOf(picture.signs, one.signs);
      sumsSeen.set(key, { sums, counts: distributions(sums) });
    }
    return sumsSeen.get(key);
  }

  function draw() {
    gamma.show();
    beta.show();
    const one = data.filters[Number(filter.value)];
    const index = Number(seen.value);
    const found = index < 0 ? null : looked(index, one);
    const chosen = { kind: kind.value, size: Number(size.value), gamma: gamma.value(), beta: beta.value() };
    const reads = columns.map(({ name }) => readBySign(one.counts, found ? found.counts : one.counts, name, chosen));
    drawPlots(reads);
    reads.forEach((its, column) => FIGURES.forEach(([, text], row) => setText(cells[row][column], text(its))));
    mapRow.hidden = !found;
    for (const column of columns) column.signs.node.hidden = !found;
    if (found) drawMaps(pictures[index], found.sums, one, chosen, reads);
    setText(says, sentence(chosen, reads));
  }

  function drawPlots(reads) {
    const drawn = reads.map((its) => bars(its, BAR));
    const top = Math.max(...drawn.flat().map(({ share }) => share));
    columns.forEach(({ place, title }, index) => {
      const axis = { x: { from: -ENDS, to: ENDS, ticks: [-4, -2, 0, 2, 4], title: "what the sign reads" }, y: { from: 0, to: top, ticks: [] } };
      const plot = new Plot({ width: 320, height: 200, ...axis, title: `Histogram: ${title}` });
      const inside = drawn[index].filter(({ from, to }) => from >= -ENDS && to <= ENDS);
      plot.show(
        ...inside.map(({ from, to, share, plus }) =>
          svg("rect", { x: plot.x(from) + 0.4, width: plot.x(to) - plot.x(from) - 0.8, y: plot.y(share), height: plot.bottom - plot.y(share), class: plus ? "plus" : "minus" }),
        ),
      );
      place.replaceChildren(plot.node);
    });
  }

  function drawMaps(picture, sums, one, chosen, reads) {
    maps.picture.draw(rowsOf(picture.pixels, PICTURE), picture.title);
    const flat = sums.flat();
    const [least, most] = [Math.min(...flat), Math.max(...flat)];
    const gray = (sum) => (most > least ? (255 * (sum - least)) / (most - least) : 128);
    maps.sums.draw(sums.map((row) => row.map(gray)), `${least} to ${most}`);
    columns.forEach(({ name, signs }, index) => {
      const { pool, output } = way(one.counts, name, chosen);
      const divisor = divisorOf(pool);
      const rows = pooled(sums, pool).map((row) => row.map((value) => (output(value / divisor) >= 0 ? 255 : 0)));
      signs.draw(rows, percentText(reads[index].plus));
    });
  }

  set(1, 0);
  const trained = () => set(1, data.filters[Number(filter.value)].beta);
  const label = (text, node) => element("label", { class: "check" }, text, node);
  const button = (text, click) => element("button", { type: "button", class: "plain", click }, text);
  const head = (text) => element("th", { scope: "col" }, text);
  parentElement.append(
    element(
      "div",
      { class: "root panel poolorder" },
      element("div", { class: "row" }, label("Sums of", filter), label("on", seen), label("Or on your own picture", own)),
      refused,
      element("div", { class: "row" }, label("Pool: the", kind), label("of each", size)),
      element("div", { class: "row" }, gamma.node, beta.node, button("Gamma 1, beta 0", () => set(1, 0)), button("Beta as trained", trained)),
      mapRow,
      element("div", { class: "orders" }, ...columns.map(({ node }) => node)),
      element("p", { class: "muted small" }, "How often the sign reads each value. Filled: it becomes +1. Outlined: it becomes −1."),
      element(
        "div",
        { class: "wide", tabindex: "0", role: "group", "aria-label": "What the sign reads in each order" },
        element(
          "table",
          { class: "values" },
          element("thead", {}, element("tr", {}, head("Of what the sign reads"), ...columns.map(({ title }) => head(title)))),
          element("tbody", {}, ...FIGURES.map(([name], row) => element("tr", {}, element("th", { scope: "row" }, name), ...cells[row]))),
        ),
      ),
      says,
    ),
  );
}

function sentence({ kind, size, gamma }, [none, , normFirst]) {
  if (gamma === 0) return "Gamma is 0: beta alone decides, and every sign is the same.";
  if (kind === "average") return "A mean of numbers around 0 lies around 0: neither order skews the signs. But a mean of signs is no sign, so such a pool cannot run in bits.";
  if (gamma < 0) return "Gamma is below 0: behind the batch norm the pool keeps what came of the least sum of each window. The two orders are no longer the same function.";
  return `With the batch norm first, one +1 among ${size * size} is enough for a +1: their share goes from ${percentText(none.plus)} to ${percentText(normFirst.plus)}.`;
}
