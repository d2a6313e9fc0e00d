import { element, setText } from "./dom.js";

// The totals as a strip of tiles. A tile opens what there is to say of its figure: by hover, by focus, or by a press.

const OPEN_AFTER_MS = 250;
const CLOSE_AFTER_MS = 300;
const EDGE = 8;

/** What a tile opens. Only one of a strip is open; `pinned` ones were pressed, and stay when the pointer leaves. */
class Explanations {
  constructor() {
    this.tile = null;
    this.pinned = false;
    this.quiet = false;
    this.timer = 0;
    this.outside = (event) => {
      if (!event.composedPath().includes(this.tile?.node)) this.close();
    };
    this.escape = (event) => {
      if (event.key !== "Escape") return;
      const within = event.composedPath().includes(this.tile?.node);
      if (within) event.stopPropagation();
      this.close(within);
    };
    this.replace = () => (this.tile?.node.isConnected ? place(this.tile) : this.close());
  }

  open(tile, pinned = false) {
    clearTimeout(this.timer);
    if (this.tile !== tile) {
      this.close();
      this.tile = tile;
      fill(tile);
      tile.pop.showPopover();
      tile.button.setAttribute("aria-expanded", "true");
      place(tile);
      this.listen("addEventListener");
    }
    this.pinned ||= pinned;
  }

  /** `giveBack`: the focus goes to the tile, which does not open again by it. */
  close(giveBack = false) {
    clearTimeout(this.timer);
    const { tile } = this;
    if (!tile) return;
    this.tile = null;
    this.pinned = false;
    this.listen("removeEventListener");
    this.quiet = true;
    if (giveBack) tile.button.focus();
    if (tile.pop.isConnected) tile.pop.hidePopover();
    this.quiet = false;
    tile.button.setAttribute("aria-expanded", "false");
  }

  later(action, ms) {
    clearTimeout(this.timer);
    this.timer = setTimeout(action, ms);
  }

  listen(change) {
    window[change]("pointerdown", this.outside, true);
    window[change]("keydown", this.escape, true);
    window[change]("scroll", this.replace, true);
    window[change]("resize", this.replace);
  }
}

function place({ button, pop }) {
  const at = button.getBoundingClientRect();
  pop.style.maxHeight = "";
  const { width, height } = pop.getBoundingClientRect();
  const below = window.innerHeight - at.bottom - 4 - EDGE;
  const above = at.top - 4 - EDGE;
  const under = height <= below || below >= above;
  pop.style.maxHeight = `${Math.max(96, under ? below : above)}px`;
  pop.style.top = `${under ? at.bottom + 4 : Math.max(EDGE, at.top - 4 - height)}px`;
  pop.style.left = `${Math.max(EDGE, Math.min(at.left, document.documentElement.clientWidth - width - EDGE))}px`;
}

function fill(tile) {
  const { total, pop } = tile;
  const text = JSON.stringify(total);
  if (pop.filled === text) return;
  pop.filled = text;
  const words = total.words.flatMap((word) => [element("dt", {}, word.term), element("dd", {}, word.meaning, element("br"), word.matters)]);
  const act = (kind) => () => {
    tile.close();
    tile.act(kind);
  };
  const buttons = [
    total.formula && element("button", { type: "button", click: act("opened") }, "Formula"),
    total.blames && element("button", { type: "button", click: act("blamed") }, "Select what is to blame"),
  ].filter(Boolean);
  pop.replaceChildren(
    element("p", { class: "title" }, `${total.label}: ${total.missing ? "not known yet" : total.text}`),
    element("p", {}, total.help),
    ...total.changes.map((change) => element("p", { class: "since" }, change)),
    ...(total.blame ? [element("p", { class: "worse" }, `${total.bar.text}. ${total.blame}`)] : []),
    ...(buttons.length ? [element("div", { class: "actions" }, ...buttons)] : []),
    ...(words.length ? [element("dl", {}, ...words)] : []),
  );
}

