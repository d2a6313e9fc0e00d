import { percentText } from "./accuracies.js";
import { figures } from "./controls.js";
import { element, setText } from "./dom.js";
import { entropyBits, signOf } from "./information.js";
import { Plot, decimals, svg } from "./plot.js";

// The sums of a trained filter and a threshold that can be moved: how much of what is known of a sum its sign keeps.

const ENDS = 130;

export default function onesign({ data, parentElement }) {
  if (parentElement.querySelector(".root")) return;
  const top = 1000 * Math.ceil(Math.max(...data.filters.flatMap(({ counts }) => counts)) / 1000);
  const plot = new Plot({
    width: 880,
    height: 260,
    x: { from: -ENDS, to: ENDS, ticks: [-120, -80, -40, 0, 40, 80, 120], title: "sum of 288 products" },
    y: { from: 0, to: top, ticks: Array.from({ length: top / 1000 + 1 }, (_, index) => 1000 * index) },
    title: "How often each sum occurs; those that become +1 are filled",
  });
  const filter = element("select", { change: reset }, ...data.filters.map(({ number }, index) => element("option", { value: index }, `filter ${number}`)));
  const number = element("output", {});
  const input = element("input", { type: "range", min: -ENDS, max: ENDS, step: 2, input: draw });
  const again = element("button", { type: "button", class: "plain", click: reset }, "As trained");
  const shown = figures(["Information in a sum", "Its sign keeps", "Thrown away", "Become +1"]);
  const says = element("p", { class: "says", "aria-live": "polite" });

  function reset() {
    input.value = String(data.filters[Number(filter.value)].threshold);
    draw();
  }

  function draw() {
    const sums = data.filters[Number(filter.value)];
    const threshold = input.valueAsNumber;
    setText(number, decimals(threshold, 0));
    input.setAttribute("aria-valuetext", number.textContent);
    const width = plot.x(2) - plot.x(0) - 0.6;
    const bars = sums.counts.map((count, place) => {
      const sum = sums.lowest + 2 * place;
      const at = { x: plot.x(sum) - width / 2, y: plot.y(count), width, height: plot.bottom - plot.y(count) };
      return svg("rect", { ...at, class: sum >= threshold ? "plus" : "minus" });
    });
    plot.show(...bars, plot.upright(threshold - 1, "here"));
    const all = entropyBits(sums.counts);
    const sign = signOf(sums, threshold);
    shown.show([bitsText(all), bitsText(sign.bits), bitsText(all - sign.bits), percentText(sign.plus)]);
    setText(says, sentence(sign));
  }

  reset();
  parentElement.append(
    element(
      "div",
      { class: "root panel onesign" },
      element("div", { class: "row" }, element("label", { class: "check" }, "Sums of", filter), element("label", { class: "check slider" }, "Threshold", input, number), again),
      plot.node,
      element("p", { class: "muted small" }, "How often each sum occurs. Filled: it becomes +1. Outlined: it becomes −1."),
      shown.node,
      says,
    ),
  );
}

function bitsText(bits) {
  return `${decimals(bits, 2)} bits`;
}

function sentence({ bits, plus }) {
  if (bits === 0) return "Every sum becomes the same sign: nothing is kept.";
  if (bits > 0.995) return "Nearly half of the sums become +1: the sign keeps all that one bit can.";
  return plus > 0.5 ? "More become +1 than −1, so a +1 says little." : "More become −1 than +1, so a −1 says little.";
}
