// A picture as the network takes it: made as the pictures of a data set are (training/data/decode.py, by Pillow).

const FRACTION = 2 ** 22;

/**
 * Where each number of a scaled line comes from: bilinear, and wide enough to see all of a larger line.
 * @param size how many there are, of which `cut` in the middle become `wanted`. Pillow keeps where they begin and end in 32 bits.
 */
function tapsOf(size, cut, wanted) {
  const start = Math.fround((size - cut) / 2);
  const scale = Math.fround(Math.fround((size - cut) / 2 + cut) - start) / wanted;
  const reach = Math.max(scale, 1);
  return Array.from({ length: wanted }, (_, index) => {
    const center = start + (index + 0.5) * scale;
    const first = Math.max(Math.trunc(center - reach + 0.5), 0);
    const last = Math.min(Math.trunc(center + reach + 0.5), size);
    const shares = [];
    for (let x = first; x < last; ++x) shares.push(Math.max(1 - Math.abs((x - center + 0.5) / reach), 0));
    const sum = shares.reduce((total, share) => total + share, 0);
    return { first, shares: shares.map((share) => Math.trunc(0.5 + (share / sum) * FRACTION)) };
  });
}

/** Scales along one axis: `lines` lines, `lineStep` apart, of numbers that are `step` apart. */
function scaled(from, taps, lines, lineStep, step, to, toLineStep, toStep) {
  for (let line = 0; line < lines; ++line) {
    taps.forEach(({ first, shares }, index) => {
      let sum = FRACTION / 2;
      for (let i = 0; i < shares.length; ++i) sum += from[line * lineStep + (first + i) * step] * shares[i];
      to[line * toLineStep + index * toStep] = Math.min(Math.floor(sum / FRACTION), 255);
    });
  }
}

/**
 * Bytes [height, width, channels] of a picture that is scaled until it covers them, and cut off evenly on both sides.
 * @param picture {data: RGBA bytes without transparency, width, height}.
 */
function fitted({ data, width, height }, [wantedHeight, wantedWidth, channels]) {
  const ratio = wantedWidth / wantedHeight;
  const cut = width / height >= ratio ? [ratio * height, height] : [width, width / ratio];
  const columns = tapsOf(width, cut[0], wantedWidth);
  const rows = tapsOf(height, cut[1], wantedHeight);
  const found = new Uint8Array(wantedHeight * wantedWidth * channels);
  const plane = new Uint8Array(width * height);
  const narrow = new Uint8Array(wantedWidth * height);
  for (let channel = 0; channel < channels; ++channel) {
    for (let i = 0, at = 0; i < plane.length; ++i, at += 4) {
      // ITU-R 601-2 luma in 16 bits
      const luma = (data[at] * 19595 + data[at + 1] * 38470 + data[at + 2] * 7471 + 32768) >> 16;
      plane[i] = channels === 1 ? luma : data[at + channel];
    }
    scaled(plane, columns, height, width, 1, narrow, wantedWidth, 1);
    const column = found.subarray(channel);
    for (let x = 0; x < wantedWidth; ++x) {
      scaled(narrow.subarray(x), rows, 1, 0, wantedWidth, column.subarray(x * channels), 0, wantedWidth * channels);
    }
  }
  return found;
}

/** Bytes 0 to 255 as numbers -1 to 1, rounded as in training. */
function numbersOf(bytes) {
  return Float32Array.from(bytes, (byte) => Math.fround(byte / 127.5) - 1);
}

Object.assign(globalThis.bnnDesigner, { fitted, numbersOf });
