import { percentText } from "./accuracies.js";
import { figures } from "./controls.js";
import { element, setText } from "./dom.js";
import { guess } from "./guess.js";
import { Plot, key } from "./plot.js";
import { EPOCHS, train } from "./staging.js";

// A tiny network trained in one stage and in two, in as many steps: the curves of a seed, and what all seeds come to. Nothing is trained before the guess.

export default function twostages({ data, parentElement }) {
  if (parentElement.querySelector(".root")) return;
  const plot = new Plot({
    width: 880,
    height: 300,
    x: { from: 0, to: EPOCHS, ticks: [0, 6, 12, 18, 24], title: "epoch" },
    y: { from: 40, to: 100, ticks: [40, 50, 60, 70, 80, 90, 100] },
    title: "Validation accuracy in percent after each epoch, in one stage and in two",
  });
  const select = (options, value) => {
    const node = element("select", { change: draw }, ...options.map(([name, text]) => element("option", { value: name }, text)));
    node.value = String(value);
    return node;
  };
  const seed = select(data.seeds.map((one) => [one, String(one)]), data.seeds[0]);
  const first = select(data.first_stages.map((one) => [one, `${one} of ${EPOCHS} epochs`]), data.first);
  const shown = figures(["This seed, in one stage", "This seed, in two stages", `${data.seeds.length} seeds, in one stage`, `${data.seeds.length} seeds, in two stages`]);
  const says = element("p", { class: "says", "aria-live": "polite" });
  const trained = new Map();
  const curveOf = (one, stage) => {
    const name = `${one} ${stage}`;
    if (!trained.has(name)) trained.set(name, train(one, stage));
    return trained.get(name);
  };

  function draw() {
    const stage = Number(first.value);
    const [one, two] = [0, stage].map((length) => curveOf(Number(seed.value), length));
    const line = (curve, from, to, name) => plot.curve(curve.slice(from, to).map((share, at) => [from + at + 1, 100 * share]), 200, name);
    plot.show(plot.upright(stage, "middle"), ...line(one, 0, EPOCHS, "one"), ...line(two, 0, stage, "three"), ...line(two, stage, EPOCHS, "two"), plot.dot(EPOCHS, 100 * one.at(-1), "dot", 5), plot.dot(EPOCHS, 100 * two.at(-1), "dot", 5));
    const [ones, twos] = [0, stage].map((length) => data.seeds.map((each) => curveOf(each, length).at(-1)));
    const meanOf = (shares) => shares.reduce((sum, share) => sum + share, 0) / shares.length;
    const rangeOf = (shares) => `${percentText(meanOf(shares))}, from ${percentText(Math.min(...shares))} to ${percentText(Math.max(...shares))}`;
    shown.show([percentText(one.at(-1)), percentText(two.at(-1)), rangeOf(ones), rangeOf(twos)]);
    const ahead = data.seeds.filter((_, index) => twos[index] > ones[index]).length;
    const alike = data.seeds.filter((_, index) => twos[index] === ones[index]).length;
    setText(says, `With the same seed, two stages end ahead in ${ahead} of ${data.seeds.length} cases${alike ? `, and even in ${alike}` : ""}.`);
  }

  const { node, veiled } = guess(
    data.question,
    data.choices,
    draw,
    element("div", { class: "row" }, element("label", { class: "check" }, "Seed", seed), element("label", { class: "check" }, "The first stage", first)),
    plot.node,
    element("p", { class: "muted small" }, key("one"), " one stage  ", key("three"), " first of two stages: float kernels  ", key("two"), " second of two stages"),
    shown.node,
    says,
  );
  parentElement.append(element("div", { class: "root panel twostages" }, node, veiled));
}
