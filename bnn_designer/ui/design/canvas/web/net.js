import { editNumber, makeBlock, updateBlock, updateBody } from "./card.js";
import { element, setAttribute, setChildren, setText } from "./dom.js";
import { Drag } from "./drag.js";
import { onKey } from "./keys.js";
import { openAddMenu, openKeys, openMenu, Popup } from "./menu.js";
import { Minimap } from "./minimap.js";
import { Palette } from "./palette.js";
import { Preview } from "./preview.js";
import { Tree } from "./tree.js";

// The canvas: what is on it, what is selected, and what a person does to it. Python owns the document; here are only the
// rows that it sent, with what is still on its way applied on top.

export class Net {
  /** @param send `outbox`, `selected`, `preview`: functions that bring a value to Python. */
  constructor(parent, memory, send) {
    this.memory = memory;
    this.send = send;
    this.blocks = new Map();
    this.data = null;
    this.tree = new Tree([]);
    this.build(parent);
    memory.outbox.connect(send.outbox);
  }

  build(parent) {
    const button = (name, label, title, run) => element("button", { type: "button", class: name, title, click: run }, label);
    this.undo = button("undo", "\u21b6 Undo", "Undo (Ctrl+Z)", () => this.push({ kind: "undo" }));
    this.redo = button("redo", "\u21b7 Redo", "Redo (Shift+Ctrl+Z)", () => this.push({ kind: "redo" }));
    this.addButton = button("add", "+ Add", "Add a block after the selected one (/)", () => this.openAdd(this.addButton));
    this.foldButton = button("fold-all", "Fold all", "Fold or unfold everything that holds blocks", () => this.foldAll());
    this.keysButton = button("keys-help", "? Keys", "What the keyboard does here", () => this.openKeys());
    this.status = element("span", { class: "status" });
    this.source = element("div", { class: "end source" });
    this.list = element("ul", { class: "body net", "aria-label": "Network" });
    this.hint = element("p", { class: "end hint" });
    this.refusal = element("button", { type: "button", class: "refusal", hidden: true, title: "Close", click: () => {
      this.refused = "";
      this.draw();
    } });
    this.line = element("div", { class: "drop", hidden: true, "aria-hidden": "true" });
    this.insert = button("insert", "+", "Add a block here", () => this.openAdd(this.insert, this.insertPlace));
    setAttribute(this.insert, "aria-hidden", "true");
    setAttribute(this.insert, "tabindex", "-1");
    setAttribute(this.insert, "hidden", true);
    this.scroller = element("div", { class: "scroller" }, this.source, this.list, this.hint, this.line, this.insert);
    this.live = element("div", { class: "live", role: "status", "aria-live": "polite" });
    this.palette = new Palette(this);
    this.minimap = new Minimap(this.scroller);
    const bar = element("div", { class: "bar", role: "toolbar", "aria-label": "Canvas" },
      this.undo, this.redo, this.addButton, this.foldButton, this.keysButton, this.status);
    this.root = element("div", { class: "canvas" }, bar, this.refusal,
      element("div", { class: "main" }, this.palette.node, this.scroller, this.minimap.node), this.live);
    this.popup = new Popup(this.root);
    this.previewing = new Preview(this.root, this.memory, this.send.preview);
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
    this.scroller.addEventListener("pointermove", (event) => this.hovered(event));
    this.scroller.addEventListener("pointerleave", () => setAttribute(this.insert, "hidden", true));
    this.scroller.addEventListener("scroll", () => (this.memory.scrollTop = this.scroller.scrollTop));
    this.clipboard = { copy: (event) => this.copy(event), cut: (event) => this.copy(event) && this.remove(), paste: (event) => this.paste(event) };
    for (const [name, listener] of Object.entries(this.clipboard)) document.addEventListener(name, listener);
    parent.append(this.root);
  }

