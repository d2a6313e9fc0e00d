// What is selected here, on its way to Python: told once a hand has come to rest, and again where it was lost on the way,
// as what a component says while Streamlit replaces it.

const REST_MS = 90;
const AGAIN_MS = 700;
const MOST_TIMES = 3;

export class Telling {
  /** @param memory what outlives a remount; @param send brings a value to Python. */
  constructor(memory, send) {
    this.memory = memory;
    this.send = send;
    this.timer = null;
  }

  /** While a key repeats or a pointer hurries on, only the last selection is worth a run of the page. */
  later() {
    this.memory.tellings = 0;
    this.after(REST_MS);
  }

  /** @param selection that Python has, with the number of times that it selected something itself. */
  answered({ version, ids }) {
    const { memory } = this;
    const known = version !== memory.selectionVersion || (ids.length === memory.selection.length && ids.every((id, at) => id === memory.selection[at]));
    if (known) {
      if (memory.tellings) this.stop();
      memory.tellings = 0;
    } else if (this.timer === null && memory.tellings < MOST_TIMES) this.after(AGAIN_MS);
  }

  after(delay_ms) {
    this.stop();
    this.timer = setTimeout(() => {
      this.timer = null;
      this.memory.tellings += 1; // makes the value another one, else Streamlit would not call Python
      this.send({ ids: this.memory.selection, version: this.memory.selectionVersion, time: this.memory.tellings });
    }, delay_ms);
  }

  stop() {
    clearTimeout(this.timer);
    this.timer = null;
  }
}
