import { element, setAttribute, setChildren, setText } from "./dom.js";

// One block: its card, and below it the list of the blocks that it holds. Made once for a block's id, then updated.

export function makeBlock(id) {
  const part = (name, ...children) => element("span", { class: name }, ...children);
  const block = {
    id,
    grip: element("button", { class: "grip", type: "button", "aria-haspopup": "menu", tabindex: "-1" }, "\u2807"),
    letter: part("letter"),
    title: part("title"),
    detail: part("detail"),
    badge: part("badge"),
    fold: element("button", { class: "fold", type: "button", tabindex: "-1" }),
    shape: part("shape"),
    weights: part("weights"),
    bar: element("i"),
    share: part("share-text"),
    ram: part("ram"),
    error: element("p", { class: "error" }),
    body: element("ul", { class: "body" }),
    foot: element("button", { class: "foot", type: "button", tabindex: "-1" }),
  };
  const figures = part("figures", block.shape, block.weights, part("share", part("meter", block.bar), block.share), block.ram);
  const head = part("head", block.grip, block.fold, block.letter, block.title, block.detail, block.badge);
  block.card = element("div", { class: "card", role: "group", tabindex: "-1" }, head, figures, block.error);
  block.node = element("li", { "data-id": id }, block.card, block.body, block.foot);
  return block;
}

/**
 * Shows a row on its card.
 * @param state `selected`, `focused`, `folded`: what the browser knows of it.
 */
export function updateBlock(block, row, state) {
  const { selected, focused, folded } = state;
  const { card } = block;
  setAttribute(block.node, "class", classes(row, folded));
  setAttribute(card, "class", ["card", selected && "selected", row.pending && "pending", row.error && "wrong"].filter(Boolean).join(" "));
  setAttribute(card, "tabindex", focused ? "0" : "-1");
  setAttribute(card, "aria-label", label(row, folded));
  setAttribute(card, "aria-current", selected ? "true" : null);
  setAttribute(card, "style", row.color ? `--precision: ${row.color}` : null);
  setAttribute(block.grip, "aria-label", `Reorder ${row.title}`);
  setAttribute(block.grip, "title", "Drag, or press for moves by click");
  setText(block.letter, row.letter ?? "");
  setAttribute(block.letter, "title", row.precision_help ?? null);
  setText(block.title, row.title);
  setText(block.detail, (folded && row.folded) || row.detail || "");
  setText(block.badge, row.sign ?? "");
  setAttribute(block.badge, "class", `badge ${row.severity ?? ""}`);
  setAttribute(block.badge, "title", row.finding ?? null);
  setAttribute(block.fold, "hidden", !row.holds);
  setText(block.fold, folded ? "\u25b8" : "\u25be");
  setAttribute(block.fold, "aria-expanded", row.holds ? String(!folded) : null);
  setAttribute(block.fold, "aria-label", `${folded ? "Unfold" : "Fold"} ${row.title}`);
  figures(block, row, folded);
  setText(block.error, row.error ?? "");
  setAttribute(block.error, "hidden", !row.error);
  setAttribute(block.body, "hidden", !row.holds || folded);
  setAttribute(block.body, "aria-label", row.holds ? `Inside ${row.title}` : null);
  setAttribute(block.foot, "hidden", !row.holds || folded);
  setAttribute(block.foot, "aria-label", `Add into ${row.title}`);
  setText(block.foot, row.foot ?? "");
}

export function updateBody(block, nodes) {
  setChildren(block.body, nodes);
}

function figures(block, row, folded) {
  const sum = (folded && row.within) || row;
  setText(block.shape, row.shape ?? "");
  setAttribute(block.shape, "title", row.shape ? "Output: height x width x channels" : null);
  setText(block.weights, sum.weights ?? "");
  setAttribute(block.weights, "title", sum.weights ? "Weights, each at its own width" : null);
  setText(block.share, sum.share_text ?? "");
  setAttribute(block.share.parentNode, "title", sum.share_text ? `${sum.share_text} of all MACs` : null);
  setAttribute(block.share.parentNode, "class", sum.share_text ? "share" : "share none");
  setAttribute(block.bar, "style", `width: ${Math.round(100 * (sum.share ?? 0))}%`);
  setText(block.ram, sum.ram ?? "");
  setAttribute(block.ram, "title", sum.ram ? "Of its output tensors alive at the peak of the RAM" : null);
}

function classes(row, folded) {
  return ["block", row.holds && "holds", row.holds && row.kind, row.dashed && "dashed", folded && "folded"].filter(Boolean).join(" ");
}

function label(row, folded) {
  const parts = [row.title, (folded && row.folded) || row.detail, row.precision_help && row.precision, row.shape && `output ${row.shape}`];
  parts.push(row.severity && `${row.severity}: ${row.finding}`, row.error && `error: ${row.error}`, folded && "folded");
  return parts.filter(Boolean).join(", ");
}

/**
 * Lets a person type a block's main number in its card.
 * @param done called with the number, or null where it was left as it is or is none.
 */
export function editNumber(block, row, done) {
  const { main } = row;
  const input = element("input", {
    class: "number", type: "number", value: main.value, min: main.minimum, max: main.maximum, step: main.step,
    "aria-label": `${main.label} of ${row.title}`,
  });
  let ended = false;
  const end = (keep) => {
    if (ended) return;
    ended = true;
    const value = Number(input.value);
    const good = keep && input.value !== "" && Number.isFinite(value) && value !== main.value;
    input.replaceWith(block.detail);
    done(good ? value : null);
  };
  input.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Enter") end(true);
    if (event.key === "Escape") end(false);
  });
  input.addEventListener("blur", () => end(true));
  block.detail.replaceWith(input);
  input.focus();
  input.select();
}
