// Edits on their way to Python: numbered, kept until acknowledged, sent again where no answer comes.

/** What outlives a remount of the component, by draft. A module's own variables would go with the module. */
export function memoryOf(key) {
  window.bnnCanvas ??= new Map();
  if (!window.bnnCanvas.has(key)) {
    window.bnnCanvas.set(key, {
      outbox: new Outbox(key),
      folded: new Set(),
      selection: [],
      anchor: null,
      focus: null,
      hadFocus: false,
      several: false,
      selectionVersion: 0,
      tellings: 0,
      announced: 0,
      refused: "",
      scrollTop: 0,
      previews: 0,
      ask: null,
      answered: null,
    });
  }
  return window.bnnCanvas.get(key);
}

const RESEND_MS = 4000;
const RESEND_ANSWERED_MS = 800;

export class Outbox {
  /** @param draft whose edits these are: they may arrive when the page has turned to another one. */
  constructor(draft) {
    this.draft = draft;
    this.client = [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    this.last = 0;
    this.sendings = 0;
    this.waiting = [];
    this.send = null;
    this.timer = null;
  }

  /** Connects to a mounted component. What waits is sent soon: values set while mounting are dropped. */
  connect(send) {
    this.send = send;
    if (this.waiting.length) this.sendLater(50);
  }

  disconnect() {
    this.send = null;
    clearTimeout(this.timer);
  }

  push(operation) {
    this.last += 1;
    this.waiting.push({ ...operation, number: this.last });
    this.sendNow();
    return this.last;
  }

  /** What comes after an answer without them is sent again soon: Python may have turned to something newer instead. */
  answered(client, number) {
    if (client === this.client) this.waiting = this.waiting.filter((operation) => operation.number > number);
    if (this.waiting.length) this.sendLater(RESEND_ANSWERED_MS);
    else clearTimeout(this.timer);
  }

  sendNow() {
    if (!this.send || !this.waiting.length) return;
    this.sendings += 1; // makes the value another one, else Streamlit would not call Python
    this.send({ draft: this.draft, client: this.client, sending: this.sendings, operations: this.waiting });
    this.sendLater(RESEND_MS);
  }

  sendLater(delay_ms) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.sendNow(), delay_ms);
  }
}
