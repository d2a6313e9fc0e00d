import { element } from "./dom.js";
import { forgetAll, progressOf } from "./progress.js";

// The lessons, and what this browser remembers of each.

export default function course({ data, parentElement, setTriggerValue }) {
  let root = parentElement.querySelector(".root");
  if (!root) {
    root = element("div", { class: "root" });
    parentElement.append(root);
  }
  const draw = () => {
    const states = data.lessons.map((lesson) => progressOf(lesson.name));
    const done = states.filter((state) => state.done).length;
    root.replaceChildren(
      element("p", { class: "muted", "aria-live": "polite" }, `${done} of ${data.lessons.length} lessons done.`),
      element("ol", { class: "lessons" }, ...data.lessons.map((lesson, index) => card(lesson, states[index], setTriggerValue))),
      element(
        "p",
        { class: "muted small" },
        data.nickname
          ? `Your progress is kept in this browser, and your teacher sees it under the name ${data.nickname}.`
          : "Your progress is kept in this browser only, and nobody else sees it. ",
        !data.nickname &&
          states.some((state) => state.done || state.answer !== null) &&
          element("button", { type: "button", class: "plain", click: () => (forgetAll(), draw()) }, "Forget it"),
      ),
    );
  };
  draw();
}

function card(lesson, state, trigger) {
  const said = state.done ? "✓ Done" : state.answer !== null ? "Begun" : "New";
  return element(
    "li",
    {},
    element(
      "button",
      { type: "button", class: "lesson", click: () => trigger("opened", lesson.name) },
      element("span", { class: "title" }, `${lesson.number}. ${lesson.title}`),
      element("span", { class: "idea" }, lesson.idea),
      element("span", { class: "muted" }, `${said} · about ${lesson.minutes} minutes`),
    ),
  );
}
