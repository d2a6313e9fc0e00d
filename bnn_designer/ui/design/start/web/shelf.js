import { element, setText } from "./dom.js";

// The drafts as a list: opened, renamed, duplicated, deleted, brought back, and found by a search of the server's.

const SEARCH_AFTER_MS = 250;

// Actions leave one by one: the next when the last one was acknowledged.
function send(root, kind, draft, name = "") {
  root.queue.push({ kind, draft, name });
  root.rows.get(draft)?.node.classList.add("busy");
  sendNext(root);
}

function sendNext(root) {
  if (root.waiting || !root.queue.length) return;
  root.number += 1;
  root.waiting = root.number;
  root.setStateValue("action", { number: root.number, ...root.queue.shift() });
}

function acknowledge(root, number) {
  root.number = Math.max(root.number, number);
  if (root.waiting && number >= root.waiting) root.waiting = 0;
  sendNext(root);
}

function makeRow(root, draft) {
  const row = { draft };
  row.box = element("span", { class: "picture" });
  row.name = element("span", { class: "name" });
  row.facts = element("span", {});
  row.when = element("span", {});
  row.open = element("button", { type: "button", class: "open", click: () => send(root, "open", draft.id) },
    row.box, element("span", { class: "facts" }, row.name, row.facts, row.when));
  const tool = (text, act) => element("button", { type: "button", click: act }, text);
  row.tools = {
    Rename: tool("Rename", () => startRename(root, row)),
    Copy: tool("Copy", () => send(root, "duplicate", draft.id)),
    Delete: tool("Delete", () => { focusBeside(root, row); send(root, "delete", draft.id); }),
  };
  row.node = element("li", {}, row.open, element("span", { class: "tools" }, ...Object.values(row.tools)));
  return row;
}

function showRow(row, draft) {
  row.draft = draft;
  if (row.svg !== draft.picture) row.box.innerHTML = row.svg = draft.picture;
  setText(row.name, draft.name);
  setText(row.facts, draft.facts);
  setText(row.when, draft.when);
  row.open.title = `${draft.name} · ${draft.id}`;
  row.open.setAttribute("aria-label", `Open ${draft.name}, ${draft.facts}, ${draft.when}`);
  for (const [what, button] of Object.entries(row.tools)) button.setAttribute("aria-label", `${what} ${draft.name}`);
  row.node.classList.remove("busy");
}

function startRename(root, row) {
  const input = element("input", { value: row.draft.name, maxlength: 80, "aria-label": `New name of ${row.draft.name}` });
  const end = (save) => {
    if (!form.isConnected) return;
    form.replaceWith(...parts);
    row.tools.Rename.focus();
    if (save && input.value.trim() !== row.draft.name) send(root, "rename", row.draft.id, input.value);
  };
  const form = element("form", { class: "rename", submit: (event) => { event.preventDefault(); end(true); },
    keydown: (event) => { if (event.key === "Escape") end(false); } },
    input, element("button", { type: "submit" }, "Save"), element("button", { type: "button", click: () => end(false) }, "Cancel"));
  const parts = [...row.node.children];
  row.node.replaceChildren(form);
  input.select();
}

// The focus goes to the next draft, the one before, or the search, when a draft leaves the list.
function focusBeside(root, row) {
  const beside = row.node.nextElementSibling ?? row.node.previousElementSibling;
  (beside?.querySelector("button") ?? root.parts.search).focus();
}

function showView(root) {
  root.setStateValue("view", { search: root.parts.search.value, limit: root.limit });
}

function build(root) {
  const search = element("input", { type: "search", class: "search", placeholder: "Search your drafts", "aria-label": "Search your drafts", input: () => {
    clearTimeout(root.timer);
    root.timer = setTimeout(() => showView(root), SEARCH_AFTER_MS);
  } });
  const message = element("div", { class: "message hidden" });
  const text = element("span", { role: "status" });
  const undo = element("button", { type: "button", class: "plain", click: () => send(root, "restore", root.undo) }, "Undo");
  message.append(text, undo);
  const list = element("ul", { "aria-label": "Your drafts" });
  const empty = element("div", { class: "empty" });
  const more = element("button", { type: "button", class: "plain more", click: () => { root.limit += root.page; showView(root); } }, "Show more");
  const summary = element("summary", {});
  const deletedList = element("ul", { "aria-label": "Recently deleted drafts" });
  const deleted = element("details", {}, summary, deletedList);
  root.parts = { search, message, text, undo, list, empty, more, summary, deletedList, deleted };
  root.append(search, message, list, empty, more, deleted);
}

function showEmpty(root, data) {
  const { empty, search, list } = root.parts;
  const none = !data.drafts.length;
  empty.classList.toggle("hidden", !none);
  list.classList.toggle("hidden", none);
  search.classList.toggle("hidden", none && !data.search && !search.value);
  if (!none) return;
  empty.replaceChildren(...(data.search
    ? [element("strong", {}, `No draft is named like "${data.search}".`), "The search looks for words of the name, in any order."]
    : [element("strong", {}, "No drafts yet."), "Choose a network, or start empty. Each change is saved at once, and you find the design here again."]));
}

function showDeleted(root, data) {
  const { summary, deletedList, deleted } = root.parts;
  deleted.classList.toggle("hidden", !data.deleted.length);
  setText(summary, `Recently deleted (${data.deleted.length}), kept for ${data.keep_days} days`);
  deletedList.replaceChildren(...data.deleted.map((one) => element("li", {},
    element("span", { class: "facts" }, element("span", { class: "name" }, one.name), element("span", {}, `changed ${one.when}`)),
    element("span", { class: "tools" },
      element("button", { type: "button", "aria-label": `Restore ${one.name}`, click: () => send(root, "restore", one.id) }, "Restore")))));
}

function show(root, data) {
  const { message, text, undo, list, more } = root.parts;
  message.classList.toggle("hidden", !data.message);
  message.classList.toggle("wrong", Boolean(data.message?.wrong));
  setText(text, data.message?.text ?? "");
  root.undo = data.message?.undo ?? "";
  undo.classList.toggle("hidden", !root.undo);
  const nodes = data.drafts.map((draft) => {
    if (!root.rows.has(draft.id)) root.rows.set(draft.id, makeRow(root, draft));
    const row = root.rows.get(draft.id);
    showRow(row, draft);
    return row.node;
  });
  const kept = new Set(data.drafts.map((draft) => draft.id));
  for (const [id, row] of root.rows) {
    if (!kept.has(id)) { row.node.remove(); root.rows.delete(id); }
  }
  nodes.forEach((node, index) => { if (list.children[index] !== node) list.insertBefore(node, list.children[index] ?? null); });
  for (const one of root.queue) root.rows.get(one.draft)?.node.classList.add("busy");
  more.classList.toggle("hidden", !data.more);
  showEmpty(root, data);
  showDeleted(root, data);
}

export default function shelf({ data, parentElement, setStateValue }) {
  let root = parentElement.querySelector(".root");
  if (!root) {
    root = element("div", { class: "root" });
    Object.assign(root, { queue: [], waiting: 0, number: data.acknowledged, rows: new Map(), limit: data.limit, page: data.page });
    build(root);
    root.parts.search.value = data.search;
    parentElement.append(root);
  }
  root.setStateValue = setStateValue;
  show(root, data);
  acknowledge(root, data.acknowledged);
}
