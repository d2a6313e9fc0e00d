import { element, setText } from "./dom.js";

// The presets as cards: searched, filtered and sorted here, so that nothing waits for the server; a press opens one.

const SORTS = {
  "as listed": (exhibit) => exhibit.order,
  "best top-1": (exhibit) => -(exhibit.top1_percent ?? -1),
  "smallest file": (exhibit) => exhibit.file_bytes ?? Infinity,
  "fewest MACs": (exhibit) => exhibit.macs,
};

// A picture made by thumbnail.py: numbers and colors, no text of anybody's.
function picture(svg) {
  const box = element("span", { class: "picture" });
  box.innerHTML = svg;
  return box;
}

// A search matches where every word of it is in the text, in any order.
function matches(text, wanted) {
  return wanted.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

function choice(label, options, change) {
  const select = element("select", { change });
  for (const [value, text] of options) select.append(element("option", { value }, text));
  return { select, node: element("label", {}, element("span", { class: "muted" }, label), select) };
}

function card(exhibit, open) {
  const node = element("li", {});
  const figures = [["published", exhibit.published || "no figures"], ["counted", exhibit.counted]];
  node.append(element("button", { type: "button", class: "open", title: exhibit.help, click: () => open(exhibit, false, node) },
    element("span", { class: "name" }, exhibit.name),
    picture(exhibit.picture),
    element("span", { class: "text" }, exhibit.text),
    element("dl", {}, ...figures.flatMap(([term, text]) => [element("dt", {}, term), element("dd", {}, text)]))));
  if (exhibit.small) {
    node.append(element("button", { type: "button", class: "small", title: exhibit.small.help, click: () => open(exhibit, true, node) }, exhibit.small.label));
  }
  return node;
}

function legend(entries) {
  const entry = ({ text, color }) => element("span", {}, element("i", { style: `background: ${color}` }), text);
  return element("div", { class: "legend" }, ...entries.map(entry), element("span", {}, "height: size of the map"), element("span", {}, "arc: shortcut"));
}

function build(root, data) {
  const show = () => update(root);
  const search = element("input", { type: "search", placeholder: "Search networks", "aria-label": "Search networks", input: show });
  const group = choice("Images", [["", "all"], ...data.groups.map((name) => [name, name])], show);
  const shortcuts = choice("Shortcuts", [["", "with or without"], ["yes", "with"], ["no", "without"]], show);
  const size = choice("File", [["", "any"], ...data.sizes.map((one) => [one.bytes, one.text])], show);
  const sort = choice("Sort", Object.keys(SORTS).map((name) => [name, name]), show);
  const count = element("span", { class: "count", role: "status" });
  const clear = element("button", { type: "button", class: "plain", click: () => {
    search.value = "";
    for (const one of [group, shortcuts, size]) one.select.value = "";
    show();
    search.focus();
  } }, "Show all");
  root.parts = { search, group, shortcuts, size, sort, count };
  root.none = element("div", { class: "none hidden" }, "No network here is like that.", clear);
  const open = (exhibit, small, node) => {
    if (root.classList.contains("busy")) return; // a second press would make a second draft
    root.classList.add("busy");
    node.classList.add("chosen");
    root.send("opened", { name: exhibit.name, small });
  };
  root.cards = data.exhibits.map((exhibit, order) => ({ ...exhibit, order, node: card(exhibit, open) }));
  root.groups = data.groups.map((name) => ({ name, title: element("h3", {}, name), list: element("ul", { "aria-label": `Networks: ${name}` }) }));
  root.append(
    element("div", { class: "filters", role: "search", "aria-label": "Networks" }, search, group.node, shortcuts.node, size.node, sort.node, count),
    legend(data.legend),
    ...root.groups.flatMap((one) => [one.title, one.list]), root.none);
}

function update(root) {
  const { search, group, shortcuts, size, sort, count } = root.parts;
  const shown = root.cards.filter((exhibit) =>
    matches(exhibit.words, search.value)
    && (!group.select.value || exhibit.group === group.select.value)
    && (!shortcuts.select.value || exhibit.shortcuts === (shortcuts.select.value === "yes"))
    && (!size.select.value || (exhibit.file_bytes !== null && exhibit.file_bytes <= Number(size.select.value))));
  const key = SORTS[sort.select.value];
  shown.sort((one, other) => key(one) - key(other) || one.order - other.order);
  for (const { name, title, list } of root.groups) {
    const nodes = shown.filter((exhibit) => exhibit.group === name).map((exhibit) => exhibit.node);
    list.replaceChildren(...nodes);
    title.classList.toggle("hidden", !nodes.length);
    list.classList.toggle("hidden", !nodes.length);
  }
  root.none.classList.toggle("hidden", shown.length > 0);
  setText(count, shown.length === root.cards.length ? `${shown.length} networks` : `${shown.length} of ${root.cards.length}`);
}

export default function gallery({ data, parentElement, setTriggerValue }) {
  let root = parentElement.querySelector(".root");
  if (!root) {
    root = element("div", { class: "root" });
    build(root, data);
    update(root);
    parentElement.append(root);
  }
  root.send = setTriggerValue;
  root.classList.remove("busy"); // an answer came and the page is still this one: nothing was opened
  for (const { node } of root.cards) node.classList.remove("chosen");
}
