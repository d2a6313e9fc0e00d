// The straight-through estimators and the training of one weight, as bnn_designer/lessons/estimators.py and one_weight.py have them.

const OTHERS = 3.2;
const FILTER_SIZE = 9;
const BETA = 5;
const LARGEST = 30;
const DISSENT_EVERY = 4;
export const STEPS = 40;

export function signOf(weight) {
  return weight < 0 ? -1 : 1;
}

function scale(weight) {
  return (Math.abs(weight) + OTHERS) / FILTER_SIZE;
}

function inside(weight) {
  return Math.abs(weight) <= 1 ? 1 : 0;
}

function swishSlope(weight) {
  const x = Math.max(-LARGEST, Math.min(LARGEST, BETA * weight));
  return (BETA * (2 - x * Math.tanh(x / 2))) / (1 + Math.cosh(x));
}

/** By name: `value` is what the layer multiplies with, `slope` what the backward pass takes for its derivative. */
export const ESTIMATORS = {
  ste_sign: { value: signOf, slope: inside },
  approx_sign: { value: signOf, slope: (weight) => (inside(weight) ? 2 - 2 * Math.abs(weight) : 0) },
  swish_sign: { value: signOf, slope: swishSlope },
  magnitude_aware_sign: { value: (weight) => signOf(weight) * scale(weight), slope: (weight) => scale(weight) * inside(weight) },
};

function targetOf(step, dissent) {
  return dissent && step % DISSENT_EVERY === 0 ? 1 : -1;
}

/** All steps: target, error, slope, the weight after the step, and whether its sign is another one. */
export function train(name, start, rate, clip, dissent) {
  const { value, slope } = ESTIMATORS[name];
  const steps = [];
  let weight = start;
  for (let number = 1; number <= STEPS; number += 1) {
    const target = targetOf(number, dissent);
    const step = { target, error: value(weight) - target, slope: slope(weight) };
    let after = Math.floor((weight - rate * step.error * step.slope) * 1e9 + 0.5) / 1e9;
    if (clip) after = Math.max(-1, Math.min(1, after));
    steps.push({ ...step, weight: after, flipped: signOf(after) !== signOf(weight) });
    weight = after;
  }
  return steps;
}
