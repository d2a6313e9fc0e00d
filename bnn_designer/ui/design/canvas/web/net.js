import { ACTIONS } from "./actions.js";
import { makeBlock, updateBlock, updateBody } from "./card.js";
import { element, setAttribute, setChildren, setText } from "./dom.js";
import { Drag } from "./drag.js";
import { Hearing } from "./hearing.js";
import { onKey } from "./keys.js";
import { Popup } from "./menu.js";
import { Minimap } from "./minimap.js";
import { Palette } from "./palette.js";
import { POINTING } from "./pointing.js";
import { Preview } from "./preview.js";
import { Telling } from "./telling.js";
import { Tree } from "./tree.js";

// The canvas: what is on it, what is selected, and what a person does to it. Python owns the document; here are only the
// rows that it sent, with what is still on its way applied on top.

export class Net {
  /** @param send `outbox`, `selected`: functions that bring a value to Python. */
  constructor(parent, memory, send) {
    this.memory = memory;
    this.send = send;
    this.blocks = new Map();
    this.data = null;
    this.tree = new Tree([]);
    this.telling = new Telling(memory, (value) => this.send.selected(value));
    this.build(parent);
    memory.outbox.connect(send.outbox);
  }

  build(parent) {
    const button = (name, label, title, run) => element("button", { type: "button", class: name, title, click: run }, label);
    this.undo = button("undo", "\u21b6 Undo", "Undo (Ctrl+Z)", () => this.push({ kind: "undo" }));
    this.redo = button("redo", "\u21b7 Redo", "Redo (Shift+Ctrl+Z)", () => this.push({ kind: "redo" }));
    this.addButton = button("add", "+ Add", "Add a block after the selected one (/)", () => this.openAdd(this.addButton));
    this.foldButton = button("fold-all", "Fold all", "Fold or unfold everything that holds blocks", () => this.foldAll());
    this.reorderButton = button("reorder", "Reorder\u2026", "Move what is selected, by clicks alone", () => this.openMoves(this.chosen()[0], this.reorderButton));
    this.severalButton = button("several", "Select several", "Each press adds a block to the selection, or takes it out", () => this.toggleSeveral());
    this.keysButton = button("keys-help", "? Keys", "What the keyboard does here", () => this.openKeys());
    this.status = element("span", { class: "status" });
    this.source = element("span", { class: "source" });
    const heads = ["output", "weights", "MACs", "at RAM's peak"].map((text) => element("span", {}, text));
    const head = element("div", { class: "end heads" }, this.source, element("span", { class: "figures", "aria-hidden": "true" }, ...heads));
    this.list = element("ul", { class: "body net", "aria-label": "Network" });
    this.hint = element("p", { class: "end hint" });
    this.refusal = element("button", { type: "button", class: "refusal", hidden: true, title: "Close", click: () => {
      this.memory.refused = "";
      this.draw();
    } });
    this.line = element("div", { class: "drop", hidden: true, "aria-hidden": "true" });
    this.insert = button("insert", "+", "Add a block here", () => this.openAdd(this.insert, this.insertPlace));
    setAttribute(this.insert, "aria-hidden", "true");
    setAttribute(this.insert, "tabindex", "-1");
    setAttribute(this.insert, "hidden", true);
    this.scroller = element("div", { class: "scroller" }, head, this.list, this.hint, this.line, this.insert);
    this.live = element("div", { class: "live", role: "status", "aria-live": "polite" });
    this.palette = new Palette(this);
    this.minimap = new Minimap(this.scroller);
    const bar = element("div", { class: "bar", role: "group", "aria-label": "Canvas" },
      this.undo, this.redo, this.addButton, this.reorderButton, this.severalButton, this.foldButton, this.keysButton, this.status);
    this.root = element("div", { class: "canvas" }, bar, this.refusal,
      element("div", { class: "main" }, this.palette.node, this.scroller, this.minimap.node), this.live);
    this.popup = new Popup(this.root);
    this.previewing = new Preview(this.root, this.memory);
    this.drag = new Drag({
      root: this.root, scroller: this.scroller,
      tree: () => this.tree, folded: () => this.folded, marks: () => this.marks(),
      start: () => setAttribute(this.root, "class", "canvas dragging"),
      target: (place, source) => this.showTarget(place, source),
      drop: (source, place) => this.drop(source, place),
      end: () => this.endDrag(),
    });
    this.root.addEventListener("keydown", (event) => onKey(event, this));
    this.list.addEventListener("pointerdown", (event) => this.pressed(event));
    this.list.addEventListener("click", (event) => this.clicked(event));
    this.list.addEventListener("dblclick", (event) => this.doubled(event));
    this.list.addEventListener("focusin", (event) => this.focused(event));
    this.list.addEventListener("focusout", () => this.left());
    this.scroller.addEventListener("pointermove", (event) => this.hovered(event));
    this.scroller.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && setAttribute(this.insert, "hidden", true));
    this.scroller.addEventListener("scroll", () => (this.memory.scrollTop = this.scroller.scrollTop));
    this.hearing = new Hearing(this);
    parent.append(this.root);
  }

  destroy() {
    this.memory.outbox.disconnect();
    this.telling.stop();
    this.previewing.destroy();
    this.drag.finish();
    this.popup.close(false);
    this.hearing.stopSoon();
    this.root.remove();
  }

  get folded() {
    return this.memory.folded;
  }

  get selection() {
    return this.memory.selection;
  }

  get focus() {
    return this.memory.focus !== null && this.tree.has(this.memory.focus) ? this.memory.focus : null;
  }

  visible() {
    return this.tree.visible(this.folded);
  }

  // ---- what Python sent

  /** Shows what Python knows, and on top of it what it does not know yet. */
  receive(data) {
    const first = this.data === null;
    this.data = data;
    const { outbox } = this.memory;
    outbox.answered(data.client, data.acknowledged);
    // while edits are on their way, what Python selected is older than what is seen here
    if (data.selection.version !== this.memory.selectionVersion && !outbox.waiting.length) {
      this.telling.stop();
      this.memory.selectionVersion = data.selection.version;
      this.memory.selection = data.selection.ids;
      const [only] = data.selection.ids;
      if (only !== undefined) {
        this.memory.focus = this.memory.anchor = only;
        this.scrollTo = only;
        this.unfold = true;
      }
    }
    if (data.announcement.number > this.memory.announced) {
      this.memory.announced = data.announcement.number;
      setText(this.live, data.announcement.text);
      this.memory.refused = data.announcement.wrong ? data.announcement.text : "";
    }
    this.first = first;
    this.draw();
    if (!outbox.waiting.length) this.telling.answered(data.selection);
    if (first) this.remounted();
  }

  /** Streamlit may replace the component at any time: the new one goes on where the old one was. */
  remounted() {
    const nobody = document.activeElement === document.body;
    if (nobody && (this.memory.hadFocus || !this.tree.body(null).length)) this.giveFocus();
  }

  /** Whether the focus went elsewhere, or only the component away. */
  left() {
    setTimeout(() => {
      if (this.root.isConnected) this.memory.hadFocus = this.hasFocus();
    });
  }

  draw() {
    const { data } = this;
    const hadFocus = this.hasFocus();
    this.tree = this.memory.outbox.waiting.reduce((tree, operation) => tree.after(operation), new Tree(data.rows));
    for (const id of [...this.folded]) {
      const hides = this.unfold && this.selection.some((one) => one !== id && this.tree.has(one) && this.tree.isWithin(one, id));
      if (!this.tree.has(id) || hides) this.folded.delete(id);
    }
    this.unfold = false;
    this.memory.selection = this.selection.filter((id) => this.tree.has(id));
    // the focus of a block that is gone goes to what stands in its place
    const ids = this.visible();
    if (this.focus === null) this.memory.focus = this.selection[0] ?? ids[Math.max(0, Math.min(this.focusIndex ?? 0, ids.length - 1))] ?? null;
    this.focusIndex = ids.indexOf(this.memory.focus);
    this.drawBlocks();
    // without a block the empty space itself takes the focus, so that keys and the clipboard work
    const empty = !this.tree.body(null).length;
    setAttribute(this.scroller, "tabindex", empty ? "0" : null);
    setAttribute(this.scroller, "role", empty ? "region" : null);
    setAttribute(this.scroller, "aria-label", empty ? "The empty network" : null);
    setAttribute(this.reorderButton, "disabled", empty);
    setAttribute(this.severalButton, "aria-pressed", String(this.memory.several));
    setAttribute(this.severalButton, "disabled", empty);
    setText(this.source, data.source);
    setText(this.hint, data.hint);
    setAttribute(this.hint, "hidden", !data.hint);
    setText(this.refusal, this.memory.refused);
    setAttribute(this.refusal, "hidden", !this.memory.refused);
    setAttribute(this.undo, "disabled", !data.undo_steps);
    setAttribute(this.redo, "disabled", !data.redo_steps);
    setAttribute(this.foldButton, "hidden", ![...this.tree.rows.values()].some((row) => row.holds));
    setText(this.foldButton, this.folded.size ? "Unfold all" : "Fold all");
    const waiting = this.memory.outbox.waiting.length;
    setText(this.status, waiting ? "Saving\u2026" : this.selection.length > 1 ? `${this.selection.length} selected` : "");
    this.palette.show(data.groups, `A press adds ${this.tree.placeText(this.addPlace())}.`);
    this.minimap.show(this.visible().map((id) => ({ ...this.tree.row(id), depth: this.depth(id), selected: this.selection.includes(id) })));
    if (hadFocus) this.giveFocus();
    if (this.first) this.scroller.scrollTop = this.memory.scrollTop;
    this.first = false;
    this.offerInsert();
    if (this.scrollTo !== undefined && this.blocks.has(this.scrollTo)) {
      this.blocks.get(this.scrollTo).card.scrollIntoView({ block: "nearest" });
      this.scrollTo = undefined;
    }
  }

  drawBlocks() {
    const kept = new Set(this.tree.visible());
    for (const id of [...this.blocks.keys()]) if (!kept.has(id)) this.blocks.delete(id);
    const bodyOf = (parent) => this.tree.body(parent).map((id) => {
      if (!this.blocks.has(id)) this.blocks.set(id, makeBlock(id));
      const block = this.blocks.get(id);
      const row = this.tree.row(id);
      const folded = row.holds && this.folded.has(id);
      updateBlock(block, row, { selected: this.selection.includes(id), focused: id === this.focus, folded });
      updateBody(block, folded ? [] : bodyOf(id));
      return block.node;
    });
    setChildren(this.list, bodyOf(null));
  }

  depth(id) {
    let depth = 0;
    for (let at = this.tree.parent(id); at !== null; at = this.tree.parent(at)) depth += 1;
    return depth;
  }

  // ---- selection and focus; known at once here, and told to Python

  hasFocus() {
    const active = this.root.getRootNode().activeElement;
    return Boolean(active && this.scroller.contains(active));
  }

  giveFocus() {
    const block = this.blocks.get(this.focus);
    const active = this.root.getRootNode().activeElement;
    if (!block) this.scroller.focus({ preventScroll: true });
    if (!block || (active && block.node.contains(active) && active.tagName === "INPUT")) return;
    if (active !== block.card) block.card.focus({ preventScroll: true });
  }

  select(ids, focus = ids[0]) {
    this.memory.selection = ids.filter((id) => id !== undefined);
    this.memory.focus = focus ?? this.memory.focus;
    this.memory.anchor = this.memory.focus;
    this.selected();
  }

  selectTo(id) {
    const ids = this.visible();
    const [from, to] = [ids.indexOf(this.memory.anchor ?? id), ids.indexOf(id)].sort((one, other) => one - other);
    this.memory.selection = ids.slice(Math.max(0, from), to + 1);
    this.memory.focus = id;
    this.selected();
  }

  toggle(id) {
    const { selection } = this;
    this.memory.selection = selection.includes(id) ? selection.filter((one) => one !== id) : [...selection, id];
    this.memory.focus = this.memory.anchor = id;
    this.selected();
  }

  selected() {
    this.draw();
    this.giveFocus();
    this.blocks.get(this.focus)?.card.scrollIntoView({ block: "nearest" });
    this.telling.later();
  }

  /** For touch, where no key makes a press one more. */
  toggleSeveral() {
    this.memory.several = !this.memory.several;
    this.draw();
  }

  setFolded(ids, folded) {
    for (const id of ids) if (folded) this.folded.add(id);
      else this.folded.delete(id);
    if (folded) for (const id of ids) if (this.focus !== id && this.tree.isWithin(this.focus, id)) this.memory.focus = id;
    this.draw();
  }

  foldAll() {
    const holders = [...this.tree.rows.values()].filter((row) => row.holds).map((row) => row.id);
    const open = !this.folded.size;
    this.setFolded(holders, open);
  }
}

Object.assign(Net.prototype, ACTIONS, POINTING);
