// Layers of 8 bits: whole numbers, as the C program has them (export/c/kernels.c). JavaScript's numbers hold whole ones up to 2^53.

/**
 * What a window at (y, x) covers of one group's channels: numbers of 8 bits side by side in the patch, 0 outside of the image; a
 * window of one tap over all channels is read where it lies.
 * @param from the byte that the image begins at.
 */
function coverBytes(network, at, y, x, from, group, found) {
  const { bytes, bytePatch } = network;
  const channels = at.inChannels / at.groups;
  found.products = at.kernelHeight * at.kernelWidth * channels;
  found.numbers = bytePatch;
  found.first = 0;
  let to = 0;
  for (let ky = 0; ky < at.kernelHeight; ++ky) {
    for (let kx = 0; kx < at.kernelWidth; ++kx) {
      const pixel = under(at, y, x, ky, kx);
      const first = from + pixel * at.inChannels + group * channels;
      if (pixel >= 0 && found.products === at.inChannels && at.groups === 1) {
        found.numbers = bytes;
        found.first = first;
        return;
      }
      for (let c = 0; c < channels; ++c, ++to) bytePatch[to] = pixel >= 0 ? bytes[first + c] : 0;
    }
  }
}

/** A filter's sum, of 32 bits; its weights begin at a byte. */
function int8Sum({ byteNumbers }, { numbers, first, products }, weights) {
  let found = 0;
  for (let i = 0; i < products; ++i) found = (found + numbers[first + i] * byteNumbers[weights + i]) | 0;
  return found;
}

/**
 * x times multiplier / 2^31 times 2^shift, rounded twice as TensorFlow Lite does it: to the upper half of the doubled product, and to
 * the power of two, halves away from zero. A multiplier is not negative.
 */
function scaledSum(x, multiplier, shift) {
  const raised = shift > 0 ? x * 2 ** shift : x;
  const kept = raised > 2147483647 ? 2147483647 : raised < -2147483648 ? -2147483648 : raised;
  // The product of magnitudes takes 62 bits, so the multiplier is cut into 2^16 upper + lower: size * upper is 2^15 whole + rest,
  // and of rest * 2^16 + size * lower + nudge, which is below 2^48, the bits from 2^31 on are added to whole.
  const size = Math.abs(kept);
  const upper = size * (multiplier >>> 16);
  const whole = Math.floor(upper / 2 ** 15);
  const lower = (upper - whole * 2 ** 15) * 2 ** 16 + size * (multiplier & 0xffff);
  const nudged = lower + 2 ** 30 - (kept < 0 ? 1 : 0);
  const magnitude = whole + Math.floor(nudged / 2 ** 31);
  const high = kept < 0 ? -magnitude : magnitude;
  const right = shift < 0 ? -shift : 0;
  const mask = 2 ** right - 1;
  const rest = high & mask;
  const half = (mask >> 1) + (high < 0 ? 1 : 0);
  return (high - rest) / (mask + 1) + (rest > half ? 1 : 0);
}
