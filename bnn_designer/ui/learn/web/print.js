import { element } from "./dom.js";

// A button that prints the page.

export default function print({ data, parentElement }) {
  if (parentElement.querySelector(".root")) return;
  parentElement.append(element("div", { class: "root" }, element("button", { type: "button", class: "plain", click: () => window.print() }, data.text)));
}
