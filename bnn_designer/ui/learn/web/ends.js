import { after } from "./accuracies.js";
import { element, setText } from "./dom.js";
import { Plot, svg } from "./plot.js";

// Accuracy over the epochs with the first and the last layer in three precisions: as published, and as trained here.

const LOOKS = ["one", "two", "three"];
const Y = { from: 0, to: 90, ticks: [0, 20, 40, 60, 80] };
const EPOCHS = 100;
const START = 10;

export default function ends({ data, parentElement }) {
  if (parentElement.querySelector(".root")) return;
  const longest = Math.max(1, ...data.precisions.map(({ here }) => here.length));
  const left = new Plot({ width: 430, height: 280, x: { from: 0, to: EPOCHS, ticks: [0, 20, 40, 60, 80, 100], title: "epoch" }, y: Y, title: "Published accuracy in percent, after each epoch" });
  const right = new Plot({ width: 430, height: 280, x: { from: 0, to: longest, ticks: ticksTo(longest), title: "epoch" }, y: Y, title: "Accuracy of the runs of this program in percent, after each epoch" });
  const number = element("output", {});
  const input = element("input", { type: "range", min: 1, max: EPOCHS, step: 1, value: START, input: draw });
  const cells = data.precisions.map(() => Array.from({ length: 4 }, () => element("td", {})));
  const said = element("p", { class: "said", "aria-live": "polite" });

  function draw() {
    const epoch = input.valueAsNumber;
    setText(number, String(epoch));
    input.setAttribute("aria-valuetext", `epoch ${epoch}`);
    const drawn = (plot, which, end) =>
      plot.show(
        ...(epoch <= end ? [plot.upright(epoch, "here")] : []),
        ...data.precisions.flatMap((one, index) => plot.curve(one[which].map((share, at) => [at + 1, 100 * share]), 200, LOOKS[index])),
        ...(epoch <= end ? data.precisions.filter((one) => epoch <= one[which].length).map((one) => plot.dot(epoch, 100 * one[which][epoch - 1], "dot", 5)) : []),
      );
    drawn(left, "published", EPOCHS);
    drawn(right, "here", longest);
    data.precisions.forEach((one, index) => {
      const texts = ["published", "here"].flatMap((which) => {
        const found = after(one[which], epoch);
        return found ? [found.at, found.best] : ["–", "–"];
      });
      texts.forEach((text, column) => setText(cells[index][column], text));
    });
    const untrained = data.precisions.every(({ here }) => here.length === 0);
    setText(said, untrained ? data.missing : epoch > longest ? `The runs here are ${longest} epochs long.` : "");
  }

  draw();
  const head = (text) => element("th", { scope: "col" }, text);
  const key = (look) => {
    const drawing = svg("svg", { class: "key", viewBox: "0 0 38 12", "aria-hidden": "true" });
    drawing.append(svg("polyline", { points: "1,6 37,6", class: look }));
    return drawing;
  };
  const runs = ({ runs: count }) => (count === 1 ? "1 run" : `${count} runs`);
  const titled = (title, plot) => element("div", { class: "figure" }, element("p", { class: "title" }, title), plot.node);
  parentElement.append(
    element(
      "div",
      { class: "root panel ends" },
      element("div", { class: "plots" }, titled("Published: the guide's network", left), titled("Trained here: BinaryNet, a quarter of its filters", right)),
      element("div", { class: "row" }, element("label", { class: "check slider" }, "Epoch", input, number), said),
      element(
        "div",
        { class: "wide", tabindex: "0", role: "group", "aria-label": "Accuracies" },
        element(
          "table",
          { class: "values" },
          element("thead", {}, element("tr", {}, head("First and last layer"), head("Published, after this epoch"), head("Published, best so far"), head("Here, after this epoch"), head("Here, best so far"), head("Here, mean of"))),
          element("tbody", {}, ...data.precisions.map((one, index) => element("tr", {}, element("th", { scope: "row" }, key(LOOKS[index]), ` ${one.title}`), ...cells[index], element("td", {}, runs(one))))),
        ),
      ),
    ),
  );
}

/** Every second epoch, or every tenth of long runs. */
function ticksTo(longest) {
  const step = longest > 20 ? 10 : 2;
  return Array.from({ length: Math.floor(longest / step) + 1 }, (_, index) => index * step);
}
