import { estimatorChoice, figures, weightSlider } from "./controls.js";
import { element, setText } from "./dom.js";
import { ESTIMATORS } from "./estimators.js";
import { Plot, decimals } from "./plot.js";

// What a quantizer gives for a latent weight, and the slope that the backward pass takes: both as curves, with the weight on them.

const GRID = Array.from({ length: 401 }, (_, index) => (index - 200) / 100);
const X = { from: -2, to: 2, ticks: [-2, -1, 0, 1, 2], title: "latent weight" };
// More than a curve rises from one hundredth to the next, less than any of them jumps.
const JUMP = 0.2;

export default function slope({ data, parentElement }) {
  if (parentElement.querySelector(".root")) return;
  const forward = new Plot({ width: 430, height: 260, x: X, y: { from: -1.5, to: 1.5, ticks: [-1, 0, 1] }, title: "What the layer multiplies with, for each latent weight" });
  const backward = new Plot({ width: 430, height: 260, x: X, y: { from: -1, to: 5.5, ticks: [-1, 0, 1, 2, 3, 4, 5] }, title: "The slope that is pretended, for each latent weight" });
  const choice = estimatorChoice(data.estimators, draw);
  const weight = weightSlider("Latent weight", 0.6, draw);
  const says = element("p", { class: "says" });
  const shown = figures(["Latent weight", "The layer multiplies with", "True slope", "Pretended slope", "Gradient that arrives"]);

  function draw() {
    const name = choice.select.value;
    const { value, slope: slopeOf } = ESTIMATORS[name];
    const at = weight.value;
    const marked = (plot, curve) =>
      plot.show(...plot.curve(GRID.map((one) => [one, curve(one)]), JUMP), plot.upright(at, "here"), plot.dot(at, curve(at), "dot"));
    marked(forward, value);
    marked(backward, slopeOf);
    const told = data.estimators.find((one) => one.name === name);
    setText(says, told.says);
    const slopeText = decimals(slopeOf(at), 3);
    const truth = at === 0 ? "none: it jumps" : decimals(told.true_slope, 3);
    shown.show([decimals(at, 2), decimals(value(at), 3), truth, slopeText, Number(slopeOf(at).toFixed(3)) === 0 ? "nothing" : `${slopeText} × that of the output`]);
  }

  draw();
  const titled = (title, plot) => element("div", { class: "figure" }, element("p", { class: "title" }, title), plot.node);
  parentElement.append(
    element(
      "div",
      { class: "root panel" },
      element("div", { class: "row" }, choice.node, weight.node),
      says,
      element("div", { class: "plots" }, titled("Forward: what the layer multiplies with", forward), titled("Backward: the slope that is pretended", backward)),
      shown.node,
    ),
  );
}
