import { element } from "./dom.js";

// What the runs of a result came to; or that there are none yet, and the command that trains them.

export default function verdict({ data, parentElement }) {
  if (parentElement.querySelector(".root")) return;
  const row = (one) => element("tr", {}, element("th", { scope: "row" }, one.title), ...one.cells.map((text) => element("td", {}, text)));
  const head = (text) => element("th", { scope: "col" }, text);
  const table = () =>
    element(
      "div",
      { class: "wide", tabindex: "0", role: "group", "aria-label": data.title },
      element("table", { class: "values" }, element("thead", {}, element("tr", {}, ...["Network", "Best accuracy", "Spread", "Runs", "Against the first"].map(head))), element("tbody", {}, ...data.rows.map(row))),
    );
  parentElement.append(
    element("div", { class: "root panel verdict" }, element("p", { class: "title" }, data.title), data.rows.length > 0 && table(), element("p", { class: "muted small" }, data.says)),
  );
}