  destroy() {
    this.memory.outbox.disconnect();
    this.drag.finish();
    this.popup.close(false);
    for (const [name, listener] of Object.entries(this.clipboard)) document.removeEventListener(name, listener);
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
    if (data.client === outbox.client) outbox.acknowledge(data.acknowledged);
    // while edits are on their way, what Python selected is older than what is seen here
    if (data.selection.version !== this.memory.selectionVersion && !outbox.waiting.length) {
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
      this.refused = data.announcement.wrong ? data.announcement.text : "";
    }
    this.previewing.answer(data.preview);
    this.draw();
    if (first) this.scroller.scrollTop = this.memory.scrollTop;
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
    if (this.focus === null) this.memory.focus = this.selection[0] ?? ids[Math.min(this.focusIndex ?? 0, ids.length - 1)] ?? null;
    this.focusIndex = ids.indexOf(this.memory.focus);
    this.drawBlocks();
    setText(this.source, data.source);
    setText(this.hint, data.hint);
    setAttribute(this.hint, "hidden", !data.hint);
    setText(this.refusal, this.refused ?? "");
    setAttribute(this.refusal, "hidden", !this.refused);
    setAttribute(this.undo, "disabled", !data.undo_steps);
    setAttribute(this.redo, "disabled", !data.redo_steps);
    setAttribute(this.foldButton, "hidden", ![...this.tree.rows.values()].some((row) => row.holds));
    setText(this.foldButton, this.folded.size ? "Unfold all" : "Fold all");
    const waiting = this.memory.outbox.waiting.length;
    setText(this.status, waiting ? "Saving\u2026" : this.selection.length > 1 ? `${this.selection.length} selected` : "");
    this.palette.show(data.groups, `A press adds ${this.tree.placeText(this.addPlace())}.`);
    this.minimap.show(this.visible().map((id) => ({ ...this.tree.row(id), depth: this.depth(id), selected: this.selection.includes(id) })));
    if (hadFocus) this.giveFocus();
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
    return Boolean(active && this.list.contains(active));
  }

