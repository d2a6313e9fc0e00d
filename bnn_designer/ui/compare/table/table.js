import { element } from "./dom.js";

// A table that people sort by its headings and tick rows of. Python owns what is chosen and how it is sorted; the
// browser shows a choice at once and sends it as a whole, with a number. What Python sends back is taken over as soon
// as it has seen the last number, so that a slow answer never undoes a fast click. Elements are kept by their keys and
// changed in place: a rebuilt one would swallow clicks and lose the focus.

// What is told while Streamlit replaces the component is lost: where Python still has not seen the last number after so
// long, the choice is told again, under a new number, or Streamlit would take it for the old value.
const AGAIN_MS = 700;
const MOST_TIMES = 3;

const tables = new WeakMap(); // by parent, outside of any call: a call is a redraw

export default function table(component) {
  const { parentElement, data, setStateValue } = component;
  if (!data) return;
  let drawn = tables.get(parentElement);
  if (!drawn) {
    drawn = new Table(parentElement);
    tables.set(parentElement, drawn);
  }
  drawn.send = (picked) => setStateValue("picked", picked);
  drawn.draw(data);
}

class Table {
  constructor(parent) {
    this.number = 0;
    this.timer = null;
    this.times = 0; // that the last choice was told again
    this.chosen = new Set();
    this.sort = "";
    this.rows = new Map();
    this.head = element("tr");
    this.body = element("tbody");
    this.caption = element("caption");
    this.live = element("div", { class: "hidden", "aria-live": "polite" });
    const table = element("table", {}, this.caption, element("thead", {}, this.head), this.body);
    this.region = element("div", { class: "region", role: "region", tabindex: "0" }, table);
    parent.append(this.region, this.live);
  }

  draw(data) {
    this.data = data;
    if (data.seen < this.number) this.tellAgain();
    else {
      clearTimeout(this.timer);
      this.timer = null;
      this.times = 0;
      this.number = data.seen;
      this.chosen = new Set(data.chosen);
      this.sort = data.sort;
    }
    this.caption.textContent = data.caption;
    this.region.setAttribute("aria-label", data.caption);
    this.region.className = `region ${data.shape}`;
    this.drawHead();
    this.drawRows();
  }

  pick() {
    this.drawHead();
    this.drawRows();
    this.times = 0;
    this.tell();
  }

  tell() {
    this.number += 1;
    this.send({ number: this.number, chosen: [...this.chosen], sort: this.sort });
  }

  tellAgain() {
    if (this.timer !== null || this.times >= MOST_TIMES) return;
    this.timer = setTimeout(() => {
      this.timer = null;
      this.times += 1;
      this.tell();
    }, AGAIN_MS);
  }

  drawHead() {
    const made = JSON.stringify([this.data.columns, this.data.sortable]);
    if (made !== this.madeHead) {
      this.madeHead = made;
      this.head.replaceChildren(...this.data.columns.map((column) => this.heading(column)));
    }
    for (const cell of this.head.children) {
      const down = this.sort === `-${cell.dataset.key}`;
      const sorted = down || this.sort === cell.dataset.key;
      if (sorted) cell.setAttribute("aria-sort", down ? "descending" : "ascending");
      else cell.removeAttribute("aria-sort");
      const arrow = cell.querySelector(".arrow");
      if (arrow) arrow.textContent = sorted ? (down ? "▼" : "▲") : "↕";
    }
  }

  heading(column) {
    const attributes = { scope: "col", "data-key": column.key, class: column.start ? "start" : null };
    if (!this.data.sortable) {
      const words = element("span", { class: "words" }, column.label);
      return element("th", { ...attributes, title: column.help }, words, note(column));
    }
    const arrow = element("span", { class: "arrow", "aria-hidden": "true" });
    const button = element(
      "button",
      { type: "button", title: column.help, "aria-description": column.help },
      ...withLast(column.label, arrow),
    );
    button.addEventListener("click", () => this.sortBy(column));
    return element("th", attributes, button, note(column));
  }

  // Least first, then most first, then as they came.
  sortBy(column) {
    const { key, label } = column;
    this.sort = this.sort === key ? `-${key}` : this.sort === `-${key}` ? "" : key;
    const said = { [key]: `Sorted by ${label}, ascending.`, [`-${key}`]: `Sorted by ${label}, descending.` };
    this.live.textContent = said[this.sort] ?? "In the original order.";
    this.pick();
  }

