// The totals as a strip of tiles. A press on one opens its formula; one that exceeds its limit selects what is to blame.

function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(name, value);
    else if (value !== null && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children);
  return node;
}

function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function makeTile(name, press) {
  const part = (part_name) => element("span", { class: part_name });
  const tile = { label: part("label"), value: part("value"), change: part("change"), note: part("note"), fill: element("i"), over: part("over") };
  tile.button = element("button", { type: "button", click: () => press(name) },
    element("span", { class: "line" }, tile.label, tile.change), tile.value, tile.note, element("span", { class: "bar" }, tile.fill), tile.over);
  tile.node = element("li", {}, tile.button);
  return tile;
}

function show(tile, total) {
  setText(tile.label, total.label);
  setText(tile.value, total.text);
  setText(tile.note, total.note);
  setText(tile.change, total.change);
  tile.change.className = `change ${total.worse === null ? "" : total.worse ? "worse" : "better"}`;
  tile.node.className = [total.known ? "" : "unknown", total.bar ? (total.bar.share > 1 ? "exceeded" : "held") : ""].join(" ").trim();
  tile.button.title = total.help;
  tile.button.disabled = !total.opens;
  tile.button.setAttribute("aria-label", [total.label, total.text, total.change && `${total.change} by the last edit`, total.bar?.text, total.note].filter(Boolean).join(", "));
  setText(tile.over, total.bar?.text ?? "");
  tile.fill.style.width = `${Math.min(100, 100 * (total.bar?.share ?? 0))}%`;
}

export default function totals({ data, parentElement, setTriggerValue }) {
  let list = parentElement.querySelector("ul.totals");
  if (!list) {
    list = element("ul", { class: "totals", "aria-label": "Totals of the design" });
    list.tiles = new Map();
    parentElement.append(list);
  }
  const blame = parentElement.querySelector("p.blame") ?? list.insertAdjacentElement("afterend", element("p", { class: "blame", role: "status" }));
  setText(blame, data.blame);
  list.press = (name) => setTriggerValue("opened", name);
  const nodes = data.totals.map((total) => {
    if (!list.tiles.has(total.name)) list.tiles.set(total.name, makeTile(total.name, (name) => list.press(name)));
    const tile = list.tiles.get(total.name);
    show(tile, total);
    return tile.node;
  });
  nodes.forEach((node, index) => {
    if (list.children[index] !== node) list.insertBefore(node, list.children[index] ?? null);
  });
  while (list.children.length > nodes.length) list.lastElementChild.remove();
}
