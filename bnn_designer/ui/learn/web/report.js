import { CHANGED, reportOf } from "./progress.js";

// Tells a member's class what this browser remembers, without anything to see: when a page of the course opens, and when something was remembered. At
// most once in two seconds, and nothing twice; what the server did not take is told again.

const GAP_MS = 2000;
const told = { number: 0, text: "", next: 0, timer: 0, lesson: "", trigger: () => {} };

export default function report({ data, setTriggerValue }) {
  told.lesson = data.lesson;
  told.trigger = setTriggerValue;
  if (data.answer.number === told.number && !data.answer.taken) told.text = "";
  tell();
  window.addEventListener(CHANGED, tell);
  return () => {
    window.removeEventListener(CHANGED, tell);
    clearTimeout(told.timer);
  };
}

function tell() {
  clearTimeout(told.timer);
  const found = reportOf(told.lesson);
  const text = JSON.stringify(found);
  if (text === told.text) return;
  const wait = told.next - Date.now();
  if (wait > 0) {
    told.timer = setTimeout(tell, wait);
    return;
  }
  told.text = text;
  told.next = Date.now() + GAP_MS;
  told.number += 1;
  told.trigger("reported", { number: told.number, report: found });
}