  giveFocus() {
    const block = this.blocks.get(this.focus);
    const active = this.root.getRootNode().activeElement;
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
    // while a key repeats or a pointer hurries on, only the last selection is worth a run of the page
    clearTimeout(this.telling);
    this.telling = setTimeout(() => this.send.selected({ ids: this.selection }), 90);
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

  // ---- operations

  push(operation) {
    this.memory.outbox.push(operation);
    this.draw();
  }

  /** What is selected, else what has the focus. */
  chosen() {
    return this.selection.length ? this.tree.outermost(this.selection) : this.focus === null ? [] : [this.focus];
  }

  onChosen(kind, more = {}) {
    const ids = this.chosen().filter((id) => !id.startsWith("new-"));
    if (!ids.length) return false;
    this.push({ kind, ids, ...more });
    return true;
  }

  step(direction) {
    return this.onChosen("step", { direction });
  }

  remove() {
    const ids = this.chosen();
    const left = this.visible().filter((id) => !ids.some((one) => this.tree.isWithin(id, one)));
    const at = this.visible().indexOf(ids[0]);
    const gone = this.onChosen("remove");
    if (gone) {
      this.memory.focus = left[Math.min(at, left.length - 1)] ?? null;
      this.memory.selection = [];
      this.draw();
      this.giveFocus();
    }
    return gone;
  }

  duplicate() {
    return this.onChosen("duplicate");
  }

  addPlace() {
    return this.tree.placeAfter(this.selection.at(-1) ?? null);
  }

  addOperation(kind, place = this.addPlace()) {
    return { kind: "add", block_kind: kind.kind, title: kind.title, ...place };
  }

  add(kind, place) {
    this.push(this.addOperation(kind, place));
    const id = `new-${this.memory.outbox.last}`;
    if (this.tree.has(id)) {
      this.memory.selection = [id];
      this.memory.focus = this.memory.anchor = id;
      this.scrollTo = id;
      this.draw();
    }
  }

  openAdd(anchor = this.blocks.get(this.focus)?.card ?? this.addButton, place = this.addPlace()) {
    const above = this.tree.body(place.parent)[place.index - 1];
    const likely = this.data.likely[above === undefined ? "" : this.tree.row(above).kind] ?? [];
    const all = this.data.groups.flatMap(({ title, kinds }) => kinds.map((kind) => ({ ...kind, group: title })));
    const first = likely.map((name) => ({ ...all.find(({ kind }) => kind === name), likely: true }));
    openAddMenu(this.popup, {
      kinds: [...first, ...all.filter(({ kind }) => !likely.includes(kind))],
      where: this.tree.placeText(place), anchor,
      back: () => this.giveFocus(),
      choose: (kind) => {
        this.add(kind, place);
        this.giveFocus();
      },
    });
  }

  openKeys() {
    openKeys(this.popup, { anchor: this.keysButton, back: () => (this.hasFocus() ? this.giveFocus() : this.keysButton.focus()) });
  }

  openMoves(id) {
    if (!this.selection.includes(id)) this.select([id]);
    const many = this.selection.length > 1;
    const row = this.tree.row(id);
    const move = (label, direction, keys) => ({ label, keys, off: !row.moves?.includes(direction) && !many, run: () => this.step(direction) });
    const wrap = ({ kind, title }) => ({ label: `Wrap in ${title.toLowerCase()}`, run: () => this.onChosen("wrap", { holder: kind }) });
    openMenu(this.popup, {
      title: `Reorder ${row.title}`,
      anchor: this.blocks.get(id).grip,
      back: () => this.giveFocus(),
      actions: [
        move("Move up", "up", "Alt+\u2191"), move("Move down", "down", "Alt+\u2193"),
        move("Move in", "in", "Alt+\u2192"), move("Move out", "out", "Alt+\u2190"), null,
        { label: "Add after\u2026", keys: "/", run: () => this.openAdd(this.blocks.get(id).grip, this.tree.placeAfter(id)) },
        row.main && !many && { label: `Set ${row.main.label.toLowerCase()}\u2026`, keys: "Enter", run: () => this.editMain(id) },
        { label: "Duplicate", keys: "Ctrl+D", run: () => this.duplicate() },
        { label: "Remove", keys: "Delete", run: () => this.remove() }, null,
        ...this.data.holders.map(wrap),
        row.holds && { label: "Unwrap", run: () => this.push({ kind: "unwrap", ids: [id] }) },
      ].filter((action) => action !== undefined && action !== false),
    });
  }

  editMain(id) {
    if (id === null || !this.tree.row(id).main || !this.blocks.has(id)) return false;
    editNumber(this.blocks.get(id), this.tree.row(id), (value) => {
      if (value !== null) this.push({ kind: "set", id, field: this.tree.row(id).main.field, value });
      this.giveFocus();
    });
    return true;
  }

  // ---- clipboard: blocks as JSON text, so that they go to other designs and tabs

  copy(event) {
    if (!this.hasFocus() || this.popup.isOpen || event.composedPath().some((node) => node.tagName === "INPUT")) return false;
    const ids = this.chosen().filter((id) => this.data.json[id]);
    if (!ids.length) return false;
    event.clipboardData.setData("text/plain", `[${ids.map((id) => this.data.json[id]).join(",\n")}]`);
    event.preventDefault();
    setText(this.live, `${event.type === "cut" ? "Cut" : "Copied"} ${ids.length === 1 ? this.tree.row(ids[0]).title : `${ids.length} blocks`}`);
    return true;
  }

  paste(event) {
    const active = this.root.getRootNode().activeElement;
    if (!active || !this.scroller.contains(active) || active.tagName === "INPUT") return;
    event.preventDefault();
    this.push({ kind: "paste", text: event.clipboardData.getData("text/plain"), after: this.selection.at(-1) ?? this.focus });
  }

  // ---- pointer

  idAt(event) {
    return event.target.closest?.("li[data-id]")?.dataset.id ?? null;
  }

  pressed(event) {
    const id = this.idAt(event);
    const onCard = event.target.closest(".card");
    if (id === null || !onCard || event.target.closest("input, .fold")) return;
    // touch scrolls on a card, and drags by its grip
    if (event.pointerType === "touch" && !event.target.closest(".grip")) return;
    const ids = this.selection.includes(id) ? this.tree.outermost(this.selection) : [id];
    const title = ids.length > 1 ? `${ids.length} blocks` : this.tree.row(id).title;
    this.drag.press(event, { title, ids });
  }

  clicked(event) {
    const id = this.idAt(event);
    if (id === null) return;
    if (event.target.closest(".grip")) this.openMoves(id);
    else if (event.target.closest(".fold")) this.setFolded([id], !this.folded.has(id));
    else if (event.target.closest(".foot")) this.openAdd(event.target, { parent: id, index: this.tree.body(id).length });
    else if (event.target.closest(".card") && !event.target.closest("input")) {
      if (event.ctrlKey || event.metaKey) this.toggle(id);
      else if (event.shiftKey) this.selectTo(id);
      else this.select([id]);
    }
  }

  doubled(event) {
    const id = this.idAt(event);
    if (id !== null && event.target.closest(".card") && !event.target.closest("button, input")) this.editMain(id);
  }

  focused(event) {
    const id = this.idAt(event);
    if (id === null || id === this.memory.focus) return;
    this.memory.focus = id;
    for (const [one, block] of this.blocks) setAttribute(block.card, "tabindex", one === id ? "0" : "-1");
  }

  marks() {
    const marks = [];
    for (const id of this.visible()) {
      const { card, foot } = this.blocks.get(id);
      marks.push({ id, part: "card", rect: card.getBoundingClientRect() });
      if (!foot.hidden) marks.push({ id, part: "foot", rect: foot.getBoundingClientRect() });
    }
    return marks;
  }

  /** The handle between two cards, where the pointer is near the edge of one. */
  hovered(event) {
    if (event.pointerType !== "mouse" || this.drag.started || event.buttons) return;
    const card = event.target.closest?.(".card");
    if (!card) {
      if (event.target !== this.insert) setAttribute(this.insert, "hidden", true);
      return;
    }
    const id = this.idAt(event);
    const rect = card.getBoundingClientRect();
    const near = event.clientY - rect.top < 9 ? 0 : rect.bottom - event.clientY < 9 ? 1 : null;
    const row = this.tree.row(id);
    if (near === null || (near === 1 && row.holds && !this.folded.has(id)) || id.startsWith("new-")) {
      setAttribute(this.insert, "hidden", true);
      return;
    }
    this.insertPlace = { parent: row.parent, index: this.tree.index(id) + near };
    setAttribute(this.insert, "hidden", false);
    this.put(this.insert, rect.left + rect.width / 2 - 11, (near ? rect.bottom + 3 : rect.top - 3) - 11);
  }

  put(node, left, top) {
    const frame = this.scroller.getBoundingClientRect();
    node.style.left = `${left - frame.left + this.scroller.scrollLeft}px`;
    node.style.top = `${top - frame.top + this.scroller.scrollTop}px`;
  }

  showTarget(place, source) {
    setAttribute(this.line, "hidden", !place);
    for (const { card } of this.blocks.values()) card.classList.remove("target");
    if (!place) {
      this.previewing.none(this.drag.ghost);
      return;
    }
    if (place.mark) {
      const { rect, id, part } = place.mark;
      const beside = place.edge !== "inside" && this.tree.row(id).parent !== null && this.tree.row(this.tree.row(id).parent).beside;
      setAttribute(this.line, "class", beside ? "drop beside" : "drop");
      if (place.edge === "inside" && part === "card") this.blocks.get(id).card.classList.add("target");
      const [x, y] = place.edge === "before" ? [rect.left, rect.top] : beside ? [rect.right, rect.top] : [rect.left, rect.bottom];
      this.line.style.width = beside ? "" : `${rect.width - (place.edge === "inside" ? 24 : 0)}px`;
      this.line.style.height = beside ? `${rect.height}px` : "";
      this.put(this.line, x + (place.edge === "inside" ? 24 : 0), y + (place.edge === "before" && !beside ? -4 : 1));
    }
    this.preview(this.dropOperation(source, place), this.drag.ghost);
  }

  dropOperation(source, { parent, index }) {
    return source.ids ? { kind: "move", ids: source.ids, parent, index } : this.addOperation(source.kind, { parent, index });
  }

  drop(source, place) {
    if (!place) {
      setText(this.live, `${source.title} stays where it was`);
      return;
    }
    if (source.ids) {
      this.push(this.dropOperation(source, place));
      this.select(source.ids);
    } else this.add(source.kind, place);
  }

  endDrag() {
    setAttribute(this.root, "class", "canvas");
    setAttribute(this.line, "hidden", true);
    for (const { card } of this.blocks.values()) card.classList.remove("target");
    this.previewing.none();
  }

  press(event, source) {
    this.drag.press(event, source);
  }

  preview(operation, node) {
    this.previewing.ask(operation, node);
  }

  noPreview() {
    this.previewing.none();
  }
}
