import { element, setAttribute } from "./dom.js";

// A guess before a figure: what follows is shown once one was made.

/** `opened` is called before the first time that `nodes` are shown. Gives `node`, which asks, and `veiled`, which has the nodes. */
export function guess(text, choices, opened, ...nodes) {
  const veiled = element("div", { class: "veiled" }, ...nodes);
  const buttons = choices.map((choice, index) => element("button", { type: "button", class: "plain choice", "aria-pressed": "false", click: () => choose(index) }, choice));
  function choose(chosen) {
    buttons.forEach((button, index) => setAttribute(button, "aria-pressed", String(index === chosen)));
    if (!veiled.classList.contains("open")) opened();
    veiled.classList.add("open");
  }
  const node = element("div", { class: "guess" }, element("p", {}, element("strong", {}, "Guess first. "), text), element("div", { class: "choices", role: "group", "aria-label": "Guesses" }, ...buttons));
  return { node, veiled };
}
