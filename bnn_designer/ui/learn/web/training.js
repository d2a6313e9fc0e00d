import { checkBox, estimatorChoice, figures, plainButton, weightSlider } from "./controls.js";
import { element, setText } from "./dom.js";
import { STEPS, signOf, train } from "./estimators.js";
import { Plot, decimals } from "./plot.js";

// One latent weight that is trained, a step at a time or all by itself.

const STEP_MS = 200;
const START = 0.75;

export default function training({ data, parentElement }) {
  if (parentElement.querySelector(".root")) return undefined;
  const plot = new Plot({
    width: 880,
    height: 300,
    x: { from: 0, to: STEPS, ticks: [0, 10, 20, 30, 40], title: "step" },
    y: { from: -2, to: 2, ticks: [-2, -1, 0, 1, 2] },
    title: "The latent weight after each step",
  });
  const choice = estimatorChoice(data.estimators, restart);
  const start = weightSlider("It starts at", START, restart);
  const rate = element("select", { change: restart }, ...data.rates.map((one) => element("option", { value: one }, String(one))));
  rate.value = String(data.rates[1]);
  const clip = checkBox("Clip to [−1, 1] after each step", false, restart);
  const dissent = checkBox("Every fourth example wants the opposite", false, restart);
  const one = plainButton("Step", () => (stop(), step()));
  const play = element("button", { type: "button", class: "plain", click: () => (timer ? stop() : begin()) }, "Play");
  const again = element("button", { type: "button", class: "plain", click: restart }, "Start again");
  const shown = figures(["Step", "Wanted", "Error", "Pretended slope", "Latent weight", "Its sign", "Flips so far"]);
  const said = element("p", { class: "said", "aria-live": "polite" });
  let steps = [];
  let at = 0;
  let timer = 0;

  function restart() {
    stop();
    steps = train(choice.select.value, start.value, Number(rate.value), clip.box.checked, dissent.box.checked);
    at = 0;
    draw();
  }

  function step() {
    if (at < STEPS) at += 1;
    if (at === STEPS) stop();
    draw();
  }

  function begin() {
    if (at === STEPS) at = 0;
    timer = setInterval(step, STEP_MS);
    draw();
  }

  function stop() {
    clearInterval(timer);
    timer = 0;
    setText(play, "Play");
  }

  function draw() {
    const done = steps.slice(0, at);
    const weights = [start.value, ...done.map(({ weight }) => weight)];
    const flips = done.map(({ flipped }, index) => (flipped ? index + 1 : 0)).filter(Boolean);
    plot.show(
      ...plot.curve([[0, 0], [STEPS, 0]], 9, "middle"),
      ...plot.curve(weights.map((weight, index) => [index, weight]), 9),
      ...flips.map((number) => plot.dot(number, weights[number], "flip", 5)),
      plot.dot(at, weights[at], "dot"),
    );
    const last = done.at(-1);
    const signText = (sign) => (sign < 0 ? "−1" : "+1");
    shown.show([
      `${at} of ${STEPS}`,
      last ? signText(last.target) : "–",
      last ? decimals(last.error, 2) : "–",
      last ? decimals(last.slope, 3) : "–",
      decimals(weights[at], 3),
      signText(signOf(weights[at])),
      String(flips.length),
    ]);
    setText(play, timer ? "Pause" : "Play");
    one.allow(at < STEPS);
    setText(said, timer ? "" : sentence(last, flips));
  }

  /** What a pause, a single step or the end says. */
  function sentence(last, flips) {
    if (!last) return "Press Step or Play.";
    if (at < STEPS) {
      const moved = last.error === 0 ? "The output was right: nothing moves." : last.slope === 0 ? "The slope is 0: nothing moves." : "";
      return `${moved}${last.flipped ? " The sign flips." : ""}`.trim() || "The latent weight moves; the sign stays.";
    }
    if (!flips.length) return `After ${STEPS} steps the sign has never changed.`;
    return flips.length === 1 ? `The sign changed once, in step ${flips[0]}.` : `The sign changed ${flips.length} times, first in step ${flips[0]}.`;
  }

  restart();
  parentElement.append(
    element(
      "div",
      { class: "root panel" },
      element("div", { class: "row" }, choice.node, start.node, element("label", { class: "check" }, "Rate", rate)),
      element("div", { class: "row" }, clip.node, dissent.node),
      element("div", { class: "row" }, one.node, play, again, said),
      plot.node,
      element("p", { class: "muted small" }, "Rings mark the steps in which the sign changes."),
      shown.node,
    ),
  );
  return stop;
}
