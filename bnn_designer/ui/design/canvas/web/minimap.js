import { element, setAttribute, setChildren } from "./dom.js";

// A long net at a glance: a line a card, and where the part that is seen stands. For pointers only; keys have the list.

export class Minimap {
  constructor(scroller) {
    this.scroller = scroller;
    this.lines = element("div", { class: "lines" });
    this.frame = element("div", { class: "frame" });
    this.node = element("div", { class: "minimap", "aria-hidden": "true", title: "The whole network; press to go there" }, this.lines, this.frame);
    this.node.addEventListener("pointerdown", (event) => {
      this.node.setPointerCapture(event.pointerId);
      this.go(event);
    });
    this.node.addEventListener("pointermove", (event) => event.buttons && this.go(event));
    scroller.addEventListener("scroll", () => this.follow());
  }

  go(event) {
    const { top, height } = this.node.getBoundingClientRect();
    const { scrollHeight, clientHeight } = this.scroller;
    this.scroller.scrollTop = ((event.clientY - top) / height) * scrollHeight - clientHeight / 2;
  }

  /** @param rows of the visible cards; `depth` from 0. */
  show(rows) {
    const lines = [...this.lines.children];
    while (lines.length < rows.length) lines.push(element("i"));
    setChildren(this.lines, lines.slice(0, rows.length));
    rows.forEach((row, index) => {
      const color = row.error ? "var(--st-red-color)" : (row.color ?? "var(--st-border-color)");
      setAttribute(lines[index], "style", `background: ${color}; margin-left: ${Math.min(row.depth, 6) * 4}px`);
      setAttribute(lines[index], "class", row.selected ? "selected" : null);
    });
    this.follow();
  }

  follow() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    const fits = scrollHeight <= clientHeight + 1;
    setAttribute(this.node, "hidden", fits);
    if (fits) return;
    this.frame.style.top = `${(100 * scrollTop) / scrollHeight}%`;
    this.frame.style.height = `${(100 * clientHeight) / scrollHeight}%`;
  }
}
