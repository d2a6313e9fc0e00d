import { element, setText } from "./dom.js";

// The kinds of blocks, to press or to drag into the net. A hover says what the press would cost.

const HOVER_MS = 120;

/**
 * @param net `press(event, source)`, `add(kind)`, `preview(operation, node)`, `addOperation(kind)`, `noPreview()`.
 */
export class Palette {
  constructor(net) {
    this.net = net;
    this.node = element("nav", { class: "palette", "aria-label": "Blocks to add" });
    this.where = element("p", { class: "where" });
    this.drawn = false;
  }

  show(groups, where) {
    setText(this.where, where);
    if (this.drawn) return;
    this.drawn = true;
    this.node.append(this.where);
    for (const { title, kinds } of groups) {
      this.node.append(element("h3", {}, title), ...kinds.map((kind) => this.button(kind)));
    }
  }

  button(kind) {
    const button = element("button", { type: "button", class: "kind", title: kind.help, "data-kind": kind.kind },
      element("i", { style: kind.color ? `--precision: ${kind.color}` : null }), element("span", {}, kind.title));
    let timer = null;
    const hover = () => {
      clearTimeout(timer);
      timer = setTimeout(() => this.net.preview(this.net.addOperation(kind), button), HOVER_MS);
    };
    const leave = () => {
      clearTimeout(timer);
      this.net.noPreview();
    };
    button.addEventListener("pointerenter", (event) => event.pointerType === "mouse" && hover());
    button.addEventListener("pointerleave", leave);
    button.addEventListener("focus", () => button.matches(":focus-visible") && hover());
    button.addEventListener("blur", leave);
    button.addEventListener("click", () => {
      leave();
      this.net.add(kind);
    });
    button.addEventListener("pointerdown", (event) => this.net.press(event, { title: kind.title, kind }));
    return button;
  }
}
