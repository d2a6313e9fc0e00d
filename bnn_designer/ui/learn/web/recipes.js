import { element } from "./dom.js";

// A recipe by its name: where it differs from the default, what one will see and why, what was measured.

export default function recipes({ data, parentElement }) {
  if (parentElement.querySelector(".root")) return;
  const told = element("dl", { class: "told", "aria-live": "polite" });
  const option = ({ name, title }) => element("option", { value: name }, title);
  const choice = element("select", { change: draw }, ...data.groups.map((group) => element("optgroup", { label: group.title }, ...group.recipes.map(option))));
  choice.value = data.first;

  function draw() {
    const recipe = data.groups.flatMap((group) => group.recipes).find(({ name }) => name === choice.value);
    told.replaceChildren(...recipe.rows.flatMap(([term, text]) => [element("dt", {}, term), element("dd", {}, text)]));
  }

  draw();
  parentElement.append(element("div", { class: "root panel recipes" }, element("div", { class: "row" }, element("label", { class: "check" }, "Recipe", choice)), told));
}
