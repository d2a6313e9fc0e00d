import { after, bestUntil, percentText } from "./accuracies.js";
import { element, setText } from "./dom.js";
import { Plot, key, svg } from "./plot.js";

// Accuracy over the epochs with the first and the last layer in three precisions: as published, as kept with the program, and of the student or the class.

const LOOKS = ["one", "two", "three"];
const Y = { from: 0, to: 90, ticks: [0, 20, 40, 60, 80] };
const EPOCHS = 100;
const START = 10;

export default function ends({ data, parentElement }) {
  if (parentElement.querySelector(".root")) return;
  const kept = Math.max(0, ...data.precisions.map(({ here }) => here.length));
  const longest = Math.max(1, kept, ...data.precisions.map(({ own }) => own?.curve.length ?? 0));
  const left = new Plot({ width: 430, height: 280, x: { from: 0, to: EPOCHS, ticks: [0, 20, 40, 60, 80, 100], title: "epoch" }, y: Y, title: "Published accuracy in percent, after each epoch" });
  const right = new Plot({ width: 430, height: 280, x: { from: 0, to: longest, ticks: ticksTo(longest), title: "epoch" }, y: Y, title: `Accuracy of the runs of this program in percent, after each epoch, and with squares: ${data.owners.toLowerCase()}` });
  const number = element("output", {});
  const input = element("input", { type: "range", min: 1, max: EPOCHS, step: 1, value: START, input: draw });
  const cells = data.precisions.map(() => Array.from({ length: 4 }, () => element("td", {})));
  const own = data.precisions.map((one, index) => ({ ...one, index, cells: [element("td", {}), element("td", {})] })).filter((one) => one.own);
  const said = element("p", { class: "said", "aria-live": "polite" });

  const curveOf = (plot, accuracies, index) => plot.curve(accuracies.map((share, at) => [at + 1, 100 * share]), 200, LOOKS[index]);
  const squaresOf = ({ own: { curve }, index }) => [...curveOf(right, curve, index), ...curve.map((share, at) => right.square(at + 1, 100 * share, "own"))];

  function draw() {
    const epoch = input.valueAsNumber;
    setText(number, String(epoch));
    input.setAttribute("aria-valuetext", `epoch ${epoch}`);
    const drawn = (plot, which, end, ...more) =>
      plot.show(
        ...(epoch <= end ? [plot.upright(epoch, "here")] : []),
        ...data.precisions.flatMap((one, index) => curveOf(plot, one[which], index)),
        ...more,
        ...(epoch <= end ? data.precisions.filter((one) => epoch <= one[which].length).map((one) => plot.dot(epoch, 100 * one[which][epoch - 1], "dot", 5)) : []),
      );
    drawn(left, "published", EPOCHS);
    drawn(right, "here", longest, ...own.flatMap(squaresOf));
    data.precisions.forEach((one, index) => {
      const texts = ["published", "here"].flatMap((which) => {
        const found = after(one[which], epoch);
        return found ? [found.at, found.best] : ["–", "–"];
      });
      texts.forEach((text, column) => setText(cells[index][column], text));
    });
    own.forEach(({ own: { curve }, cells: [at, best] }) => {
      setText(at, after(curve, epoch)?.at ?? "–");
      setText(best, percentText(bestUntil(curve, epoch))); // of a short run, the best of all its epochs
    });
    setText(said, kept === 0 ? data.missing : epoch > kept ? `The runs that come with the program are ${kept} epochs long.` : "");
  }

  draw();
  const head = (text) => element("th", { scope: "col" }, text);
  const square = () => svg("rect", { x: 15.5, y: 2.5, width: 7, height: 7, class: "own" });
  const runs = ({ runs: count }) => (count === 1 ? "1 run" : `${count} runs`);
  const titled = (title, plot) => element("div", { class: "figure" }, element("p", { class: "title" }, title), plot.node);
  const table = (label, heads, rows) =>
    element(
      "div",
      { class: "wide", tabindex: "0", role: "group", "aria-label": label },
      element("table", { class: "values" }, element("thead", {}, element("tr", {}, ...heads.map(head))), element("tbody", {}, ...rows)),
    );
  const row = (look, title, isOwn, ...rest) => element("tr", {}, element("th", { scope: "row" }, key(look, ...(isOwn ? [square()] : [])), ` ${title}`), ...rest.map((one) => (typeof one === "string" ? element("td", {}, one) : one)));
  parentElement.append(
    element(
      "div",
      { class: "root panel ends" },
      element("div", { class: "plots" }, titled("Published: the guide's network", left), titled("Trained here: BinaryNet, a quarter of its filters", right)),
      element("div", { class: "row" }, element("label", { class: "check slider" }, "Epoch", input, number), said),
      table(
        "Accuracies",
        ["First and last layer", "Published, after this epoch", "Published, best so far", "Here, after this epoch", "Here, best so far", "Here, mean of"],
        data.precisions.map((one, index) => row(LOOKS[index], one.title, false, ...cells[index], runs(one))),
      ),
      element("p", { class: "title owners" }, `${data.owners}${own.length ? ", with squares" : ""}`),
      own.length > 0
        ? table(
            data.owners,
            ["First and last layer", "Whose", "Trained", "After this epoch", "Best so far"],
            own.map((one) => row(LOOKS[one.index], one.title, true, one.own.whose, one.own.trained, ...one.cells)),
          )
        : element("p", { class: "muted" }, "None is of one of these three networks yet. Train one: when its first epoch has ended, its curve is here."),
    ),
  );
}

/** Every second epoch, or every tenth of long runs. */
function ticksTo(longest) {
  const step = longest > 20 ? 10 : 2;
  return Array.from({ length: Math.floor(longest / step) + 1 }, (_, index) => index * step);
}
