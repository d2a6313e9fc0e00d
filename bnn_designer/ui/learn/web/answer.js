import { element } from "./dom.js";

// The answer to a lesson's question, on paper only. It hides itself: while a page loads, a style of the page's own may come later than what it is to hide.

export default function answer({ data, parentElement }) {
  if (parentElement.querySelector(".root")) return;
  const said = element("p", {}, element("strong", {}, data.right), ` ${data.why}`);
  parentElement.append(element("section", { class: "root printed" }, element("h4", {}, "The answer, and why"), said));
}
