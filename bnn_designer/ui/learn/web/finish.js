import { element } from "./dom.js";
import { progressOf, remember } from "./progress.js";

// A box to tick at the end of a lesson.

export default function finish({ data, parentElement }) {
  if (parentElement.querySelector(".root")) return;
  const box = element("input", { type: "checkbox", change: () => remember(data.lesson, { done: box.checked }) });
  box.checked = progressOf(data.lesson).done;
  parentElement.append(element("div", { class: "root" }, element("label", { class: "check" }, box, "I have done this lesson"))  );
}
