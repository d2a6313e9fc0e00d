// Batch norm and sign behind a binary layer, as bnn_designer/lessons/folding.py has it. `norm`: {gamma, beta, there}.

export const PRODUCTS = 288;
const EPSILON = 0.001;

/** What the sign reads for a sum. */
export function normalized(sums, norm, sum) {
  if (!norm.there) return sum;
  return norm.gamma * ((sum - sums.mean) / Math.sqrt(sums.variance + EPSILON)) + norm.beta;
}

/** The comparison that batch norm and sign come down to: which sums become +1. */
export function rule(sums, norm) {
  const positive = [];
  for (let sum = -PRODUCTS; sum <= PRODUCTS; sum += 2) if (normalized(sums, norm, sum) >= 0) positive.push(sum);
  if (!positive.length) return { side: "none", bound: 0 };
  if (positive.length === PRODUCTS + 1) return { side: "all", bound: 0 };
  return positive[0] === -PRODUCTS ? { side: "at most", bound: positive.at(-1) } : { side: "at least", bound: positive[0] };
}

function share(sums, norm, wanted) {
  let [found, all] = [0, 0];
  sums.counts.forEach((count, place) => {
    all += count;
    if (wanted(normalized(sums, norm, sums.lowest + 2 * place))) found += count;
  });
  return found / all;
}

export function shareOfPlus(sums, norm) {
  return share(sums, norm, (value) => value >= 0);
}

/** Of those whose sign lets a gradient through: ste_sign does between -1 and 1. */
export function shareWithGradient(sums, norm) {
  return share(sums, norm, (value) => Math.abs(value) <= 1);
}
