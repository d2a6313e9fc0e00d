// What changes a pixel's numbers or keeps them: a function for each step of a packed network's groups. Each is called with the
// network, the step, how many channels there are, and the pixel. Limits and slopes are 32-bit numbers already.

function affine({ row, numbers }, { numbers: [factors, offsets] }, channels) {
  for (let c = 0; c < channels; ++c) row[c] = Math.fround(row[c] * numbers[factors + c]) + numbers[offsets + c];
}

function clamp({ row }, { low, high }, channels) {
  if (low !== null) for (let c = 0; c < channels; ++c) if (row[c] < low) row[c] = low;
  if (high !== null) for (let c = 0; c < channels; ++c) if (row[c] > high) row[c] = high;
}

function prelu({ row, numbers }, { numbers: [slopes] }, channels) {
  for (let c = 0; c < channels; ++c) if (row[c] < 0) row[c] *= numbers[slopes + c];
}

function sigmoid({ row }, step, channels) {
  for (let c = 0; c < channels; ++c) row[c] = 1 / Math.fround(1 + Math.fround(Math.exp(-row[c])));
}

/** Less the largest number, so that no exponential overflows. */
function softmax({ row }, step, channels) {
  let most = row[0];
  let sum = 0;
  for (let c = 1; c < channels; ++c) if (row[c] > most) most = row[c];
  for (let c = 0; c < channels; ++c) {
    row[c] = Math.exp(Math.fround(row[c] - most));
    sum = Math.fround(sum + row[c]);
  }
  for (let c = 0; c < channels; ++c) row[c] /= sum;
}

/** The nearest of even steps from 0 to 1. Added to 1.5 * 2^23 a number keeps no fraction: halves go to the even number. */
function levels({ row }, { high: count }, channels) {
  for (let c = 0; c < channels; ++c) {
    const within = row[c] < 0 ? 0 : row[c] > 1 ? 1 : row[c];
    row[c] = Math.fround(Math.fround(Math.fround(within * count) + 12582912) - 12582912) / count;
  }
}

/** -1, 0 or +1: 0 up to a magnitude. */
function ternary({ row }, { high: zero }, channels) {
  for (let c = 0; c < channels; ++c) row[c] = row[c] > zero ? 1 : row[c] < -zero ? -1 : 0;
}

function add({ row, cells }, { cell }, channels, pixel) {
  for (let c = 0; c < channels; ++c) row[c] += cells[cell + pixel * channels + c];
}

function multiply({ row, cells }, { cell }, channels, pixel) {
  for (let c = 0; c < channels; ++c) row[c] *= cells[cell + pixel * channels + c];
}

/** By numbers that all pixels share. */
function scaleChannels(network, step, channels) {
  multiply(network, step, channels, 0);
}

function store({ row, cells }, { cell }, channels, pixel) {
  for (let c = 0; c < channels; ++c) cells[cell + pixel * channels + c] = row[c];
}

function sign(network, { cell }, channels, pixel) {
  storeSigns(network, channels, cell + pixel * pixelWords(channels));
}

/** 8 bits: the nearest multiples of the scale, halves to the even one, 127 of them at most. Rounded as levels are. */
function quantize({ row, bytes }, { cell, scale }, channels, pixel) {
  const out = 4 * cell + pixel * channels;
  for (let c = 0; c < channels; ++c) {
    const scaled = Math.fround(row[c] / scale);
    const within = scaled > -127 ? (scaled < 127 ? scaled : 127) : -127;
    bytes[out + c] = Math.fround(within + 12582912) - 12582912;
  }
}

/** Sums of products of 8 bits to 8 bits again, as numbers: multiples of the scale, counted from the zero point. */
function requantize({ row, sums, wordNumbers }, { numbers: [biases, multipliers, shifts], zeroPoint, scale }, channels) {
  for (let c = 0; c < channels; ++c) {
    const sum = sums[c] + wordNumbers[biases + c];
    const found = scaledSum(sum, wordNumbers[multipliers + c], wordNumbers[shifts + c]) + zeroPoint;
    const kept = found > 127 ? 127 : found < -128 ? -128 : found;
    row[c] = (kept - zeroPoint) * scale;
  }
}

const STEPS = {
  add,
  affine,
  clamp,
  levels,
  multiply,
  prelu,
  quantize,
  requantize,
  scale_channels: scaleChannels,
  sigmoid,
  sign,
  softmax,
  store,
  ternary,
};
