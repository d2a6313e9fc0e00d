// A network of 16 signs, 16 binary units and one answer, trained in one stage or in two, as bnn_designer/lessons/two_stages.py has it: the same
// numbers to the last bit, as each sum is added in the same order.

const SIZE = 16;
const ROOT = 4;
const EXAMPLES = 256;
const VALIDATION = 512;
const BATCH = 8;
const STEPS = EXAMPLES / BATCH;
export const EPOCHS = 24;
const RATE = 0.2;
const RULE_SEED = 12345;

class Chance {
  constructor(seed) {
    this.state = seed;
    for (let skipped = 0; skipped < 3; skipped += 1) this.next();
  }

  next() {
    this.state = (Math.imul(1664525, this.state) + 1013904223) >>> 0;
    return this.state / 2 ** 32;
  }

  sign() {
    return this.next() >= 0.5 ? 1 : -1;
  }
}

const signOf = (value) => (value >= 0 ? 1 : -1);
const clipped = (value) => Math.max(-1, Math.min(1, value));
const times = (count, make) => Array.from({ length: count }, () => make());

function answerOf({ hidden, out }, inputs) {
  const sums = [];
  let answer = 0;
  for (let unit = 0; unit < SIZE; unit += 1) {
    let total = 0;
    for (let index = 0; index < SIZE; index += 1) total += hidden[unit][index] * inputs[index];
    total /= ROOT;
    sums.push(total);
    answer += out[unit] * signOf(total);
  }
  return { sums, answer: answer / ROOT };
}

function examplesOf(chance, network, count) {
  const inputs = times(count, () => times(SIZE, () => chance.sign()));
  return { inputs, targets: inputs.map((one) => signOf(answerOf(network, one).answer)) };
}

let known = null;

/** The examples to train on and those to validate on, made once. */
function rule() {
  if (known) return known;
  const chance = new Chance(RULE_SEED);
  const network = { hidden: times(SIZE, () => times(SIZE, () => chance.sign())), out: times(SIZE, () => chance.sign()) };
  known = [examplesOf(chance, network, EXAMPLES), examplesOf(chance, network, VALIDATION)];
  return known;
}

/** Share of the validation that is right after each epoch; in the epochs of the first stage, of the network with float kernels. */
export function train(seed, firstStage) {
  const [examples, validation] = rule();
  const chance = new Chance(seed);
  const small = () => chance.next() - 0.5;
  const network = { hidden: times(SIZE, () => times(SIZE, small)), out: times(SIZE, small) };
  const found = [];
  for (let epoch = 0; epoch < EPOCHS; epoch += 1) {
    const inFloats = epoch < firstStage;
    const [begun, ends] = inFloats ? [0, firstStage] : [firstStage, EPOCHS];
    const order = orderOf(chance, EXAMPLES);
    for (let step = 0; step < STEPS; step += 1) {
      const done = (epoch - begun + step / STEPS) / (ends - begun);
      descend(network, examples, order.slice(step * BATCH, (step + 1) * BATCH), RATE * (1 - done), inFloats);
    }
    found.push(accuracyOf(used(network, inFloats), validation));
  }
  return found;
}

function used(network, inFloats) {
  return inFloats ? network : { hidden: network.hidden.map((row) => row.map(signOf)), out: network.out.map(signOf) };
}

function accuracyOf(network, { inputs, targets }) {
  return inputs.filter((one, index) => signOf(answerOf(network, one).answer) === targets[index]).length / targets.length;
}

function descend(network, { inputs, targets }, places, rate, inFloats) {
  const now = used(network, inFloats);
  const hiddenSlopes = times(SIZE, () => new Array(SIZE).fill(0));
  const outSlopes = new Array(SIZE).fill(0);
  for (const place of places) {
    const { sums, answer } = answerOf(now, inputs[place]);
    const missing = 1 - targets[place] * answer;
    if (missing <= 0) continue;
    const slope = (-2 * targets[place] * missing) / ROOT;
    for (let unit = 0; unit < SIZE; unit += 1) {
      outSlopes[unit] += slope * signOf(sums[unit]);
      if (sums[unit] < -1 || sums[unit] > 1) continue;
      const back = (slope * now.out[unit]) / ROOT;
      for (let index = 0; index < SIZE; index += 1) hiddenSlopes[unit][index] += back * inputs[place][index];
    }
  }
  for (let unit = 0; unit < SIZE; unit += 1) {
    network.out[unit] = clipped(network.out[unit] - (rate * outSlopes[unit]) / BATCH);
    const row = network.hidden[unit];
    for (let index = 0; index < SIZE; index += 1) row[index] = clipped(row[index] - (rate * hiddenSlopes[unit][index]) / BATCH);
  }
}

function orderOf(chance, count) {
  const places = Array.from({ length: count }, (_, index) => index);
  for (let last = count - 1; last > 0; last -= 1) {
    const other = Math.floor(chance.next() * (last + 1));
    [places[last], places[other]] = [places[other], places[last]];
  }
  return places;
}
