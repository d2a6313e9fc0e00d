import { figures } from "./controls.js";
import { element, setAttribute, setText } from "./dom.js";
import { Plot, svg } from "./plot.js";

// A network operator by operator: what is in memory while each one runs, as bars, and what that one costs.

const KIB = 1024;
const ROLES = ["image", "float", "binary", "working memory"];
const GAP = 0.15;

export default function device({ data, parentElement }) {
  if (parentElement.querySelector(".root")) return;
  let chosen = 0;
  const plots = data.stages.map(plotOf);
  const place = element("div", {}, plots[0].node);
  const number = element("output", {});
  const input = element("input", { type: "range", min: 1, step: 1, value: 1, input: draw });
  const totals = figures(["File, for the flash", "Memory, at most", "Latency, Pixel 1", "Operators", ...(data.more ?? [])]);
  const now = figures(["In memory now", "Of it", "Its numbers in the file", "Its time"]);

  function choose(index) {
    chosen = index;
    input.max = data.stages[index].moments.length;
    place.replaceChildren(plots[index].node);
    draw();
  }

  function draw() {
    const { moments, texts } = data.stages[chosen];
    const at = input.valueAsNumber - 1;
    setText(number, `${at + 1} of ${moments.length}: ${moments[at].name}`);
    setAttribute(input, "aria-valuetext", number.textContent);
    totals.show(texts);
    now.show(moments[at].texts);
    plots[chosen].show(...barsOf(plots[chosen], moments, at));
  }

  const radios = data.stages.map(({ title }, index) => {
    const radio = element("input", { type: "radio", name: "device-stage", change: () => choose(index) });
    radio.checked = index === chosen;
    return element("label", { class: "check" }, radio, title);
  });
  choose(0);
  parentElement.append(
    element(
      "div",
      { class: "root panel device" },
      element("fieldset", { class: "choice-of" }, element("legend", {}, data.legend), ...radios),
      totals.node,
      element("div", { class: "row" }, element("label", { class: "check slider" }, "Operator", input, number)),
      place,
      element(
        "p",
        { class: "muted small" },
        "KiB in memory while each operator runs. ",
        ...ROLES.flatMap((role) => [element("span", { class: `patch ${classOf(role)}` }), ` ${role}  `]),
      ),
      now.node,
    ),
  );
}

/** A plot of its own for each network, as the one in full precision takes several times the memory of the others. */
function plotOf({ title, moments }) {
  const most = Math.max(...moments.map(total)) / KIB;
  const step = most > 200 ? 100 : 20;
  const to = step * Math.ceil(most / step);
  const range = (from, end, by) => Array.from({ length: Math.floor((end - from) / by) + 1 }, (_, index) => from + index * by);
  return new Plot({
    width: 880,
    height: 280,
    x: { from: 0.5, to: moments.length + 0.5, ticks: range(1, moments.length, Math.ceil(moments.length / 16)), title: "operator" },
    y: { from: 0, to, ticks: range(0, to, step) },
    title: `KiB in memory while each operator runs, ${title}`,
  });
}

function barsOf(plot, moments, at) {
  const marks = [];
  moments.forEach(({ live }, index) => {
    const x = plot.x(index + 0.5 + GAP);
    const width = plot.x(index + 1.5 - GAP) - x;
    let below = 0;
    for (const role of ROLES) {
      if (!live[role]) continue;
      const above = below + live[role] / KIB;
      marks.push(svg("rect", { x, width, y: plot.y(above), height: plot.y(below) - plot.y(above), class: classOf(role) }));
      below = above;
    }
    if (index === at) marks.push(svg("rect", { x: x - 3, width: width + 6, y: plot.y(below) - 3, height: plot.bottom - plot.y(below) + 3, class: "chosen" }));
  });
  return marks;
}

function total({ live }) {
  return Object.values(live).reduce((sum, size) => sum + size, 0);
}

function classOf(role) {
  return `is-${role.replace(" ", "-")}`;
}
