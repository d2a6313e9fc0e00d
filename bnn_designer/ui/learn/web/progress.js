// What this browser remembers of the course: of each lesson the first answer and the last one, and whether it is done; and the board of the budget
// puzzle. It is kept in the browser, so that nobody needs an account; where the browser keeps nothing, as in some private windows, it lasts as long as
// the page. Who is in a class, by a cookie, begins anew there: what was done before belongs to nobody but this browser. `report.js` reports the rest.

const KEY = "bnn-designer.lessons";
/** As `ui/shared/membership.py` has it; a member's id stands in it before the dot. */
const COOKIE = "bnn_designer_member";
const KEEP_COOKIE_DAYS = 200;
/** What the window is told when something was remembered. */
export const CHANGED = "bnn-designer-progress";
/** Beside the lessons, whose names have no colon. */
const BOARD = "puzzle:board";
let inPage = {};

/** {lesson: {answer, done}, and the board}; what else may stand there is left out. */
export function progress() {
  try {
    inPage = JSON.parse(localStorage.getItem(keyNow()) ?? "{}");
  } catch {
    // kept in the page
  }
  return inPage !== null && typeof inPage === "object" && !Array.isArray(inPage) ? inPage : {};
}

export function progressOf(lesson) {
  return stateOf(progress()[lesson]);
}

function stateOf(found) {
  const choice = (value) => (Number.isInteger(value) ? value : null);
  return { answer: choice(found?.answer), first: choice(found?.first ?? found?.answer), done: found?.done === true };
}

/** Changes what is remembered of a lesson. */
export function remember(lesson, changes) {
  const before = progressOf(lesson);
  const after = { ...before, ...changes };
  keep({ ...progress(), [lesson]: { ...after, first: before.first ?? after.answer } });
}

/** All of it as a class is told it; `opened` is the lesson that is shown, "" where none is. */
export function reportOf(opened) {
  const lessons = {};
  for (const [name, found] of Object.entries(progress())) {
    if (name === BOARD) continue;
    const { first, done } = stateOf(found);
    lessons[name] = { answer: first, done };
  }
  if (opened) lessons[opened] ??= { answer: null, done: false };
  return { lessons, puzzle: keptChoices() };
}

/** Keeps a member's cookie; "": forgets the one there is, and what was remembered as that member. */
export function keepMember(cookie) {
  if (!cookie && memberNow()) forgetKey(keyNow());
  const days = cookie ? KEEP_COOKIE_DAYS : 0;
  const secure = location.protocol.startsWith("https") ? "; Secure" : "";
  document.cookie = `${COOKIE}=${cookie}; Path=/; SameSite=Strict; Max-Age=${days * 24 * 60 * 60}${secure}`;
  inPage = {};
}

function memberNow() {
  return document.cookie.match(new RegExp(`(?:^|; )${COOKIE}=([0-9a-f]+)\\.`))?.[1] ?? "";
}

function keyNow() {
  const member = memberNow();
  return member ? `${KEY}.${member}` : KEY;
}

function forgetKey(key) {
  try {
    localStorage.removeItem(key);
  } catch {
    // nothing is kept there
  }
}

/** The choices on the board of the budget puzzle, by their codes. */
export function keptChoices() {
  const found = progress()[BOARD];
  return Array.isArray(found) ? found.filter((code) => typeof code === "string") : [];
}

export function keepChoices(codes) {
  keep({ ...progress(), [BOARD]: codes });
}

export function forgetAll() {
  keep({});
}

function keep(all) {
  inPage = all;
  try {
    localStorage.setItem(keyNow(), JSON.stringify(all));
  } catch {
    // kept in the page
  }
  window.dispatchEvent(new Event(CHANGED));
}
