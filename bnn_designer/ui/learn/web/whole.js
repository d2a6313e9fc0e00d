import { element, setText } from "./dom.js";
import { numberText } from "./signs.js";
import { bytesOf } from "./stem.js";
import { rowsOf, tiles } from "./tiles.js";

// A whole picture, its signs and its convolution as small pictures, with a frame around the part that is shown large.

/** Its values are `row` and `column`, of the frame's upper left corner; `moved` is called when they change. */
export class Whole {
  constructor(part, moved) {
    this.part = part;
    this.moved = moved;
    this.row = this.column = 0;
    this.sliders = { column: this.slider("column", "First column shown"), row: this.slider("row", "First row shown") };
    this.maps = { picture: tiles("The picture"), signs: tiles("Its signs: white is +1"), sums: tiles("The output: the larger, the lighter") };
    this.frames = Object.values(this.maps).map(({ node }) => {
      const frame = element("span", { class: "frame" });
      node.classList.add("framed");
      node.append(frame);
      node.firstElementChild.addEventListener("click", (event) => this.choose(event));
      return frame;
    });
    this.node = element(
      "div",
      { class: "whole" },
      element("div", { class: "row maps" }, ...Object.values(this.maps).map(({ node }) => node)),
      element("div", { class: "row" }, this.sliders.column.node, this.sliders.row.node),
    );
  }

  slider(name, label) {
    const number = element("output", {});
    const input = element("input", { type: "range", min: 0, max: 0, step: 1, input: () => this.move({ [name]: input.valueAsNumber }) });
    return { input, number, node: element("label", { class: "check slider" }, label, input, number) };
  }

  /** Takes an image, and begins in its middle: {signs, pixels}, where `pixels` is "" for one that is no larger than the part. */
  begin({ signs, pixels }) {
    this.size = signs.length;
    this.node.hidden = !pixels;
    this.row = this.column = Math.floor((this.size - this.part) / 2);
    if (!pixels) return;
    this.maps.picture.draw(rowsOf(bytesOf(pixels), this.size), `${this.size} × ${this.size} pixels.`);
    this.maps.signs.draw(
      signs.map((line) => line.map((sign) => (sign < 0 ? 0 : 255))),
      `${signs.flat().filter((sign) => sign > 0).length} of ${this.size ** 2} are +1.`,
    );
  }

  move({ row = this.row, column = this.column }) {
    const inside = (place) => Math.max(0, Math.min(this.size - this.part, place));
    [this.row, this.column] = [inside(row), inside(column)];
    this.moved();
  }

  choose(event) {
    const box = event.currentTarget.getBoundingClientRect();
    const middle = (share) => Math.round(share * this.size - this.part / 2);
    this.move({ row: middle((event.clientY - box.top) / box.height), column: middle((event.clientX - box.left) / box.width) });
  }

  /** The output, [H - 2][W - 2] of sums between `-most` and `most`. */
  draw(sums, most) {
    if (this.node.hidden) return;
    const flat = sums.flat();
    this.maps.sums.draw(
      sums.map((line) => line.map((sum) => Math.round((255 * (sum + most)) / (2 * most)))),
      `Sums from ${numberText(Math.min(...flat))} to ${numberText(Math.max(...flat))}.`,
    );
    for (const [name, { input, number }] of Object.entries(this.sliders)) {
      input.max = String(this.size - this.part);
      input.value = String(this[name]);
      setText(number, String(this[name] + 1));
      input.setAttribute("aria-valuetext", number.textContent);
    }
    const lengths = [this.size, this.size, sums.length];
    const parts = [this.part, this.part, this.part - (this.size - sums.length)];
    this.frames.forEach((frame, index) => {
      const share = (length) => String(length / lengths[index]);
      frame.style.setProperty("--x", share(this.column));
      frame.style.setProperty("--y", share(this.row));
      frame.style.setProperty("--w", share(parts[index]));
    });
  }
}
