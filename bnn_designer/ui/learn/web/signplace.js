import { checkBox, figures } from "./controls.js";
import { element, setText } from "./dom.js";
import { decimals } from "./plot.js";

// Where the sign stands between two binary layers: eight values on their way from one to the other, and what the second one costs.

const PLACES = ["layer", "batch_norm", "shortcut"];

export default function signplace({ data, parentElement }) {
  if (parentElement.querySelector(".root")) return;
  let place = "layer";
  const norm = checkBox("Batch norm behind layer A", true, draw);
  const shortcut = checkBox("Shortcut around it", false, draw);
  const rows = {};
  const slots = {};
  for (const one of PLACES) {
    slots[one] = element("button", { type: "button", class: "plain slot", click: () => ((place = one), draw()) });
    rows[`sign_${one}`] = new Row(slots[one], data.count, "sign-row");
  }
  rows.layer = new Row("Layer A: its sums", data.count);
  rows.batch_norm = new Row("Batch norm", data.count);
  rows.carried = new Row("The shortcut carries", data.count);
  rows.shortcut = new Row("Their sum", data.count);
  rows.carried.show(data.carried, "floats");
  const end = new Row("Layer B reads", data.count, "end");
  const result = element("p", { class: "result", "aria-live": "polite" });
  const shown = figures(["Layer B multiplies", "Its MACs", "Its weights in the file", "What it reads", "Bits are made by"]);

  function draw() {
    const there = { layer: true, batch_norm: norm.box.checked, shortcut: shortcut.box.checked };
    if (!there[place]) place = "layer";
    const found = data.arrangements.find((one) => one.place === place && one.batch_norm === there.batch_norm && one.shortcut === there.shortcut);
    const steps = [...found.steps];
    for (const one of PLACES) {
      const [row, sign] = [rows[one], rows[`sign_${one}`]];
      row.node.hidden = sign.node.hidden = !there[one];
      if (one === "shortcut") rows.carried.node.hidden = !there[one];
      if (!there[one]) continue;
      const step = steps.shift();
      row.show(step.values, step.kind);
      const here = place === one;
      slots[one].setAttribute("aria-pressed", String(here));
      setText(slots[one], here ? "Sign" : "Put the sign here");
      const signed = here ? steps.shift() : null;
      sign.show(signed ? signed.values : [], signed ? signed.kind : "");
    }
    const last = found.steps.at(-1);
    end.show(last.values, last.kind);
    end.node.classList.toggle("binary", found.binary);
    setText(result, found.says);
    shown.show(found.texts);
  }

  draw();
  parentElement.append(
    element(
      "div",
      { class: "root panel signplace" },
      element("div", { class: "row" }, norm.node, shortcut.node),
      element(
        "div",
        { class: "wide", tabindex: "0", role: "group", "aria-label": "Values between the layers" },
        element(
          "table",
          { class: "steps" },
          element("tbody", {}, ...PLACES.flatMap((one) => [...(one === "shortcut" ? [rows.carried.node] : []), rows[one].node, rows[`sign_${one}`].node]), end.node),
        ),
      ),
      result,
      shown.node,
    ),
  );
}

/** A step: what it is, its values, and what kind of numbers they are. */
class Row {
  constructor(title, count, name = "") {
    this.cells = Array.from({ length: count }, () => element("td", {}));
    this.kind = element("td", { class: "kind" });
    this.node = element("tr", { class: name }, element("th", { scope: "row" }, title), ...this.cells, this.kind);
  }

  show(values, kind) {
    this.cells.forEach((cell, index) => setText(cell, index < values.length ? numberText(values[index]) : ""));
    setText(this.kind, kind);
  }
}

function numberText(value) {
  return Number.isInteger(value) ? decimals(value, 0) : decimals(value, 2);
}
