import { onKey } from "./keys.js";

// What the document hears for the canvas: the clipboard, and keys while nothing has the focus. Streamlit may replace the
// component at any time, and for a moment neither the old one nor the new one has the focus, or there is no new one yet.
// What a hand does then is still meant for the canvas, so the old one hears it until the new one does.

const GAP_MS = 1000;

export class Hearing {
  /** @param net with `memory`, which outlives it. */
  constructor(net) {
    this.net = net;
    this.heard = {
      copy: (event) => net.copy(event),
      cut: (event) => net.copy(event) && net.remove(),
      paste: (event) => net.paste(event),
      keydown: (event) => this.isBetween() && onKey(event, net),
    };
    // one for the page: what comes after another draft is open is not meant for the one before
    window.bnnHearing?.stop();
    window.bnnHearing = this;
    for (const [name, listener] of Object.entries(this.heard)) document.addEventListener(name, listener);
  }

  /** Whether the focus was in the canvas, and went with the component that had it. */
  isBetween() {
    return this.net.memory.hadFocus && document.activeElement === document.body;
  }

  stop() {
    clearTimeout(this.timer);
    for (const [name, listener] of Object.entries(this.heard)) document.removeEventListener(name, listener);
  }

  stopSoon() {
    this.timer = setTimeout(() => this.stop(), GAP_MS);
  }
}