  sorted() {
    const { rows, columns } = this.data;
    const place = columns.findIndex((column) => column.key === this.sort.replace(/^-/, ""));
    if (place < 0) return rows;
    const way = this.sort.startsWith("-") ? -1 : 1;
    const value = (row) => (place === 0 ? row.title : row.cells[place - 1].sort);
    const missing = (row) => value(row) === null || value(row) === undefined;
    const compare = (one, other) => {
      // Rows without a figure stay at the end, whichever way.
      if (missing(one) || missing(other)) return missing(one) - missing(other);
      const [a, b] = [value(one), value(other)];
      return way * (typeof a === "string" ? a.localeCompare(b) : a - b);
    };
    const pinned = rows.filter((row) => row.pinned);
    return [...pinned, ...rows.filter((row) => !row.pinned).sort(compare)];
  }

  drawRows() {
    const wanted = this.sorted();
    const ids = new Set(wanted.map((row) => row.id));
    for (const [id, kept] of this.rows) {
      if (!ids.has(id)) {
        kept.line.remove();
        this.rows.delete(id);
      }
    }
    const focused = this.body.getRootNode().activeElement;
    wanted.forEach((row, index) => {
      const line = this.row(row);
      if (this.body.children[index] !== line) this.body.insertBefore(line, this.body.children[index] ?? null);
    });
    if (focused && focused.isConnected && this.body.contains(focused)) focused.focus();
  }

  row(row) {
    let kept = this.rows.get(row.id);
    if (!kept) {
      kept = { line: element("tr"), made: "", tick: null };
      this.rows.set(row.id, kept);
    }
    const made = JSON.stringify(row);
    if (made !== kept.made) {
      kept.made = made;
      kept.tick = row.tick ? kept.tick ?? this.tick(row) : null;
      kept.line.className = row.pinned ? "pinned" : "";
      kept.line.replaceChildren(this.title(row, kept.tick), ...cells(row.cells));
    }
    if (kept.tick) {
      kept.tick.checked = this.chosen.has(row.id);
      kept.tick.setAttribute("aria-label", row.tick);
      const full = !kept.tick.checked && this.data.most > 1 && this.chosen.size >= this.data.most;
      kept.tick.disabled = full;
      kept.tick.title = full ? `At most ${this.data.most} can be chosen.` : "";
      kept.line.classList.toggle("chosen", kept.tick.checked);
    }
    return kept.line;
  }

  title(row, tick) {
    const words = element("span", { class: "words" }, row.title, note(row));
    const head = element("th", { scope: "row", title: row.hover, class: row.strong ? "strong" : null });
    head.style.setProperty("--depth", row.depth ?? 0);
    head.append(tick ? element("label", {}, tick, words) : words);
    return head;
  }

  tick(row) {
    const tick = element("input", { type: "checkbox" });
    tick.addEventListener("change", () => {
      if (tick.checked && this.data.most === 1) this.chosen.clear(); // one in the place of another
      if (tick.checked) this.chosen.add(row.id);
      else this.chosen.delete(row.id);
      this.pick();
    });
    return tick;
  }
}

// A text whose last word stays on the line of what follows.
function withLast(text, following) {
  const space = text.lastIndexOf(" ") + 1;
  return [text.slice(0, space), element("span", { class: "last" }, text.slice(space), following)];
}

function note(one) {
  return one.note ? element("span", { class: "note" }, one.note) : null;
}

// Neighbours that are unknown for one reason share a cell: the reason is said once, in words.
function cells(all) {
  const found = [];
  for (const cell of all) {
    const last = found[found.length - 1];
    if (last && cell.tone === "unknown" && last.cell.tone === "unknown" && last.cell.hover === cell.hover) last.span += 1;
    else found.push({ cell, span: 1 });
  }
  return found.map(({ cell, span }) => {
    const kind = [cell.tone, cell.start && "start", cell.note && "noted"].filter(Boolean).join(" ");
    const attributes = { class: kind, title: cell.hover };
    if (span > 1) attributes.colspan = span;
    if (cell.quiet) {
      return element(
        "td",
        attributes,
        element("span", { "aria-hidden": "true" }, cell.quiet),
        element("span", { class: "hidden" }, cell.text),
      );
    }
    return element("td", attributes, element("span", { class: "text" }, cell.text), note(cell));
  });
}
