// What this browser remembers of the course: of each lesson the answer that was given, and whether it is done; and the board of the budget puzzle. It
// is kept in the browser alone, so that nobody needs an account; where the browser keeps nothing, as in some private windows, it lasts as long as the
// page.

const KEY = "bnn-designer.lessons";
/** Beside the lessons, whose names have no colon. */
const BOARD = "puzzle:board";
let inPage = {};

/** {lesson: {answer, done}, and the board}; what else may stand there is left out. */
export function progress() {
  try {
    inPage = JSON.parse(localStorage.getItem(KEY) ?? "{}");
  } catch {
    // kept in the page
  }
  return inPage !== null && typeof inPage === "object" && !Array.isArray(inPage) ? inPage : {};
}

export function progressOf(lesson) {
  const found = progress()[lesson] ?? {};
  return { answer: Number.isInteger(found.answer) ? found.answer : null, done: found.done === true };
}

/** Changes what is remembered of a lesson. */
export function remember(lesson, changes) {
  keep({ ...progress(), [lesson]: { ...progressOf(lesson), ...changes } });
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
    localStorage.setItem(KEY, JSON.stringify(all));
  } catch {
    // kept in the page
  }
}
