import { element, setText } from "./dom.js";
import { bitOf, compareAndCount, multiplyAndAdd, numberText, popcount, signText, xnor } from "./signs.js";

// A table of pairs of signs in both forms: each pair a column; numbers above, bits below.

/** `cells`: what stands in the rows of inputs and weights, such as buttons; null: their signs as text. */
export class Pairs {
  constructor(count, cells = null) {
    const row = (name, className, makeCell, total) =>
      element("tr", { class: className }, element("th", { scope: "row" }, name), ...Array.from({ length: count }, (_, index) => makeCell(index)), total);
    const empty = () => element("td", {});
    this.rows = { inputs: [], weights: [], products: [], inputBits: [], weightBits: [], equal: [] };
    const filled = (name) => (index) => (this.rows[name][index] = empty());
    const given = (name) => (index) => {
      if (!cells) return filled(name)(index);
      return element("td", {}, cells[name][index]);
    };
    this.sum = element("td", { class: "total" });
    this.count = element("td", { class: "total" });
    this.numbers = element("p", { class: "result" });
    this.bits = element("p", { class: "result" });
    const head = (text) => element("tr", {}, element("th", { scope: "colgroup", colspan: count + 2, class: "half" }, text));
    this.node = element(
      "div",
      { class: "wide", tabindex: "0", role: "group", "aria-label": "Pairs, in numbers and in bits" },
      element(
        "table",
        { class: "pairs" },
        element(
          "tbody",
          {},
          head("Multiply and add"),
          row("Input", "", given("inputs"), empty()),
          row("Weight", "", given("weights"), empty()),
          row("Product", "made", filled("products"), this.sum),
        ),
        element(
          "tbody",
          {},
          head("XNOR and popcount"),
          row("Input bit", "", filled("inputBits"), empty()),
          row("Weight bit", "", filled("weightBits"), empty()),
          row("XNOR", "made", filled("equal"), this.count),
        ),
      ),
      element("div", { class: "results", "aria-live": "polite" }, this.numbers, this.bits),
    );
  }

  show(inputs, weights) {
    inputs.forEach((input, index) => {
      const weight = weights[index];
      const { rows } = this;
      if (rows.inputs.length) {
        setText(rows.inputs[index], signText(input));
        setText(rows.weights[index], signText(weight));
      }
      setText(rows.products[index], signText(input * weight));
      setText(rows.inputBits[index], String(bitOf(input)));
      setText(rows.weightBits[index], String(bitOf(weight)));
      setText(rows.equal[index], String(xnor(input, weight)));
      rows.products[index].className = rows.equal[index].className = xnor(input, weight) ? "same" : "";
    });
    const count = popcount(inputs, weights);
    const sum = multiplyAndAdd(inputs, weights);
    setText(this.sum, `sum ${numberText(sum)}`);
    setText(this.count, `popcount ${count}`);
    setText(this.numbers, `Numbers: the products add up to ${numberText(sum)}.`);
    setText(this.bits, `Bits: 2 × ${count} − ${inputs.length} = ${numberText(compareAndCount(inputs, weights))}.`);
  }
}
