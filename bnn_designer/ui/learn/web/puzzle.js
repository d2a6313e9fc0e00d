import { checkBox, figures, plainButton } from "./controls.js";
import { element, setChildren, setText } from "./dom.js";
import { keepChoices, keptChoices } from "./progress.js";

// The budget puzzle: three layers to be set, what the choice costs and keeps, and the board of what this browser has found.

const KEPT = ["MACs kept", "In full precision", "Shortcuts"];

export default function puzzle({ data, parentElement }) {
  if (parentElement.querySelector(".root")) return;
  const layers = data.sizes.map((size, index) => layerOf(size, index + 1, data.widths, draw));
  const flash = meter("Flash", data.limits[0]);
  const ram = meter("RAM", data.limits[1]);
  const kept = figures([...KEPT, "Latency, Pixel 1"]);
  const says = element("p", { class: "says", "aria-live": "polite" });
  const keep = plainButton("Keep this choice", keepIt);
  const clear = plainButton("Clear the board", () => (keepChoices([]), drawBoard()));
  const shown = checkBox("Show the whole front", false, drawBoard);
  const found = element("p", { class: "title", "aria-live": "polite" });
  const rows = element("tbody", {});
  const head = ["Layers 1, 2, 3 (+: with a shortcut)", ...KEPT, "File", "RAM", "Verdict"].map((text) => element("th", { scope: "col" }, text));
  const table = element("table", { class: "values" }, element("thead", {}, element("tr", {}, ...head)), rows);
  const listed = element("div", { class: "wide", tabindex: "0", role: "group", "aria-label": "The board" }, table);
  const known = new Map();
  const board = () => keptChoices().filter((code) => code in data.choices);
  const current = () => layers.map(({ code }) => code()).join(" ");

  function draw() {
    const one = data.choices[current()];
    flash.show(one.flash);
    ram.show(one.ram);
    kept.show([...one.kept, one.latency]);
    setText(says, sentence(one));
    keep.allow(one.fits && !board().includes(current()));
  }

  function keepIt() {
    keepChoices([...board(), current()]);
    drawBoard();
  }

  function drawBoard() {
    const mine = board();
    const hits = data.front.filter((code) => mine.includes(code));
    const others = shown.box.checked ? data.front.filter((code) => !mine.includes(code)) : [];
    setText(found, `You have found ${hits.length} of the ${data.front.length} choices on the front.`);
    setChildren(rows, [...hits, ...mine.filter((code) => !hits.includes(code)), ...others].map((code) => rowOf(code, !mine.includes(code))));
    listed.hidden = rows.childElementCount === 0;
    clear.allow(mine.length > 0);
    draw();
  }

  function rowOf(code, given) {
    const key = `${code} ${given}`;
    if (!known.has(key)) {
      const one = data.choices[code];
      const verdict = given ? "not found yet" : one.front ? "front" : "beaten";
      const texts = [...one.kept, one.flash.text, one.ram.text, verdict];
      known.set(key, element("tr", {}, element("th", { scope: "row" }, nameOf(code)), ...texts.map((text) => element("td", {}, text))));
    }
    return known.get(key);
  }

  drawBoard();
  parentElement.append(
    element(
      "div",
      { class: "root panel puzzle" },
      ...layers.map(({ node }) => node),
      flash.node,
      ram.node,
      kept.node,
      says,
      element("div", { class: "row" }, keep.node, clear.node, shown.node),
      found,
      listed,
    ),
  );
}

/** What sets one layer; every one begins as the widest in full precision, which does not fit. */
function layerOf(size, number, widths, changed) {
  const radio = (name, text, checked) => {
    const node = element("input", { type: "radio", name: `puzzle-${name}-${number}`, change: changed });
    node.checked = checked;
    return { node, label: element("label", { class: "check" }, node, text) };
  };
  const filters = widths.map((width) => ({ width, ...radio("width", `${width} filters`, width === Math.max(...widths)) }));
  const binary = radio("precision", "binary", false);
  const float = radio("precision", "full precision", true);
  const shortcut = checkBox("shortcut", true, changed);
  return {
    code: () => `${filters.find(({ node }) => node.checked).width}${float.node.checked ? "f" : "b"}${shortcut.box.checked ? "+" : "-"}`,
    node: element(
      "fieldset",
      { class: "choice-of" },
      element("legend", {}, `Layer ${number}, ${size}`),
      ...filters.map(({ label }) => label),
      element("span", { class: "apart" }),
      binary.label,
      float.label,
      element("span", { class: "apart" }),
      shortcut.node,
    ),
  };
}

/** What is used of a budget, as a bar that ends at twice the budget; the line in it is the budget. */
function meter(title, limit) {
  const text = element("span", { class: "use" });
  const says = element("span", { class: "muted" });
  const bar = element("span", { class: "meter" });
  return {
    node: element("p", { class: "budget" }, element("strong", {}, title), text, bar, says),
    show: (use) => {
      setText(text, `${use.text} of ${limit}`);
      setText(says, use.says);
      bar.style.setProperty("--share", `${Math.min(100, 50 * use.share)}%`);
      bar.classList.toggle("over", use.share > 1);
    },
  };
}

function nameOf(code) {
  return code
    .split(" ")
    .map((layer) => `${parseInt(layer, 10)} ${layer.includes("f") ? "float" : "binary"}${layer.endsWith("+") ? " +" : ""}`)
    .join(", ");
}

function sentence(one) {
  if (!one.fits) return "It does not fit.";
  if (one.front) return "It fits, and nothing that fits beats it: it is on the front.";
  const names = one.beaten.length > 1 ? `${one.beaten.slice(0, -1).join(", ")} and ${one.beaten.at(-1)}` : one.beaten[0];
  return `It fits. But another choice that fits keeps more ${names}, and no less of the rest.`;
}
