import { arrowKeys } from "./buttons.js";
import { element, setText } from "./dom.js";
import { Pairs } from "./pairs.js";
import { signText } from "./signs.js";

// Eight inputs and eight weights whose signs can be turned over, and their sum in both forms.

export default function layer({ data, parentElement }) {
  if (parentElement.querySelector(".root")) return;
  const signs = { inputs: [...data.inputs], weights: [...data.weights] };
  const buttons = { inputs: signs.inputs.map(makeButton("inputs")), weights: signs.weights.map(makeButton("weights")) };
  const pairs = new Pairs(signs.inputs.length, buttons);

  function makeButton(name) {
    return (_, index) =>
      element("button", {
        type: "button",
        class: "sign",
        click: () => {
          signs[name][index] *= -1;
          draw();
        },
      });
  }

  function draw() {
    for (const name of ["inputs", "weights"]) {
      buttons[name].forEach((button, index) => {
        const sign = signs[name][index];
        setText(button, signText(sign));
        button.classList.toggle("minus", sign < 0);
        button.setAttribute("aria-label", `${name === "inputs" ? "Input" : "Weight"} ${index + 1}: ${signText(sign)}`);
      });
    }
    pairs.show(signs.inputs, signs.weights);
  }

  function reset() {
    signs.inputs = [...data.inputs];
    signs.weights = [...data.weights];
    draw();
  }

  arrowKeys([buttons.inputs, buttons.weights]);
  draw();
  const again = element("button", { type: "button", class: "plain", click: reset }, "Start again");
  parentElement.append(element("div", { class: "root panel layer" }, pairs.node, again));
}
