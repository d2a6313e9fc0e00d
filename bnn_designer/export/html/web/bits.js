// Signs in bits: bit c % 32 of word c / 32 is channel c, 1 where it is -1. Bits past the last channel are 0.

/** How many bits of three words are set, in each of their four bytes: 24 at most (export/c/kernels.c has the arithmetic). */
function countsOfThree(a, b, c) {
  let ones = a ^ b;
  let twos = (a & b) | (ones & c);
  ones ^= c;
  ones = (ones - ((ones >>> 1) & 0x55555555)) | 0;
  twos = (twos - ((twos >>> 1) & 0x55555555)) | 0;
  ones = (ones & 0x33333333) + ((ones >>> 2) & 0x33333333);
  twos = (twos & 0x33333333) + ((twos >>> 2) & 0x33333333);
  ones += twos << 1;
  return (ones & 0x0f0f0f0f) + ((ones >>> 4) & 0x0f0f0f0f);
}

/** How many signs differ from those of the weights, in so many words from each place on. */
function unequal(signs, from, weights, at, count) {
  let found = 0;
  while (count > 0) {
    // A byte holds 255: ten times 24 are added up before the four bytes are.
    let rest = count < 30 ? count : 30;
    let bytes = 0;
    count -= rest;
    for (; rest >= 3; rest -= 3, from += 3, at += 3) {
      const second = signs[from + 1] ^ weights[at + 1];
      const third = signs[from + 2] ^ weights[at + 2];
      bytes = (bytes + countsOfThree(signs[from] ^ weights[at], second, third)) | 0;
    }
    for (; rest > 0; --rest, ++from, ++at) bytes = (bytes + countsOfThree(signs[from] ^ weights[at], 0, 0)) | 0;
    const pairs = (bytes & 0x00ff00ff) + ((bytes >>> 8) & 0x00ff00ff);
    found += (pairs & 0xffff) + (pairs >>> 16);
  }
  return found;
}

/** Words that the signs of one pixel take: whole pairs, as the packed network's plan has them. */
function pixelWords(channels) {
  return 2 * Math.floor((channels + 63) / 64);
}

/** Where the bit of a value stands: subnormal numbers count as zero, and so as +1. */
const LARGEST_BELOW_ZERO = -1.1754943508222875e-38;

/**
 * What a window at (y, x) covers of one group's channels: signs side by side in the patch, so that all filters read them in one
 * run, and which runs of words are summed. What stands outside of the image counts as +1, or is left out where padValue is 0.
 */
function cover(network, at, y, x, cell, group, found) {
  const { words, patch } = network;
  const channels = at.inChannels / at.groups;
  const allWords = Math.floor((at.inChannels + 31) / 32);
  const cells = pixelWords(at.inChannels);
  const tapWords = Math.floor((channels + 31) / 32);
  let top = at.kernelHeight;
  let bottom = 0;
  let left = at.kernelWidth;
  let right = 0;
  let to = 0;
  for (let ky = 0; ky < at.kernelHeight; ++ky) {
    for (let kx = 0; kx < at.kernelWidth; ++kx) {
      const pixel = under(at, y, x, ky, kx);
      if (pixel >= 0 || at.padValue === 1) {
        if (ky < top) top = ky;
        if (kx < left) left = kx;
        if (ky >= bottom) bottom = ky + 1;
        if (kx >= right) right = kx + 1;
      }
      const from = cell + pixel * cells;
      for (let word = 0; word < tapWords; ++word, ++to) {
        if (pixel < 0) {
          patch[to] = 0;
          continue;
        }
        // A group's first channel may stand in the midst of a word.
        const bit = group * channels + 32 * word;
        const atWord = bit >>> 5;
        const shift = bit & 31;
        const rest = channels - 32 * word;
        let signs = words[from + atWord] >>> shift;
        if (shift > 0 && atWord + 1 < allWords) signs |= words[from + atWord + 1] << (32 - shift);
        if (rest < 32) signs &= (1 << rest) - 1;
        patch[to] = signs;
      }
    }
  }
  const line = at.kernelWidth * tapWords;
  const whole = right - left === at.kernelWidth;
  const none = bottom <= top || right <= left; // holes of the dilation may be all that lies inside
  found.words = at.kernelHeight * line;
  found.first = (top * at.kernelWidth + left) * tapWords;
  found.line = line;
  found.runs = none ? 0 : whole ? 1 : bottom - top;
  found.runWords = whole ? (bottom - top) * line : (right - left) * tapWords;
  found.products = none ? 0 : (bottom - top) * (right - left) * channels;
}

/** A filter's sum of products of signs: equal ones give +1, unequal ones -1. */
function binarySum(network, covered, weights) {
  let found = 0;
  let from = covered.first;
  for (let run = covered.runs; run > 0; --run, from += covered.line) {
    found += unequal(network.patch, from, network.wordNumbers, weights + from, covered.runWords);
  }
  return covered.products - 2 * found;
}

/** The signs of the row, 32 to a word, from a cell on. */
function storeSigns({ row, words }, channels, cell) {
  let signs = 0;
  for (let c = 0; c < channels; ++c) {
    if (row[c] <= LARGEST_BELOW_ZERO) signs |= 1 << (c & 31);
    if ((c & 31) === 31 || c === channels - 1) {
      words[cell + (c >>> 5)] = signs;
      signs = 0;
    }
  }
}
