// The blocks as the browser knows them: rows that Python made, and who holds whom.

/** Immutable: an operation gives a new tree. */
export class Tree {
  /** @param rows in reading order; each with `id`, `parent` (null: the design) and `holds`. */
  constructor(rows) {
    this.rows = new Map(rows.map((row) => [row.id, row]));
    this.bodies = new Map([[null, []]]);
    for (const row of rows) if (row.holds) this.bodies.set(row.id, []);
    for (const row of rows) this.bodies.get(row.parent)?.push(row.id);
  }

  has(id) {
    return this.rows.has(id);
  }

  row(id) {
    return this.rows.get(id);
  }

  parent(id) {
    return this.rows.get(id).parent;
  }

  body(id) {
    return this.bodies.get(id) ?? [];
  }

  index(id) {
    return this.body(this.parent(id)).indexOf(id);
  }

  /** All ids in reading order, without those inside folded blocks. */
  visible(folded = new Set(), parent = null) {
    return this.body(parent).flatMap((id) =>
      folded.has(id) ? [id] : [id, ...this.visible(folded, id)],
    );
  }

  /** Whether a block is `other` or stands somewhere inside it. */
  isWithin(id, other) {
    for (let at = id; at !== null && at !== undefined; at = this.rows.get(at)?.parent) if (at === other) return true;
    return false;
  }

  /** The blocks of `ids` that are not inside another of them, in reading order. */
  outermost(ids) {
    const chosen = new Set(ids);
    return this.visible().filter((id) => {
      if (!chosen.has(id)) return false;
      for (let at = this.parent(id); at !== null; at = this.parent(at)) if (chosen.has(at)) return false;
      return true;
    });
  }

  /** Whether blocks may be put into a parent: it holds blocks, and is none of them nor inside one. */
  takes(ids, parent) {
    return (parent === null || this.bodies.has(parent)) && !ids.some((id) => this.isWithin(parent, id));
  }

  /** Where a new block goes if none points at a place: behind the block, into it if it is empty, never behind a head. */
  placeAfter(id) {
    const known = id !== null && this.has(id);
    if (known && this.row(id).holds && !this.body(id).length) return { parent: id, index: 0 };
    const parent = known ? this.parent(id) : null;
    const body = this.body(parent);
    const index = known ? this.index(id) + 1 : body.length;
    return { parent, index: index > 0 && this.row(body[index - 1]).kind === "head" ? index - 1 : index };
  }

  /** A place in words: `after Conv 3`, `at the start of Stage 1`. */
  placeText({ parent, index }) {
    const above = this.body(parent)[index - 1];
    if (above !== undefined) return `after ${this.row(above).title}`;
    return parent === null ? "at the start" : `into ${this.row(parent).title}`;
  }

  /**
   * What the tree will probably be once Python has applied an operation, so that nobody waits to see it. Python's
   * answer replaces it. An operation that is not worth guessing only marks its blocks as pending.
   */
  after(operation) {
    const guess = GUESSES[operation.kind];
    return guess ? guess(this, operation) : this.marked(operation.ids ?? []);
  }

  marked(ids) {
    return this.with((row) => (ids.includes(row.id) ? { ...row, pending: true } : row));
  }

  with(change) {
    return new Tree(this.visible().map((id) => change(this.row(id))));
  }

  /** The tree with blocks taken out and, unless `parent` is undefined, put before `index` of it, as counted now. */
  moved(ids, parent, index) {
    const moving = this.outermost(ids);
    const rows = [];
    const emit = (id) => rows.push(this.row(id), ...this.below(id).map((inner) => this.row(inner)));
    const put = () => {
      for (const id of moving) {
        rows.push({ ...this.row(id), parent, pending: true }, ...this.below(id).map((inner) => this.row(inner)));
      }
    };
    const walk = (holder) => {
      const body = this.body(holder);
      body.forEach((id, place) => {
        if (holder === parent && place === index) put();
        if (moving.includes(id)) return;
        if (this.bodies.has(id)) {
          rows.push(this.row(id));
          walk(id);
        } else emit(id);
      });
      if (holder === parent && index >= body.length) put();
    };
    walk(null);
    return new Tree(rows);
  }

  below(id) {
    return this.visible(new Set(), id);
  }
}

const GUESSES = {
  move: (tree, { ids, parent, index }) => tree.moved(ids.filter((id) => tree.has(id)), parent, index),
  remove: (tree, { ids }) => tree.moved(ids.filter((id) => tree.has(id)), undefined, 0),
  set: (tree, { id, value }) =>
    tree.with((row) =>
      row.id === id && row.main
        ? { ...row, pending: true, detail: row.detail.replace(row.main.value, value), main: { ...row.main, value } }
        : row,
    ),
  add: (tree, { block_kind, title, parent, index, number }) => {
    const row = { id: `new-${number}`, kind: block_kind, title, parent: null, detail: "", holds: false, pending: true };
    const rows = [...tree.visible().map((id) => tree.row(id)), row];
    return parent !== null && !tree.bodies.has(parent) ? tree : new Tree(rows).moved([row.id], parent, index);
  },
};
