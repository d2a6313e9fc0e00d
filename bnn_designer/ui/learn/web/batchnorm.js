import { percentText } from "./accuracies.js";
import { checkBox, figures } from "./controls.js";
import { element, setText } from "./dom.js";
import { normalized, rule, shareOfPlus, shareWithGradient } from "./norms.js";
import { Plot, decimals, svg } from "./plot.js";

// The histogram of a trained layer's sums, and the threshold that batch norm and sign come down to, moved by gamma and beta.

const ENDS = 130;

export default function batchnorm({ data, parentElement }) {
  if (parentElement.querySelector(".root")) return;
  const most = Math.max(...data.filters.flatMap(({ counts }) => counts));
  const top = 1000 * Math.ceil(most / 1000);
  const plot = new Plot({
    width: 880,
    height: 300,
    x: { from: -ENDS, to: ENDS, ticks: [-120, -80, -40, 0, 40, 80, 120], title: "sum of 288 products" },
    y: { from: 0, to: top, ticks: Array.from({ length: top / 1000 + 1 }, (_, index) => 1000 * index) },
    title: "How often each sum occurs; those that become +1 are filled",
  });
  const filter = element("select", { change: reset }, ...data.filters.map(({ number }, index) => element("option", { value: index }, `filter ${number}`)));
  const there = checkBox("Batch norm", true, draw);
  const gamma = slider("Gamma", 20, 10, 1);
  const beta = slider("Beta", 200, 100, 2);
  const again = element("button", { type: "button", class: "plain", click: reset }, "As trained");
  const shown = figures(["+1 where the sum is", "Of these sums become +1", "A gradient gets through for", "A sum of 20 becomes"]);
  const says = element("p", { class: "says", "aria-live": "polite" });

  function slider(label, end, scale, digits) {
    const number = element("output", {});
    const input = element("input", { type: "range", min: -end, max: end, step: 1, input: draw });
    const value = () => input.valueAsNumber / scale;
    return {
      node: element("label", { class: "check slider" }, label, input, number),
      input,
      value,
      set: (wanted) => (input.value = String(Math.round(wanted * scale))),
      show: (enabled) => {
        input.disabled = !enabled;
        setText(number, decimals(value(), digits));
        input.setAttribute("aria-valuetext", number.textContent);
      },
    };
  }

  function reset() {
    gamma.set(1);
    beta.set(data.filters[Number(filter.value)].beta);
    there.box.checked = true;
    draw();
  }

  function draw() {
    const sums = data.filters[Number(filter.value)];
    const norm = { gamma: gamma.value(), beta: beta.value(), there: there.box.checked };
    gamma.show(norm.there);
    beta.show(norm.there);
    const found = rule(sums, norm);
    const width = plot.x(2) - plot.x(0) - 0.6;
    const bars = sums.counts.map((count, place) => {
      const sum = sums.lowest + 2 * place;
      const at = { x: plot.x(sum) - width / 2, y: plot.y(count), width, height: plot.bottom - plot.y(count) };
      return svg("rect", { ...at, class: normalized(sums, norm, sum) >= 0 ? "plus" : "minus" });
    });
    const bounded = found.side === "at least" || found.side === "at most";
    const edge = found.bound + (found.side === "at least" ? -1 : 1);
    plot.show(...bars, ...(bounded && Math.abs(edge) <= ENDS ? [plot.upright(edge, "here")] : []));
    shown.show([
      bounded ? `${found.side} ${decimals(found.bound, 0)}` : found.side === "all" ? "anything" : "nothing",
      percentText(shareOfPlus(sums, norm)),
      percentText(shareWithGradient(sums, norm)),
      decimals(normalized(sums, norm, 20), 2),
    ]);
    setText(says, sentence(norm, found));
  }

  reset();
  parentElement.append(
    element(
      "div",
      { class: "root panel batchnorm" },
      element("div", { class: "row" }, element("label", { class: "check" }, "Sums of", filter), there.node, again),
      element("div", { class: "row" }, gamma.node, beta.node),
      plot.node,
      element("p", { class: "muted small" }, "How often each sum occurs. Filled: it becomes +1. Outlined: it becomes −1. The dashed line lies between the two."),
      shown.node,
      says,
    ),
  );
}

function sentence(norm, found) {
  if (!norm.there) return "Without batch norm, the sign reads the sums as they are, and 0 divides them.";
  if (norm.gamma === 0) return "Gamma is 0: the sum does not count any more, and beta alone decides. The filter is dead.";
  if (found.side === "all" || found.side === "none") return "The threshold lies beyond every sum that is possible: the filter always gives one sign.";
  return norm.gamma < 0 ? "Gamma is below 0: large sums become −1, and the comparison is the other way round." : "Large sums become +1.";
}
