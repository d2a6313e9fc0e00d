import { editNumber } from "./card.js";
import { setText } from "./dom.js";
import { openAddMenu, openKeys, openMenu } from "./menu.js";

// What a person can do to the blocks, by key, menu or pointer; `this` is the net (net.js).

export const ACTIONS = {
  push(operation) {
    this.memory.outbox.push(operation);
    this.draw();
  },

  /** What is selected, else what has the focus. */
  chosen() {
    return this.selection.length ? this.tree.outermost(this.selection) : this.focus === null ? [] : [this.focus];
  },

  onChosen(kind, more = {}) {
    const ids = this.chosen().filter((id) => !id.startsWith("new-"));
    if (!ids.length) return false;
    this.push({ kind, ids, ...more });
    return true;
  },

  step(direction) {
    return this.onChosen("step", { direction });
  },

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
  },

  duplicate() {
    return this.onChosen("duplicate");
  },

  addPlace() {
    return this.tree.placeAfter(this.selection.at(-1) ?? null);
  },

  addOperation(kind, place = this.addPlace()) {
    return { kind: "add", block_kind: kind.kind, title: kind.title, ...place };
  },

  add(kind, place) {
    this.push(this.addOperation(kind, place));
    const id = `new-${this.memory.outbox.last}`;
    if (this.tree.has(id)) {
      this.memory.selection = [id];
      this.memory.focus = this.memory.anchor = id;
      this.scrollTo = id;
      this.draw();
    }
  },

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
  },

  openKeys() {
    openKeys(this.popup, { anchor: this.keysButton, back: () => (this.hasFocus() ? this.giveFocus() : this.keysButton.focus()) });
  },

  openMoves(id, anchor = this.blocks.get(id)?.grip) {
    if (id === undefined || !this.tree.has(id)) return;
    if (!this.selection.includes(id)) this.select([id]);
    const many = this.selection.length > 1;
    const row = this.tree.row(id);
    const move = (label, direction, keys) => ({ label, keys, off: !row.moves?.includes(direction) && !many, run: () => this.step(direction) });
    const wrap = ({ kind, title }) => ({ label: `Wrap in ${title.toLowerCase()}`, run: () => this.onChosen("wrap", { holder: kind }) });
    openMenu(this.popup, {
      title: `Reorder ${row.title}`,
      anchor,
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
  },

  editMain(id) {
    if (id === null || !this.tree.row(id).main || !this.blocks.has(id)) return false;
    editNumber(this.blocks.get(id), this.tree.row(id), (value) => {
      if (value !== null) this.push({ kind: "set", id, field: this.tree.row(id).main.field, value });
      this.giveFocus();
    });
    return true;
  },

  // ---- clipboard: blocks as JSON text, so that they go to other designs and tabs

  copy(event) {
    if (!(this.hasFocus() || this.hearing.isBetween()) || this.popup.isOpen || event.composedPath().some((node) => node.tagName === "INPUT")) return false;
    const ids = this.chosen().filter((id) => this.data.json[id]);
    if (!ids.length) return false;
    event.clipboardData.setData("text/plain", `[${ids.map((id) => this.data.json[id]).join(",\n")}]`);
    event.preventDefault();
    setText(this.live, `${event.type === "cut" ? "Cut" : "Copied"} ${ids.length === 1 ? this.tree.row(ids[0]).title : `${ids.length} blocks`}`);
    return true;
  },

  paste(event) {
    const active = this.root.getRootNode().activeElement;
    const isHere = active && this.root.contains(active) && active.tagName !== "INPUT";
    if (!isHere && !this.hearing.isBetween()) return;
    event.preventDefault();
    this.push({ kind: "paste", text: event.clipboardData.getData("text/plain"), after: this.selection.at(-1) ?? this.focus });
  },
};
