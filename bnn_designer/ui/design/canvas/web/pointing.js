import { setAttribute, setText } from "./dom.js";

// What the pointer does on the net: select, drag, drop, and the handle between two cards; `this` is the net (net.js).

export const POINTING = {
  idAt(event) {
    return event.target.closest?.("li[data-id]")?.dataset.id ?? null;
  },

  pressed(event) {
    const id = this.idAt(event);
    const onCard = event.target.closest(".card");
    if (id === null || !onCard || event.target.closest("input, .fold")) return;
    // touch and pen scroll on a card, and drag by its handle
    if (event.pointerType !== "mouse" && !event.target.closest(".grip")) return;
    const ids = this.selection.includes(id) ? this.tree.outermost(this.selection) : [id];
    const title = ids.length > 1 ? `${ids.length} blocks` : this.tree.row(id).title;
    this.drag.press(event, { title, ids });
  },

  clicked(event) {
    const id = this.idAt(event);
    if (id === null) return;
    if (event.target.closest(".grip")) this.openMoves(id);
    else if (event.target.closest(".fold")) this.setFolded([id], !this.folded.has(id));
    else if (event.target.closest(".foot")) this.openAdd(event.target, { parent: id, index: this.tree.body(id).length });
    else if (event.target.closest(".card") && !event.target.closest("input")) {
      if (event.ctrlKey || event.metaKey || this.memory.several) this.toggle(id);
      else if (event.shiftKey) this.selectTo(id);
      else this.select([id]);
    }
  },

  doubled(event) {
    const id = this.idAt(event);
    if (id !== null && event.target.closest(".card") && !event.target.closest("button, input")) this.editMain(id);
  },

  focused(event) {
    this.memory.hadFocus = true;
    const id = this.idAt(event);
    if (id === null || id === this.memory.focus) return;
    this.memory.focus = id;
    for (const [one, block] of this.blocks) setAttribute(block.card, "tabindex", one === id ? "0" : "-1");
  },

  marks() {
    const marks = [];
    for (const id of this.visible()) {
      const { card, foot } = this.blocks.get(id);
      marks.push({ id, part: "card", rect: card.getBoundingClientRect() });
      if (!foot.hidden) marks.push({ id, part: "foot", rect: foot.getBoundingClientRect() });
    }
    return marks;
  },

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
  },

  /** Where nothing hovers, the handle stands below the selected card. */
  offerInsert() {
    const [only, ...more] = this.selection;
    const block = this.blocks.get(only);
    if (!matchMedia("(hover: none)").matches || !block || more.length || only.startsWith("new-")) return;
    this.insertPlace = this.tree.placeAfter(only);
    setAttribute(this.insert, "hidden", false);
    const rect = block.card.getBoundingClientRect();
    this.put(this.insert, rect.left + rect.width / 2 - 14, rect.bottom - 12);
  },

  put(node, left, top) {
    const frame = this.scroller.getBoundingClientRect();
    node.style.left = `${left - frame.left + this.scroller.scrollLeft}px`;
    node.style.top = `${top - frame.top + this.scroller.scrollTop}px`;
  },

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
  },

  dropOperation(source, { parent, index }) {
    return source.ids ? { kind: "move", ids: source.ids, parent, index } : this.addOperation(source.kind, { parent, index });
  },

  drop(source, place) {
    if (!place) {
      setText(this.live, `${source.title} stays where it was`);
      return;
    }
    if (source.ids) {
      this.push(this.dropOperation(source, place));
      this.select(source.ids);
    } else this.add(source.kind, place);
  },

  endDrag() {
    setAttribute(this.root, "class", "canvas");
    setAttribute(this.line, "hidden", true);
    for (const { card } of this.blocks.values()) card.classList.remove("target");
    this.previewing.none();
  },

  press(event, source) {
    this.drag.press(event, source);
  },

  preview(operation, node) {
    this.previewing.ask(operation, node);
  },

  noPreview() {
    this.previewing.none();
  },
};
