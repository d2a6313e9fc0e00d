import { entropyBits } from "./information.js";

// Pool, batch norm and sign in both orders, as bnn_designer/lessons/pooling.py has it.

const EPSILON = 0.001;
const STRIDE = 2;
const POOLS = ["none", ...[2, 3].flatMap((size) => ["max", "min", "average"].map((kind) => `${kind} ${size}`))];

const OF = {
  max: (values) => Math.max(...values),
  min: (values) => Math.min(...values),
  average: (values) => values.reduce((sum, value) => sum + value, 0),
};

/** Of each window of `sums`, [H][W], the largest, the least, or all added up; `pool` is as "max 2", or "none". */
export function pooled(sums, pool) {
  if (pool === "none") return sums;
  const [kind, size] = [pool.split(" ")[0], Number(pool.split(" ")[1])];
  const places = (length) => Array.from({ length: Math.floor((length - size) / STRIDE) + 1 }, (_, index) => STRIDE * index);
  const columns = places(sums[0].length);
  return places(sums.length).map((row) =>
    columns.map((column) => OF[kind](sums.slice(row, row + size).flatMap((line) => line.slice(column, column + size)))),
  );
}

/** By how much what a pool gives is to be divided: it adds up where it averages. */
export function divisorOf(pool) {
  return pool.startsWith("average") ? Number(pool.split(" ")[1]) ** 2 : 1;
}

/** How often each value occurs, {lowest, counts, divisor}, in steps of 2. */
export function distribution(values, divisor) {
  const lowest = values.reduce((least, value) => Math.min(least, value), Infinity);
  const highest = values.reduce((most, value) => Math.max(most, value), -Infinity);
  const counts = new Array((highest - lowest) / 2 + 1).fill(0);
  for (const value of values) counts[(value - lowest) / 2] += 1;
  return { lowest, counts, divisor };
}

/** Of one filter's sums, [H][W], by pool. */
export function distributions(sums) {
  return Object.fromEntries(POOLS.map((pool) => [pool, distribution(pooled(sums, pool).flat(), divisorOf(pool))]));
}

function meanOf({ lowest, counts, divisor }, of) {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.reduce((sum, count, place) => sum + count * of((lowest + 2 * place) / divisor), 0) / total;
}

export function moments(found) {
  const mean = meanOf(found, (value) => value);
  const variance = meanOf(found, (value) => (value - mean) ** 2);
  const third = meanOf(found, (value) => (value - mean) ** 3);
  return { mean, variance, skewness: variance > 0 ? third / (variance * Math.sqrt(variance)) : 0 };
}

/**
 * How a batch norm and a pool in one order make of a sum what the sign reads: what is pooled, and the batch norm's numbers.
 * `measured`: the distributions that the batch norm has measured. `set`: {kind, size, gamma, beta}.
 */
export function way(measured, order, { kind, size, gamma, beta }) {
  const pool = `${kind} ${size}`;
  const normed = moments(measured[order === "pool_first" ? pool : "none"]);
  // a falling batch norm makes the least sum of a window the largest of what it gives
  const turned = order === "batch_norm_first" && kind === "max" && gamma < 0;
  const scale = Math.sqrt(normed.variance + EPSILON);
  return {
    pool: order === "none" ? "none" : turned ? `min ${size}` : pool,
    output: (value) => gamma * ((value - normed.mean) / scale) + beta,
    step: gamma / scale,
  };
}

/** What the sign reads in one order, of the distributions `here`. */
export function readBySign(measured, here, order, set) {
  const { pool, output, step } = way(measured, order, set);
  const seen = here[pool];
  const values = seen.counts.map((count, place) => [output((seen.lowest + 2 * place) / seen.divisor), count]).filter(([, count]) => count);
  const total = values.reduce((sum, [, count]) => sum + count, 0);
  const plus = values.reduce((sum, [value, count]) => (value >= 0 ? sum + count : sum), 0);
  const of = moments(seen);
  return {
    values,
    plus: plus / total,
    mean: output(of.mean),
    deviation: Math.abs(step) * Math.sqrt(of.variance),
    skewness: Math.sign(step) * of.skewness,
    bits: entropyBits([plus, total - plus]),
    gradient: values.reduce((sum, [value, count]) => (Math.abs(value) <= 1 ? sum + count : sum), 0) / total,
    apart: Math.abs(step) * (2 / seen.divisor),
  };
}

/** Bars of a histogram, {from, to, share, plus}: as many neighbouring values in each as fill `wide`, counted from the threshold on. */
export function bars(read, wide) {
  const total = read.values.reduce((sum, [, count]) => sum + count, 0);
  if (read.apart === 0) return [{ from: read.mean - wide / 2, to: read.mean + wide / 2, share: 1 / wide, plus: read.mean >= 0 }];
  const many = Math.max(1, Math.round(wide / read.apart));
  const width = many * read.apart;
  const plus = read.values.filter(([value]) => value >= 0).map(([value]) => value);
  const minus = read.values.filter(([value]) => value < 0).map(([value]) => value);
  // the first value that becomes +1, whether or not it occurred, lies where the grid of values crosses 0
  const some = plus.length ? Math.min(...plus) : Math.max(...minus);
  const first = some - read.apart * Math.floor(some / read.apart + 1e-9);
  const edge = first - read.apart / 2;
  const found = new Map();
  for (const [value, count] of read.values) {
    const bar = Math.floor(Math.round((value - first) / read.apart) / many);
    found.set(bar, (found.get(bar) ?? 0) + count);
  }
  return [...found].map(([bar, count]) => ({
    from: edge + bar * width,
    to: edge + (bar + 1) * width,
    share: count / total / width,
    plus: bar >= 0,
  }));
}
