// What makes pixels: a function for each source of a packed network's groups. Each is called with the network, the group, and the
// pixel of its output, and fills network.row, which rounds what it is given to 32 bits. A product is rounded by itself before it is
// added, as the exported C program has it, so that both come to the same sums to the last digit.

/** The pixel under a tap of the window of output pixel (y, x), or -1 outside of the image. */
function under(at, y, x, ky, kx) {
  const inY = y * at.strideHeight - at.padTop + ky * at.dilationHeight;
  const inX = x * at.strideWidth - at.padLeft + kx * at.dilationWidth;
  return inY >= 0 && inY < at.inHeight && inX >= 0 && inX < at.inWidth ? inY * at.inWidth + inX : -1;
}

/** Calls with the pixels that a window covers inside of the image, and each one's tap. */
function forTaps(at, y, x, call) {
  for (let ky = 0, tap = 0; ky < at.kernelHeight; ++ky) {
    for (let kx = 0; kx < at.kernelWidth; ++kx, ++tap) {
      const pixel = under(at, y, x, ky, kx);
      if (pixel >= 0) call(pixel, tap);
    }
  }
}

function binaryConv(network, { at, parts, weights, covered }, pixel, y, x) {
  const filters = at.outChannels / at.groups;
  let next = weights[0];
  for (let group = 0, filter = 0; group < at.groups; ++group) {
    cover(network, at, y, x, parts[0].cell, group, covered);
    for (let i = 0; i < filters; ++i, ++filter, next += covered.words) {
      network.row[filter] = binarySum(network, covered, next);
    }
  }
}

/** Up to the next layer's signs, in integers alone: a sum below its filter's threshold gives -1, or +1 where it is turned. */
function binaryConvSigns(network, { at, parts, weights, covered, steps }, pixel, y, x) {
  const { words, wordNumbers } = network;
  const [kernel, thresholds, turned] = weights;
  const filters = at.outChannels / at.groups;
  const out = steps[0].cell + pixel * pixelWords(at.outChannels);
  let next = kernel;
  let signs = 0;
  for (let group = 0, filter = 0; group < at.groups; ++group) {
    cover(network, at, y, x, parts[0].cell, group, covered);
    for (let i = 0; i < filters; ++i, ++filter, next += covered.words) {
      if (binarySum(network, covered, next) < wordNumbers[thresholds + filter]) signs |= 1 << (filter & 31);
      if ((filter & 31) === 31 || filter === at.outChannels - 1) {
        words[out + (filter >>> 5)] = signs ^ wordNumbers[turned + (filter >>> 5)];
        signs = 0;
      }
    }
  }
}

/** Whole numbers; what stands outside of the image is 0. A requantize step makes floats of the sums. */
function int8Conv(network, { at, parts, weights, covered }, pixel, y, x) {
  const filters = at.outChannels / at.groups;
  let next = 4 * weights[0];
  for (let group = 0, filter = 0; group < at.groups; ++group) {
    coverBytes(network, at, y, x, 4 * parts[0].cell, group, covered);
    for (let i = 0; i < filters; ++i, ++filter, next += covered.products) {
      network.sums[filter] = int8Sum(network, covered, next);
    }
  }
}

/** The same up to the next layer's signs, as binaryConvSigns. */
function int8ConvSigns(network, { at, parts, weights, covered, steps }, pixel, y, x) {
  const { words, wordNumbers } = network;
  const [kernel, thresholds, turned] = weights;
  const filters = at.outChannels / at.groups;
  const out = steps[0].cell + pixel * pixelWords(at.outChannels);
  let next = 4 * kernel;
  let signs = 0;
  for (let group = 0, filter = 0; group < at.groups; ++group) {
    coverBytes(network, at, y, x, 4 * parts[0].cell, group, covered);
    for (let i = 0; i < filters; ++i, ++filter, next += covered.products) {
      if (int8Sum(network, covered, next) < wordNumbers[thresholds + filter]) signs |= 1 << (filter & 31);
      if ((filter & 31) === 31 || filter === at.outChannels - 1) {
        words[out + (filter >>> 5)] = signs ^ wordNumbers[turned + (filter >>> 5)];
        signs = 0;
      }
    }
  }
}

