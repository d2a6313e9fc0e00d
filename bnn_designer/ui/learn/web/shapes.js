import { element, setText } from "./dom.js";

// What a change of shape costs in each of five ways, side by side with bars; and the operators of the way chosen.

export default function shapes({ data, parentElement }) {
  if (parentElement.querySelector(".root")) return;
  let chosen = 0;
  const number = element("output", {});
  const input = element("input", { type: "range", min: 0, max: data.sizes.length - 1, step: 1, value: 1, input: draw });
  const rows = data.ways.map((way, index) => {
    const radio = element("input", { type: "radio", name: "shapes-way", change: () => ((chosen = index), draw()) });
    radio.checked = index === chosen;
    const cells = data.columns.map(() => ({ text: element("span", {}), bar: element("span", { class: "bar" }) }));
    const node = element(
      "tr",
      {},
      element("th", { scope: "row" }, element("label", { class: "check" }, radio, way.title)),
      ...cells.map(({ text, bar }) => element("td", {}, text, bar)),
    );
    return { node, cells };
  });
  const says = element("p", { class: "says", "aria-live": "polite" });
  const parts = element("tbody", {});

  function draw() {
    const size = data.sizes[input.valueAsNumber];
    setText(number, size.text);
    input.setAttribute("aria-valuetext", size.text);
    data.columns.forEach((_, column) => {
      const most = Math.max(...size.ways.map(({ values }) => values[column]));
      size.ways.forEach(({ values, texts }, index) => {
        const { text, bar } = rows[index].cells[column];
        setText(text, texts[column]);
        bar.style.setProperty("--share", `${most ? (100 * values[column]) / most : 0}%`);
      });
    });
    rows.forEach(({ node }, index) => node.classList.toggle("chosen", index === chosen));
    setText(says, data.ways[chosen].says);
    parts.replaceChildren(...size.ways[chosen].parts.map((texts) => element("tr", {}, element("th", { scope: "row" }, texts[0]), ...texts.slice(1).map((text) => element("td", {}, text)))));
  }

  draw();
  const head = (texts) => element("thead", {}, element("tr", {}, ...texts.map((text) => element("th", { scope: "col" }, text))));
  const wide = (label, table) => element("div", { class: "wide", tabindex: "0", role: "group", "aria-label": label }, table);
  parentElement.append(
    element(
      "div",
      { class: "root panel shapes" },
      element("div", { class: "row" }, element("label", { class: "check slider" }, "Height × width × channels", input, number)),
      wide("What each way costs", element("table", { class: "values bars" }, head(["Way past the layer", ...data.columns]), element("tbody", {}, ...rows.map(({ node }) => node)))),
      says,
      element("p", { class: "title" }, "What runs, in this order"),
      wide("The operators of the way chosen", element("table", { class: "values" }, head(["Operator", "Its output", "An element", "Weights", "MACs"]), parts)),
    ),
  );
}
