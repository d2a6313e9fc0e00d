import { memoryOf } from "./outbox.js";

// The way of questions about what an edit would cost, and of their answers: an element of its own without anything to
// see, so that a question runs a small part of the page alone, and edits never wait behind one.

export default function questions({ data, setStateValue }) {
  const memory = memoryOf(data.draft);
  memory.ask = (question) => setStateValue("asked", question);
  memory.answered?.(data.answer);
}
