import { element } from "./dom.js";

// Dragging by mouse, pen or touch: from the palette and within the net. Where something would drop is arithmetic on
// the list of visible cards, each with the place of its rectangle.

const THRESHOLD_PX = 6;
const EDGE_PX = 48;
const SCROLL_PX = 14;

/**
 * Where a pointer would drop.
 * @param marks `{ id, rect, part: "card" | "foot" }` of all visible cards and of the ends of open containers.
 * @returns `{ parent, index, mark, edge: "before" | "after" | "inside" }`, or null where nothing is below it.
 */
export function dropPlace(tree, marks, folded, x, y) {
  let best = null;
  let least = Infinity;
  for (const mark of marks) {
    const { left, right, top, bottom } = mark.rect;
    const across = Math.max(left - x, 0, x - right);
    const down = Math.max(top - y, 0, y - bottom);
    const distance = down + 4 * across;
    if (distance < least) {
      least = distance;
      best = mark;
    }
  }
  if (!best) return null;
  const row = tree.row(best.id);
  const { left, right, top, bottom } = best.rect;
  const place = (edge, parent, index) => ({ parent, index, mark: best, edge });
  const before = () => place("before", row.parent, tree.index(best.id));
  const after = () => place("after", row.parent, tree.index(best.id) + 1);
  const inside = (index) => place("inside", best.id, index);
  if (best.part === "foot") return (y - top) / (bottom - top) < 0.6 ? inside(tree.body(best.id).length) : after();
  const beside = row.parent !== null && tree.row(row.parent).beside;
  const part = beside ? (x - left) / (right - left) : (y - top) / (bottom - top);
  if (part < 0.25) return before();
  // an open container's own end is its foot, so that all of its card below the first quarter means inside
  if (row.holds && (part < 0.75 || (!beside && !folded.has(best.id)))) return inside(folded.has(best.id) ? tree.body(best.id).length : 0);
  return part < 0.5 ? before() : after();
}

/**
 * @param host `root`, `scroller`: elements; `tree()`, `marks()`, `folded()`; `target(place)`: shows where it would
 *   drop; `start(source)`, `drop(source, place)`, `end()`.
 */
export class Drag {
  constructor(host) {
    this.host = host;
    this.source = null;
    this.started = false;
    this.move = this.move.bind(this);
    this.up = this.up.bind(this);
    this.cancel = this.cancel.bind(this);
    this.key = this.key.bind(this);
  }

  /** A press on something that can be dragged: `source` has a `title` and what `host.drop` needs. */
  press(event, source) {
    if (event.button !== 0 || this.source) return;
    this.source = source;
    this.pointer = event.pointerId;
    this.from = { x: event.clientX, y: event.clientY };
    this.at = this.from;
    window.addEventListener("pointermove", this.move);
    window.addEventListener("pointerup", this.up);
    window.addEventListener("pointercancel", this.cancel);
    window.addEventListener("keydown", this.key, true);
  }

  move(event) {
    if (event.pointerId !== this.pointer) return;
    this.at = { x: event.clientX, y: event.clientY };
    if (!this.started) {
      if (Math.hypot(this.at.x - this.from.x, this.at.y - this.from.y) < THRESHOLD_PX) return;
      this.start();
    }
    event.preventDefault();
    this.show();
  }

  start() {
    this.started = true;
    this.host.root.setPointerCapture?.(this.pointer);
    this.ghost = element("div", { class: "ghost", "aria-hidden": "true" }, this.source.title);
    this.host.root.append(this.ghost);
    this.host.start(this.source);
    const tick = () => {
      if (!this.started) return;
      this.scroll();
      this.frame = requestAnimationFrame(tick);
    };
    this.frame = requestAnimationFrame(tick);
  }

  show() {
    const frame = this.host.root.getBoundingClientRect();
    this.ghost.style.transform = `translate(${this.at.x - frame.left + 12}px, ${this.at.y - frame.top + 8}px)`;
    this.place = this.placeAt(this.at.x, this.at.y);
    this.host.target(this.place, this.source);
  }

  placeAt(x, y) {
    const list = this.host.scroller.getBoundingClientRect();
    if (x < list.left || x > list.right || y < list.top - EDGE_PX || y > list.bottom + EDGE_PX) return null;
    const tree = this.host.tree();
    if (!tree.body(null).length) return { parent: null, index: 0, mark: null, edge: "inside" };
    const place = dropPlace(tree, this.host.marks(), this.host.folded(), x, y);
    return place && tree.takes(this.source.ids ?? [], place.parent) ? place : null;
  }

  scroll() {
    const { top, bottom } = this.host.scroller.getBoundingClientRect();
    const up = top + EDGE_PX - this.at.y;
    const down = this.at.y - (bottom - EDGE_PX);
    const step = up > 0 ? -up : Math.max(0, down);
    if (!step) return;
    const before = this.host.scroller.scrollTop;
    this.host.scroller.scrollTop += Math.sign(step) * Math.min(SCROLL_PX, Math.abs(step) / 3);
    if (this.host.scroller.scrollTop !== before) this.show();
  }

  up(event) {
    if (event.pointerId !== this.pointer) return;
    const { started, source, place } = this;
    this.finish();
    if (started && place) this.host.drop(source, place);
    else if (started) this.host.drop(source, null);
  }

  key(event) {
    if (event.key !== "Escape" || !this.started) return;
    event.preventDefault();
    event.stopPropagation();
    this.cancel();
  }

  cancel() {
    const { started, source } = this;
    this.finish();
    if (started) this.host.drop(source, null);
  }

  finish() {
    const { started } = this;
    this.source = null;
    this.started = false;
    this.place = null;
    cancelAnimationFrame(this.frame);
    this.ghost?.remove();
    this.ghost = null;
    window.removeEventListener("pointermove", this.move);
    window.removeEventListener("pointerup", this.up);
    window.removeEventListener("pointercancel", this.cancel);
    window.removeEventListener("keydown", this.key, true);
    if (started) {
      // the click that ends a drag is not a click
      const swallow = (event) => event.stopPropagation();
      window.addEventListener("click", swallow, { capture: true, once: true });
      setTimeout(() => window.removeEventListener("click", swallow, { capture: true }), 50);
      this.host.end();
    }
  }
}
