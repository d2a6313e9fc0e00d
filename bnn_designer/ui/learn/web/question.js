import { element, setAttribute } from "./dom.js";
import { progressOf, remember } from "./progress.js";

// The question of a lesson. The reason is shown once an answer was chosen; another answer can be chosen after that.

export default function question({ data, parentElement }) {
  if (parentElement.querySelector(".root")) return;
  const reason = element("div", { class: "reason", "aria-live": "polite" });
  const buttons = data.choices.map((choice, index) =>
    element("button", { type: "button", class: "plain choice", "aria-pressed": "false", click: () => answer(index) }, choice),
  );
  const root = element(
    "section",
    { class: "root asked", "aria-label": "Guess first" },
    element("p", { class: "title" }, "Guess first"),
    element("p", {}, data.text),
    element("div", { class: "choices", role: "group", "aria-label": "Answers" }, ...buttons),
    reason,
  );

  function answer(chosen) {
    remember(data.lesson, { answer: chosen });
    show(chosen);
  }

  function show(chosen) {
    buttons.forEach((button, index) => {
      setAttribute(button, "aria-pressed", String(index === chosen));
      button.classList.toggle("right", index === data.right);
      const mark = index === data.right ? "✓ " : index === chosen ? "✗ " : "";
      button.replaceChildren(element("span", { class: "mark" }, mark), data.choices[index]);
    });
    const verdict = chosen === data.right ? "Yes." : `No. The answer is: ${data.choices[data.right].replace(/\.$/, "")}.`;
    reason.replaceChildren(element("p", {}, element("strong", {}, verdict), ` ${data.why}`));
  }

  const before = progressOf(data.lesson).answer;
  if (before !== null && before in data.choices) show(before);
  parentElement.append(root);
  // a lesson that follows another one begins at its top
  root.getRootNode().host?.closest("[data-testid=stMain]")?.scrollTo(0, 0);
}
