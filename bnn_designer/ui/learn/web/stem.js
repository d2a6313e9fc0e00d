// The first two layers of a trained network, run on a picture, as bnn_designer/lessons/pool_layers.py has them.

export const PICTURE = 32;
export const SUMS = 30;
const CHANNELS = 32;
const EPSILON = 0.001;

/** Bytes of a text in base64. */
export function bytesOf(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

function floats(text) {
  const view = new DataView(bytesOf(text).buffer);
  return Float64Array.from({ length: view.byteLength / 4 }, (_, index) => view.getFloat32(4 * index, true));
}

/** The first layer as `first` has it, in base64. */
export function firstLayer(first) {
  return Object.fromEntries(Object.entries(first).map(([name, text]) => [name, floats(text)]));
}

/** The signs that the second layer reads, [30][30][32] in a row, of `pixels`, [32][32][3] in a row, 0 to 255. */
export function inputs(layer, pixels) {
  const signs = new Int8Array(SUMS * SUMS * CHANNELS);
  const scale = layer.variance.map((variance) => Math.sqrt(variance + EPSILON));
  const sums = new Float64Array(CHANNELS);
  for (let row = 0; row < SUMS; row += 1) {
    for (let column = 0; column < SUMS; column += 1) {
      sums.fill(0);
      for (let tap = 0; tap < 27; tap += 1) {
        const [down, right, color] = [Math.floor(tap / 9), Math.floor(tap / 3) % 3, tap % 3];
        const seen = pixels[((row + down) * PICTURE + column + right) * 3 + color] / 127.5 - 1;
        for (let channel = 0; channel < CHANNELS; channel += 1) sums[channel] += seen * layer.kernel[tap * CHANNELS + channel];
      }
      for (let channel = 0; channel < CHANNELS; channel += 1) {
        const output = (sums[channel] - layer.mean[channel]) / scale[channel] + layer.beta[channel];
        signs[(row * SUMS + column) * CHANNELS + channel] = output >= 0 ? 1 : -1;
      }
    }
  }
  return signs;
}

/** A filter's sums, [30][30], over those signs with zeros around them; `kernel`: 288 of + and -. */
export function sumsOf(signs, kernel) {
  const weights = Int8Array.from(kernel, (letter) => (letter === "+" ? 1 : -1));
  const inside = (place) => place >= 0 && place < SUMS;
  return Array.from({ length: SUMS }, (_, row) =>
    Array.from({ length: SUMS }, (_, column) => {
      let sum = 0;
      for (let tap = 0; tap < 9; tap += 1) {
        const [down, right] = [row + Math.floor(tap / 3) - 1, column + (tap % 3) - 1];
        if (!inside(down) || !inside(right)) continue;
        const at = (down * SUMS + right) * CHANNELS;
        for (let channel = 0; channel < CHANNELS; channel += 1) sum += signs[at + channel] * weights[tap * CHANNELS + channel];
      }
      return sum;
    }),
  );
}
