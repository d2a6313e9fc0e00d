import { percentText } from "./accuracies.js";
import { figures } from "./controls.js";
import { element, setText } from "./dom.js";
import { Plot } from "./plot.js";

// The first and the last layer's precisions, chosen one by one, and where the network then stands: its size and its accuracy, if it has one.

const KIB = 1024;
const SIZES = [
  { name: "weight_bytes", title: "Weights, each in the bits that it needs" },
  { name: "file_bytes", title: "File for Larq Compute Engine" },
];

/** The best accuracy of a run, 0 to 1. */
function bestOf({ curve }) {
  return Math.max(...curve);
}

export default function plane({ data, parentElement }) {
  if (parentElement.querySelector(".root")) return;
  const sizes = data.pairs.flatMap((pair) => SIZES.map(({ name }) => pair[name] / KIB));
  const from = 5 * Math.floor((Math.min(...sizes) - 1) / 5);
  const to = 5 * Math.ceil((Math.max(...sizes) + 1) / 5);
  const ticks = Array.from({ length: (to - from) / 5 + 1 }, (_, index) => from + 5 * index);
  const own = data.pairs.filter((pair) => pair.own);
  // runs of a student's own may be short, or long: the axis has room for them
  const least = 10 * Math.floor(Math.min(5, ...own.map((pair) => 10 * bestOf(pair.own))));
  const most = 10 * Math.ceil(Math.max(8, ...own.map((pair) => 10 * bestOf(pair.own))));
  const heights = Array.from({ length: (most - least) / 10 + 1 }, (_, index) => least + 10 * index);
  const plot = new Plot({ width: 880, height: 320, x: { from, to, ticks, title: "size in KiB" }, y: { from: least, to: most, ticks: heights }, title: "Size in KiB and best accuracy in percent" });
  const chosen = { first: data.precisions[0].name, last: data.precisions[0].name };
  const tried = new Set();
  const size = element("select", { change: draw }, ...SIZES.map(({ name, title }) => element("option", { value: name }, title)));
  const shown = figures(["Weights", "File", "Memory while it runs", "Binary MACs", "Float MACs", "Best accuracy", data.owners]);
  const says = element("p", { class: "says", "aria-live": "polite" });

  const pairOf = (first, last) => data.pairs.find((pair) => pair.first === first && pair.last === last);

  function draw() {
    const pair = pairOf(chosen.first, chosen.last);
    tried.add(pair);
    const place = (one) => one[size.value] / KIB;
    const before = [...tried].filter((one) => one !== pair && one.accuracy !== null);
    const unknown = pair.accuracy === null && !pair.own;
    plot.show(
      ...own.map((one) => plot.square(place(one), 100 * bestOf(one.own), one === pair ? "own now" : "own", 9)),
      ...before.map((one) => plot.dot(place(one), 100 * one.accuracy, "tried", 6)),
      ...(unknown ? [plot.upright(place(pair), "here")] : []),
      ...(pair.accuracy === null ? [] : [plot.dot(place(pair), 100 * pair.accuracy, "dot", 8)]),
    );
    shown.show([...pair.texts, pair.accuracy === null ? "unknown: no run" : `${percentText(pair.accuracy)}, ${pair.runs === 1 ? "1 run" : `${pair.runs} runs`}`, pair.own ? `${percentText(bestOf(pair.own))}, ${pair.own.whose}: ${pair.own.trained}` : "none yet"]);
    setText(says, pair.says);
  }

  const group = (which, title) =>
    element(
      "fieldset",
      { class: "choice-of" },
      element("legend", {}, title),
      ...data.precisions.map(({ name, title: label }) => {
        const radio = element("input", { type: "radio", name: `plane-${which}`, change: () => ((chosen[which] = name), draw()) });
        radio.checked = name === chosen[which];
        return element("label", { class: "check" }, radio, label);
      }),
    );

  draw();
  parentElement.append(
    element(
      "div",
      { class: "root panel plane" },
      group("first", "First layer"),
      group("last", "Last layer"),
      element("div", { class: "row" }, element("label", { class: "check" }, "Size", size)),
      plot.node,
      element("p", { class: "muted small" }, `The dot: the pair chosen, by the best accuracy of ten epochs. Rings: trained pairs that you have chosen before. Squares: ${data.owners.toLowerCase()}, the one of the pair chosen filled. A dashed line: a size without an accuracy.`),
      shown.node,
      says,
    ),
  );
}
