import { element, setAttribute, setText } from "./dom.js";
import { decimals } from "./plot.js";

// What the pieces are set by.

/** A list of the estimators; `changed` is called without arguments. */
export function estimatorChoice(estimators, changed) {
  const select = element("select", { change: changed }, ...estimators.map(({ name }) => element("option", { value: name }, name)));
  return { select, node: element("label", { class: "check" }, "Estimator", select) };
}

/** A slider of the latent weight, from -2 to 2 in hundredths. */
export function weightSlider(label, value, changed) {
  const number = element("output", {});
  const input = element("input", { type: "range", min: -200, max: 200, step: 1, value: Math.round(100 * value), input: () => (show(), changed()) });
  const show = () => {
    setText(number, decimals(input.valueAsNumber / 100, 2));
    input.setAttribute("aria-valuetext", number.textContent);
  };
  show();
  return {
    node: element("label", { class: "check slider" }, label, input, number),
    get value() {
      return input.valueAsNumber / 100;
    },
    set value(weight) {
      input.value = String(Math.round(100 * weight));
      show();
    },
  };
}

export function checkBox(text, checked, changed) {
  const box = element("input", { type: "checkbox", change: changed });
  box.checked = checked;
  return { box, node: element("label", { class: "check" }, box, text) };
}

/** A button that can be switched off without losing the focus: after one that is `disabled` the next key would go nowhere. */
export function plainButton(text, pressed) {
  const node = element("button", { type: "button", class: "plain", click: () => node.ariaDisabled !== "true" && pressed() }, text);
  return { node, allow: (can) => setAttribute(node, "aria-disabled", can ? null : "true") };
}

/** Names and values in two columns; `show` sets the values. */
export function figures(names) {
  const values = names.map(() => element("dd", {}));
  const node = element("dl", { class: "figures" }, ...names.map((name, index) => element("div", {}, element("dt", {}, name), values[index])));
  return { node, show: (texts) => texts.forEach((text, index) => setText(values[index], text)) };
}

/** A slider over a list of numbers, from the first to the last; `value` is one of them. */
export function listSlider(label, values, value, changed) {
  const number = element("output", {});
  const input = element("input", { type: "range", min: 0, max: values.length - 1, step: 1, value: values.indexOf(value), input: () => (show(), changed()) });
  const show = () => {
    setText(number, String(values[input.valueAsNumber]));
    input.setAttribute("aria-valuetext", number.textContent);
  };
  show();
  return {
    node: element("label", { class: "check slider" }, label, input, number),
    get value() {
      return values[input.valueAsNumber];
    },
  };
}
