import { element, setText } from "./dom.js";

// What stands around a binary layer and its batch norm, and what the deployed program makes of the two.

export default function fold({ data, parentElement }) {
  if (parentElement.querySelector(".root")) return;
  let chosen = 0;
  const verdict = element("p", { class: "title", "aria-live": "polite" });
  const says = element("p", { class: "says" });
  const rows = element("tbody", {});

  function draw() {
    const one = data.neighbours[chosen];
    setText(verdict, one.folded ? "One threshold a filter." : "No threshold: the batch norm multiplies and adds.");
    setText(says, one.says);
    rows.replaceChildren(...one.operators.map(([kind, ...texts]) => element("tr", {}, element("th", { scope: "row" }, kind), ...texts.map((text) => element("td", {}, text)))));
  }

  draw();
  const head = (text) => element("th", { scope: "col" }, text);
  parentElement.append(
    element(
      "div",
      { class: "root panel fold" },
      element(
        "fieldset",
        { class: "choice-of" },
        element("legend", {}, "Around it"),
        ...data.neighbours.map(({ title }, index) => {
          const radio = element("input", { type: "radio", name: "fold-neighbour", change: () => ((chosen = index), draw()) });
          radio.checked = index === chosen;
          return element("label", { class: "check" }, radio, title);
        }),
      ),
      verdict,
      says,
      element(
        "div",
        { class: "wide", tabindex: "0", role: "group", "aria-label": "What runs up to the next binary layer" },
        element("table", { class: "values" }, element("thead", {}, element("tr", {}, head("What runs"), head("Numbers a filter"), head("It writes"), head("An element"))), rows),
      ),
    ),
  );
}
