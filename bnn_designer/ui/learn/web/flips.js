import { figures, listSlider } from "./controls.js";
import { element, setText } from "./dom.js";
import { LATENT, bop, flipsOf, scaled } from "./flipping.js";
import { Plot, svg } from "./plot.js";

// A stream of gradients, and what two ways of training make of one binary weight under it: a latent weight, and Bop.

const NAMED_FLIPS = 6;

export default function flips({ data, parentElement }) {
  if (parentElement.querySelector(".root")) return;
  const steps = data.streams[0].gradients.length;
  const axes = (height, width, yTitle) => ({
    width,
    height,
    x: { from: 0, to: steps, ticks: [0, steps / 4, steps / 2, (3 * steps) / 4, steps], title: "step" },
    y: { from: -1.1, to: 1.1, ticks: [-1, 0, 1] },
    title: yTitle,
  });
  const stream = select(data.streams.map(({ title }, index) => [index, title]), 1);
  const size = select(data.sizes.map((one) => [one, `× ${one}`]), data.sizes.at(-1));
  const optimizer = select(data.optimizers, data.optimizers[0][0]);
  const start = listSlider("It starts at", data.starts, 0.8, draw);
  const rate = listSlider("Rate", data.rates, 0.1, draw);
  const gamma = listSlider("γ", data.gammas, 0.1, draw);
  const threshold = listSlider("Threshold", data.thresholds, 0.3, draw);
  const gradientPlot = new Plot(axes(150, 880, "The gradient of each step"));
  const latentPlot = new Plot(axes(240, 430, "The latent weight after each step"));
  const bopPlot = new Plot(axes(240, 430, "Bop's average after each step, and its threshold"));
  const names = ["Flips", "In steps", "The weight at the end"];
  const latentShown = figures(names);
  const bopShown = figures(names);
  const says = element("p", { class: "says", "aria-live": "polite" });

  function select(options, value) {
    const node = element("select", { change: draw }, ...options.map(([name, text]) => element("option", { value: name }, text)));
    node.value = String(value);
    return node;
  }

  function draw() {
    const told = data.streams[Number(stream.value)];
    const gradients = scaled(told.gradients, Number(size.value));
    const latent = LATENT[optimizer.value](gradients, start.value, rate.value);
    const averaged = bop(gradients, gamma.value, threshold.value);
    setText(says, told.says);
    gradientPlot.show(...gradients.map((gradient, index) => bar(gradientPlot, index + 1, gradient)));
    show(latentPlot, start.value, latent);
    // what the average has to pass to flip the weight as it stands
    const bound = [1, ...averaged.signs].map((sign, index) => [index, sign * threshold.value]);
    show(bopPlot, 0, averaged, ...bopPlot.curve(bound, threshold.value, "middle"));
    latentShown.show(summary(latent));
    bopShown.show(summary(averaged));
  }

  /** What is remembered, with a ring in each step in which the weight flips. */
  function show(plot, before, { remembered, signs }, ...more) {
    const line = [before, ...remembered];
    const rings = flipsOf({ signs }).map((step) => plot.dot(step, line[step], "flip", 5));
    plot.show(...more, ...plot.curve(line.map((value, index) => [index, value]), 9), ...rings);
  }

  draw();
  const half = (title, controls, plot, shown, name) =>
    element("div", { class: `figure ${name}`, role: "group", "aria-label": title }, element("p", { class: "title" }, title), element("div", { class: "row" }, ...controls), plot.node, shown.node);
  const labelled = (text, node) => element("label", { class: "check" }, text, node);
  parentElement.append(
    element(
      "div",
      { class: "root panel flips" },
      element("div", { class: "row" }, labelled("Gradients", stream), labelled("Their size", size)),
      says,
      gradientPlot.node,
      element(
        "div",
        { class: "plots" },
        half("A latent weight", [labelled("Optimizer", optimizer), start.node, rate.node], latentPlot, latentShown, "latent"),
        half("Bop: no latent weight", [gamma.node, threshold.node], bopPlot, bopShown, "bop"),
      ),
      element(
        "p",
        { class: "muted small" },
        "Above: the gradients, all of them the same for both. Left: the latent weight; the binary weight is its sign. Right: Bop's average. The thin " +
          "line is what it must pass to flip the weight. Rings mark the steps in which the binary weight flips. It is +1 at first.",
      ),
    ),
  );
}

function bar(plot, step, gradient) {
  return svg("line", { x1: plot.x(step), x2: plot.x(step), y1: plot.y(0), y2: plot.y(gradient), class: "gradient" });
}

function summary(flipping) {
  const steps = flipsOf(flipping);
  const named = steps.slice(0, NAMED_FLIPS).join(", ");
  return [String(steps.length), steps.length > NAMED_FLIPS ? `${named}, …` : named || "none", flipping.signs.at(-1) < 0 ? "−1" : "+1"];
}