function makeTile(name, open, press) {
  const part = (part_name) => element("span", { class: part_name });
  const id = `about_${name}`;
  const tile = { label: part("label"), value: part("value"), change: part("change"), note: part("note"), fill: element("i"), over: part("over") };
  tile.act = (kind) => press(kind, name);
  tile.close = () => open.close(true);
  tile.button = element("button", { class: "tile", type: "button", "aria-expanded": "false", "aria-controls": id },
    element("span", { class: "line" }, tile.label, tile.change), tile.value, tile.note, element("span", { class: "bar" }, tile.fill), tile.over);
  // takes the focus of a press on its text, which would close it if it went elsewhere
  tile.pop = element("div", { class: "pop", id, popover: "manual", role: "group", tabindex: "0" });
  tile.node = element("li", {}, tile.button, tile.pop);
  const { node, button, pop } = tile;
  button.addEventListener("click", (event) => {
    const opened = open.tile === tile;
    if (opened && open.pinned) return open.close();
    open.open(tile, true);
    // by the keyboard: on to what it says; it was open by the focus already
    if (opened && event.detail === 0) pop.focus();
  });
  node.addEventListener("pointerenter", (event) => {
    if (event.pointerType === "mouse" && !open.pinned) open.later(() => open.open(tile), OPEN_AFTER_MS);
  });
  node.addEventListener("pointerleave", (event) => {
    if (event.pointerType !== "mouse" || open.pinned) return;
    if (node.contains(node.getRootNode().activeElement) && open.tile === tile) return clearTimeout(open.timer);
    open.later(() => open.close(), CLOSE_AFTER_MS);
  });
  button.addEventListener("focus", () => {
    if (!open.quiet && button.matches(":focus-visible")) open.open(tile);
  });
  node.addEventListener("focusout", (event) => {
    if (open.tile === tile && !open.quiet && !node.contains(event.relatedTarget)) open.close();
  });
  return tile;
}

function show(tile, total) {
  tile.total = total;
  setText(tile.label, total.label);
  setText(tile.value, total.text);
  setText(tile.note, total.note);
  setText(tile.change, total.change);
  tile.change.className = `change ${total.worse === null ? "" : total.worse ? "worse" : "better"}`;
  tile.node.className = [total.known ? "" : "unknown", total.bar ? (total.bar.share > 1 ? "exceeded" : "held") : ""].join(" ").trim();
  const text = total.missing ? "not known yet" : total.text;
  tile.button.setAttribute("aria-label", [total.label, text, total.change && `${total.change} by the last edit`, total.bar?.text, total.note].filter(Boolean).join(", "));
  tile.pop.setAttribute("aria-label", `About ${total.label}`);
  setText(tile.over, total.bar?.text ?? "");
  tile.fill.style.width = `${Math.min(100, 100 * (total.bar?.share ?? 0))}%`;
}

export default function totals({ data, parentElement, setTriggerValue }) {
  let list = parentElement.querySelector("ul.totals");
  if (!list) {
    list = element("ul", { class: "totals", "aria-label": "Totals of the design" });
    list.tiles = new Map();
    list.open = new Explanations();
    parentElement.append(element("p", { class: "said" }), list);
  }
  // one line for what is missing and for what is too much: never both. No live region: the canvas has the page's one
  const said = parentElement.querySelector("p.said");
  const text = data.message || data.blame;
  setText(said, text);
  // once there was something to say, the line keeps its place: a network that becomes whole must not move the canvas
  list.spoken = list.spoken || Boolean(text) || data.budgeted;
  said.className = ["said", data.blame ? "worse" : "", data.budgeted ? "kept" : "", list.spoken ? "" : "gone"].join(" ").trim();
  list.className = data.budgeted ? "totals budgeted" : "totals";
  list.press = (kind, name) => setTriggerValue(kind, name);
  const nodes = data.totals.map((total) => {
    if (!list.tiles.has(total.name)) list.tiles.set(total.name, makeTile(total.name, list.open, (kind, name) => list.press(kind, name)));
    const tile = list.tiles.get(total.name);
    show(tile, total);
    if (list.open.tile === tile) {
      fill(tile);
      place(tile);
    }
    return tile.node;
  });
  nodes.forEach((node, index) => {
    if (list.children[index] !== node) list.insertBefore(node, list.children[index] ?? null);
  });
  while (list.children.length > nodes.length) list.lastElementChild.remove();
}
