// What the curves of the fourth lesson show after an epoch, as bnn_designer/lessons/ends.py has it. Epochs count from 1.

/** The best of the first epochs. */
export function bestUntil(accuracies, epoch) {
  return Math.max(...accuracies.slice(0, epoch));
}

/** 0 to 1 as a percentage with one decimal. */
export function percentText(share) {
  return `${(100 * share).toFixed(1)} %`;
}

/** After an epoch and best until it, as texts; null where there is no such epoch. */
export function after(accuracies, epoch) {
  if (epoch > accuracies.length) return null;
  return { at: percentText(accuracies[epoch - 1]), best: percentText(bestUntil(accuracies, epoch)) };
}
