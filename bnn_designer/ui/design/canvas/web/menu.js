import { element, setChildren } from "./dom.js";

// What opens over the canvas: the searchable list of blocks, the moves of a block, and the list of keys.

/** One popup at a time. It closes with Escape, a choice, or a press elsewhere; the focus goes back where it was. */
export class Popup {
  constructor(root) {
    this.root = root;
    this.node = null;
    this.back = null;
    this.outside = (event) => {
      if (this.node && !event.composedPath().includes(this.node)) this.close(false);
    };
  }

  get isOpen() {
    return this.node !== null;
  }

  open(node, anchor, back) {
    this.close(false);
    this.node = node;
    this.back = back;
    this.root.append(node);
    place(node, anchor, this.root);
    node.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Escape") this.close();
    });
    // Tab leads out of it, and what is left open would keep the keys from the canvas
    node.addEventListener("focusout", () => setTimeout(() => {
      if (this.node === node && !node.contains(node.getRootNode().activeElement)) this.close(false);
    }));
    window.addEventListener("pointerdown", this.outside, true);
  }

  close(giveBack = true) {
    if (!this.node) return;
    window.removeEventListener("pointerdown", this.outside, true);
    const { node, back } = this;
    this.node = null;
    node.remove();
    if (giveBack) back?.();
  }
}

function place(node, anchor, root) {
  const frame = root.getBoundingClientRect();
  const at = anchor.getBoundingClientRect();
  const { width, height } = node.getBoundingClientRect();
  const left = Math.max(4, Math.min(at.left - frame.left, frame.width - width - 4));
  const below = at.bottom - frame.top + 4;
  const top = below + height <= frame.height ? below : Math.max(4, at.top - frame.top - height - 4);
  node.style.left = `${left}px`;
  node.style.top = `${top}px`;
}

/**
 * The searchable list of blocks.
 * @param kinds in their order, the likely ones first; each with `kind`, `title`, `group`, `help`.
 */
export function openAddMenu(popup, { kinds, where, anchor, back, choose }) {
  const input = element("input", {
    type: "text", role: "combobox", "aria-expanded": "true", "aria-controls": "kinds", "aria-autocomplete": "list",
    "aria-label": `Add a block ${where}`, placeholder: "Type to search", autocomplete: "off", spellcheck: "false",
  });
  const list = element("ul", { id: "kinds", role: "listbox", "aria-label": "Blocks" });
  const node = element("div", { class: "popup add", role: "dialog", "aria-label": `Add a block ${where}` },
    element("p", { class: "where" }, `Add ${where}`), input, list);
  let shown = [];
  let at = 0;
  const pick = (kind) => {
    popup.close(false);
    choose(kind);
  };
  const draw = () => {
    const words = input.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    shown = kinds.filter(({ title, group, help }) => {
      const text = `${title} ${group} ${help}`.toLowerCase();
      return words.every((word) => text.includes(word));
    });
    // what begins with the word is meant before what only mentions it
    if (words.length) shown.sort((one, other) => starts(other, words[0]) - starts(one, words[0]));
    at = Math.min(at, Math.max(0, shown.length - 1));
    setChildren(list, shown.map((kind, index) => option(kind, index, index === at, () => pick(kind))));
    if (!shown.length) list.append(element("li", { class: "none" }, "No block is called so."));
    input.setAttribute("aria-activedescendant", shown.length ? `kind-${at}` : "");
    list.children[at]?.scrollIntoView({ block: "nearest" });
  };
  input.addEventListener("input", () => {
    at = 0;
    draw();
  });
  input.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && shown.length) {
      event.preventDefault();
      at = (at + step + shown.length) % shown.length;
      draw();
    } else if (event.key === "Enter" && shown.length) {
      event.preventDefault();
      pick(shown[at]);
    }
  });
  popup.open(node, anchor, back);
  draw();
  place(node, anchor, popup.root);
  input.focus();
}

function starts({ title }, word) {
  return title.toLowerCase().split(" ").some((part) => part.startsWith(word)) ? 1 : 0;
}

function option({ title, help, likely }, index, active, choose) {
  const node = element("li", { role: "option", id: `kind-${index}`, "aria-selected": String(active), class: active ? "active" : null, click: choose },
    element("b", {}, title), element("small", {}, help));
  if (likely) node.prepend(element("span", { class: "likely", title: "Often comes here" }, "\u2605"));
  return node;
}

/** A menu of actions: each with `label`, `run` and perhaps `off`, `keys`; null makes a line. */
export function openMenu(popup, { title, actions, anchor, back }) {
  const items = actions.filter(Boolean).map((action) =>
    element("button", {
      type: "button", role: "menuitem", tabindex: "-1", disabled: Boolean(action.off),
      click: () => {
        popup.close();
        action.run();
      },
    }, element("span", {}, action.label), element("kbd", {}, action.keys ?? "")));
  const node = element("div", { class: "popup menu", role: "menu", "aria-label": title });
  let next = 0;
  for (const action of actions) node.append(action ? items[next++] : element("hr"));
  const usable = items.filter((item) => !item.disabled);
  node.addEventListener("keydown", (event) => {
    const at = usable.indexOf(node.getRootNode().activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: usable.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    usable[(to + usable.length) % usable.length]?.focus();
  });
  popup.open(node, anchor, back);
  usable[0]?.focus();
}

const KEYS = [
  ["\u2191 \u2193", "previous and next block"],
  ["\u2190 \u2192", "fold and unfold, or out to the holder and into it"],
  ["Shift + \u2191 \u2193", "select several"],
  ["Alt + \u2191 \u2193", "move up and down"],
  ["Alt + \u2190 \u2192", "move out of and into the block beside it"],
  ["Enter", "type the main number"],
  ["/", "add a block after this one"],
  ["Delete", "remove"],
  ["Ctrl + D", "duplicate"],
  ["Ctrl + C, X, V", "copy, cut, paste; in other designs and tabs, too"],
  ["Ctrl + A", "select all"],
  ["Ctrl + Z, Shift + Ctrl + Z", "undo, redo"],
  ["Escape", "stop dragging, close, select nothing"],
  ["?", "this list"],
];

export function openKeys(popup, { anchor, back }) {
  const table = element("table", {}, ...KEYS.map(([keys, what]) =>
    element("tr", {}, element("th", { scope: "row" }, element("kbd", {}, keys)), element("td", {}, what))));
  const close = element("button", { type: "button", click: () => popup.close() }, "Close");
  const node = element("div", { class: "popup keys", role: "dialog", "aria-label": "Keys" },
    element("p", { class: "where" }, "Keys, while a block has the focus"), table, close);
  popup.open(node, anchor, back);
  close.focus();
}
