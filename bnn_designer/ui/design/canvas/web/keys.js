import { isTyping } from "./dom.js";

// The keyboard. `net` is what canvas.js offers: its tree, its selection, and its operations.

export function onKey(event, net) {
  const typing = event.composedPath().some(isTyping);
  if (typing || net.popup.isOpen) return;
  const command = event.ctrlKey || event.metaKey;
  const run = command ? COMMANDS[event.key.toLowerCase()] : event.altKey ? MOVES[event.key] : KEYS[event.key];
  if (!run) return;
  // a button in a card keeps its own Enter and Space
  if (event.key === "Enter" && event.composedPath()[0].tagName === "BUTTON") return;
  if (run(net, event) !== false) {
    event.preventDefault();
    event.stopPropagation();
  }
}

const COMMANDS = {
  z: (net, event) => net.push({ kind: event.shiftKey ? "redo" : "undo" }),
  y: (net) => net.push({ kind: "redo" }),
  d: (net) => net.duplicate(),
  a: (net) => net.select(net.tree.body(null), net.focus ?? net.tree.body(null)[0]),
};

const MOVES = {
  ArrowUp: (net) => net.step("up"),
  ArrowDown: (net) => net.step("down"),
  ArrowLeft: (net) => net.step("out"),
  ArrowRight: (net) => net.step("in"),
};

const KEYS = {
  ArrowDown: (net, event) => walk(net, 1, event.shiftKey),
  ArrowUp: (net, event) => walk(net, -1, event.shiftKey),
  ArrowLeft: (net) => {
    const { focus, tree } = net;
    if (focus === null) return false;
    if (tree.row(focus).holds && !net.folded.has(focus)) net.setFolded([focus], true);
    else if (tree.parent(focus) !== null) net.select([tree.parent(focus)]);
    return true;
  },
  ArrowRight: (net) => {
    const { focus, tree } = net;
    if (focus === null) return false;
    if (net.folded.has(focus)) net.setFolded([focus], false);
    else if (tree.body(focus).length) net.select([tree.body(focus)[0]]);
    return true;
  },
  Home: (net) => net.select([net.visible()[0]]),
  End: (net) => net.select([net.visible().at(-1)]),
  Enter: (net) => (net.focus === null ? net.openAdd() : net.editMain(net.focus)),
  F2: (net) => net.editMain(net.focus),
  " ": (net) => (net.focus === null ? false : net.toggle(net.focus)),
  Delete: (net) => net.remove(),
  Backspace: (net) => net.remove(),
  "/": (net) => net.openAdd(),
  "?": (net) => net.openKeys(),
  Escape: (net) => (net.selection.length ? net.select([], net.focus) : false),
};

/** The focus one card on; with Shift all cards from where it began. */
function walk(net, step, several) {
  const ids = net.visible();
  if (!ids.length) return false;
  const at = ids.indexOf(net.focus);
  const to = ids[Math.max(0, Math.min(ids.length - 1, at < 0 ? 0 : at + step))];
  if (several) net.selectTo(to);
  else net.select([to]);
  return true;
}
