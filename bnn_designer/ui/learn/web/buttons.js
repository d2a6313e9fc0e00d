// A grid of buttons of which one is in the order of the Tab key; the arrow keys, Home and End lead to the others.

const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

/** `rows`: lists of buttons, of one length. */
export function arrowKeys(rows) {
  const enter = (chosen) => rows.flat().forEach((button) => (button.tabIndex = button === chosen ? 0 : -1));
  rows.forEach((buttons, row) =>
    buttons.forEach((button, column) => {
      button.addEventListener("focus", () => enter(button));
      button.addEventListener("keydown", (event) => {
        const next = event.key === "Home" ? buttons[0] : event.key === "End" ? buttons.at(-1) : neighbour(rows, row, column, event.key);
        if (!next) return;
        event.preventDefault();
        next.focus();
      });
    }),
  );
  enter(rows[0][0]);
}

function neighbour(rows, row, column, key) {
  const step = STEPS[key];
  return step && rows[row + step[0]]?.[column + step[1]];
}
