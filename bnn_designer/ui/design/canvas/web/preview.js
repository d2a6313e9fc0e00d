import { element, setText } from "./dom.js";

// What an edit would cost, before it is made. Python computes it; the last question counts.

const WAIT_MS = 40;

export class Preview {
  constructor(root, memory) {
    this.root = root;
    this.memory = memory;
    memory.answered = (preview) => this.answer(preview);
    this.chip = element("div", { class: "chip", hidden: "", "aria-hidden": "true" });
    root.append(this.chip);
    this.asked = "";
    this.holder = null;
  }

  /** @param holder the element to show it at: the ghost of a drag, or a button of the palette. */
  ask(operation, holder) {
    const text = JSON.stringify(operation);
    this.holder = holder;
    this.place();
    if (text === this.asked) return;
    this.asked = text;
    this.memory.previews += 1;
    const number = this.memory.previews;
    setText(this.chip, "\u2026");
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.memory.ask?.({ client: this.memory.outbox.client, number, operation }), WAIT_MS);
  }

  answer(preview) {
    if (!this.asked || !preview || preview.number !== this.memory.previews || preview.client !== this.memory.outbox.client) return;
    const lines = preview.error
      ? [element("span", { class: "refused" }, preview.error)]
      : preview.lines.map(({ label, text, worse }) =>
          element("span", { class: worse === null ? "same" : worse ? "worse" : "better" }, `${label} `, element("b", {}, text)));
    this.chip.replaceChildren(...lines);
    this.place();
  }

  place() {
    this.chip.hidden = !this.holder;
    if (!this.holder) return;
    const frame = this.root.getBoundingClientRect();
    const at = this.holder.getBoundingClientRect();
    const { width, height } = this.chip.getBoundingClientRect();
    const beside = this.holder.classList.contains("ghost");
    const left = beside ? at.left - frame.left : at.right - frame.left + 8;
    const top = beside ? at.bottom - frame.top + 4 : at.top - frame.top;
    this.chip.style.left = `${Math.max(4, Math.min(left, frame.width - width - 4))}px`;
    this.chip.style.top = `${Math.max(4, Math.min(top, frame.height - height - 4))}px`;
  }

  destroy() {
    clearTimeout(this.timer);
    this.memory.answered = null;
  }

  none(holder = null) {
    clearTimeout(this.timer);
    this.asked = "";
    this.memory.previews += 1;
    this.holder = holder && null;
    this.place();
    setText(this.chip, "");
  }
}