/** The largest of signs is -1 only where all are; in turned channels it is +1 only where all are -1. */
function binaryMaxPool(network, { at, parts, weights, steps }, pixel, y, x) {
  const { words, wordNumbers } = network;
  const cells = pixelWords(at.inChannels);
  const out = steps[0].cell + pixel * cells;
  for (let word = 0; word < Math.floor((at.inChannels + 31) / 32); ++word) {
    let all = -1;
    forTaps(at, y, x, (from) => {
      all &= words[parts[0].cell + from * cells + word];
    });
    words[out + word] = all ^ wordNumbers[weights[0] + word];
  }
}

/** A sum begins with its bias and goes tap by tap, channel by channel. Weights are [group][tap][channel][filter]. */
function floatConv(network, { at, parts, weights }, pixel, y, x) {
  const { row, cells, numbers } = network;
  const channels = at.inChannels / at.groups;
  const filters = at.outChannels / at.groups;
  const taps = at.kernelHeight * at.kernelWidth;
  for (let c = 0; c < at.outChannels; ++c) row[c] = numbers[weights[1] + c];
  for (let group = 0; group < at.groups; ++group) {
    forTaps(at, y, x, (from, tap) => {
      const image = parts[0].cell + from * at.inChannels + group * channels;
      let weight = weights[0] + (group * taps + tap) * channels * filters;
      for (let c = 0; c < channels; ++c) {
        const value = cells[image + c];
        for (let f = group * filters; f < (group + 1) * filters; ++f, ++weight) {
          row[f] += Math.fround(value * numbers[weight]);
        }
      }
    });
  }
}

/** Weights are [tap][channel]. */
function depthwise(network, { at, parts, weights }, pixel, y, x) {
  const { row, cells, numbers } = network;
  const channels = at.outChannels;
  for (let c = 0; c < channels; ++c) row[c] = numbers[weights[1] + c];
  forTaps(at, y, x, (from, tap) => {
    const image = parts[0].cell + from * channels;
    const kernel = weights[0] + tap * channels;
    for (let c = 0; c < channels; ++c) row[c] += Math.fround(cells[image + c] * numbers[kernel + c]);
  });
}

function maxPool({ row, cells }, { at, parts }, pixel, y, x) {
  const channels = at.outChannels;
  row.fill(-3.4028234663852886e38, 0, channels);
  forTaps(at, y, x, (from) => {
    const image = parts[0].cell + from * channels;
    for (let c = 0; c < channels; ++c) if (cells[image + c] > row[c]) row[c] = cells[image + c];
  });
}

/** The mean of the pixels under a window that are inside of the image. */
function averagePool({ row, cells }, { at, parts }, pixel, y, x) {
  const channels = at.outChannels;
  let found = 0;
  row.fill(0, 0, channels);
  forTaps(at, y, x, (from) => {
    const image = parts[0].cell + from * channels;
    for (let c = 0; c < channels; ++c) row[c] += cells[image + c];
    found += 1;
  });
  const factor = Math.fround(1 / found);
  for (let c = 0; c < channels; ++c) row[c] *= factor;
}

/** Tensors side by side; a part without a cell is zeros. */
function channelsOf({ row, cells }, { parts }, pixel) {
  let first = 0;
  for (const { cell, channels } of parts) {
    if (cell === null) row.fill(0, first, first + channels);
    else for (let c = 0; c < channels; ++c) row[first + c] = cells[cell + pixel * channels + c];
    first += channels;
  }
}

/** Signs as numbers. */
function unpack({ row, words }, { at, parts }, pixel) {
  const from = parts[0].cell + pixel * pixelWords(at.outChannels);
  for (let c = 0; c < at.outChannels; ++c) row[c] = (words[from + (c >>> 5)] >>> (c & 31)) & 1 ? -1 : 1;
}

/** A pixel of the image in the midst of a frame of one number. */
function pad({ row, cells }, { at, parts }, pixel, y, x) {
  const from = under(at, y, x, 0, 0);
  for (let c = 0; c < at.outChannels; ++c) {
    row[c] = from < 0 ? at.padValue : cells[parts[0].cell + from * at.inChannels + c];
  }
}

const SOURCES = {
  average_pool: averagePool,
  binary_conv: binaryConv,
  binary_conv_signs: binaryConvSigns,
  binary_max_pool: binaryMaxPool,
  channels: channelsOf,
  depthwise,
  float_conv: floatConv,
  int8_conv: int8Conv,
  int8_conv_signs: int8ConvSigns,
  max_pool: maxPool,
  pad,
  unpack,
};
