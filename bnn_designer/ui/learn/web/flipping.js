// One binary weight under a stream of gradients, as bnn_designer/lessons/flips.py has it: by a latent weight, and by Bop. Each gives what is
// remembered and the weight after every step.

const BETA_1 = 0.9;
const BETA_2 = 0.999;
const EPSILON = 1e-7;

const rounded = (value) => Math.floor(value * 1e9 + 0.5) / 1e9;
const clipped = (weight) => Math.max(-1, Math.min(1, rounded(weight)));
const withSigns = (weights) => ({ remembered: weights, signs: weights.map((weight) => (weight < 0 ? -1 : 1)) });

function sgd(gradients, start, rate) {
  let weight = start;
  return withSigns(gradients.map((gradient) => (weight = clipped(weight - rate * gradient))));
}

function adam(gradients, start, rate) {
  let [weight, mean, square, power1, power2] = [start, 0, 0, 1, 1];
  const step = (gradient) => {
    power1 *= BETA_1;
    power2 *= BETA_2;
    mean += (gradient - mean) * (1 - BETA_1);
    square += (gradient * gradient - square) * (1 - BETA_2);
    weight = clipped(weight - (((rate * Math.sqrt(1 - power2)) / (1 - power1)) * mean) / (Math.sqrt(square) + EPSILON));
    return weight;
  };
  return withSigns(gradients.map(step));
}

export const LATENT = { sgd, adam };

export function bop(gradients, gamma, threshold) {
  let [average, weight] = [0, 1];
  const remembered = [];
  const signs = [];
  for (const gradient of gradients) {
    average = rounded((1 - gamma) * average + gamma * gradient);
    if (average * weight > threshold) weight = -weight;
    remembered.push(average);
    signs.push(weight);
  }
  return { remembered, signs };
}

/** The steps, from 1, in which a weight changed that was +1 at first. */
export function flipsOf({ signs }) {
  return signs.flatMap((sign, index) => (sign === (signs[index - 1] ?? 1) ? [] : [index + 1]));
}

export function scaled(gradients, size) {
  return gradients.map((gradient) => rounded(size * gradient));
}
