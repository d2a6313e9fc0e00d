import { percentText } from "./accuracies.js";
import { figures, listSlider } from "./controls.js";
import { element, setText } from "./dom.js";
import { guess } from "./guess.js";
import { decimals } from "./plot.js";
import { softened, taught } from "./softening.js";

// A test image's scores by a teacher and its student, softened; and how label and teacher push the student's scores.

export default function distill({ data, parentElement }) {
  if (parentElement.querySelector(".root")) return;
  const image = element("select", { change: draw }, ...data.images.map(({ title }, index) => element("option", { value: index }, title)));
  image.value = String(data.first);
  const temperature = listSlider("Temperature", data.temperatures, 1, draw);
  const share = listSlider("The teacher's share", data.shares, 0.5, draw);
  const shown = figures(["Loss of the label", "Loss of the teacher", "Loss of both"]);
  const rows = data.classes.map((name) => {
    const cells = { teacher: bar(), student: bar(), label: bar(), soft: bar(), both: element("td", {}) };
    const head = element("th", { scope: "row" }, name);
    return { head, cells, node: element("tr", {}, head, cells.teacher.node, cells.student.node, cells.label.node, cells.soft.node, cells.both) };
  });

  function draw() {
    const { label, teacher, student } = data.images[Number(image.value)];
    const found = taught(teacher, student, label, temperature.value, share.value);
    const [ofTeacher, ofStudent] = [teacher, student].map((scores) => softened(scores, temperature.value));
    rows.forEach(({ head, cells }, index) => {
      head.classList.toggle("right", index === label);
      setText(head, `${data.classes[index]}${index === label ? " (the label)" : ""}`);
      cells.teacher.show(ofTeacher[index], percentText(ofTeacher[index]));
      cells.student.show(ofStudent[index], percentText(ofStudent[index]));
      cells.label.show(found.labelPush[index], pushText(found.labelPush[index]));
      cells.soft.show(found.teacherPush[index], pushText(found.teacherPush[index]));
      setText(cells.both, pushText(found.labelPush[index] + found.teacherPush[index]));
    });
    shown.show([found.ofLabel, found.ofTeacher, found.loss].map((loss) => decimals(loss, 3)));
  }

  const head = (text) => element("th", { scope: "col" }, text);
  const { node, veiled } = guess(
    data.question,
    data.choices,
    draw,
    element("p", {}, data.why),
    element("div", { class: "row" }, element("label", { class: "check" }, "Test image", image), temperature.node, share.node),
    element(
      "div",
      { class: "wide", tabindex: "0", role: "group", "aria-label": "Scores and pushes" },
      element(
        "table",
        { class: "values" },
        element("thead", {}, element("tr", {}, ...["Class", "The teacher gives", "The student gives", "The label pushes", "The teacher pushes", "Both push"].map(head))),
        element("tbody", {}, ...rows.map(({ node: row }) => row)),
      ),
    ),
    shown.node,
    element("p", { class: "muted small" }, data.says),
  );
  parentElement.append(element("div", { class: "root panel distill" }, node, veiled));
}

/** A cell with a bar behind its text: as long as a share of 1, hollow where it is negative. */
function bar() {
  const line = element("i", { "aria-hidden": "true" });
  const text = element("span", {});
  return {
    node: element("td", { class: "barred" }, line, text),
    show(value, said) {
      line.style.width = `${Math.min(100, 100 * Math.abs(value)).toFixed(1)}%`;
      line.className = value < 0 ? "down" : "up";
      setText(text, said);
    },
  };
}

function pushText(push) {
  const text = decimals(push, 2);
  return push > 0 && Number(push.toFixed(2)) !== 0 ? `+${text}` : text;
}
