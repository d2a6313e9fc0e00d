// A binary layer's arithmetic, as bnn_designer/lessons/signs.py has it. A bit is 1 for -1 and 0 for +1.

export const KERNEL_SIZE = 3;

export function bitOf(sign) {
  return sign < 0 ? 1 : 0;
}

export function signText(sign) {
  return sign < 0 ? "−1" : "+1";
}

/** A number with a minus sign that is as wide as a plus. */
export function numberText(number) {
  return number < 0 ? `−${-number}` : String(number);
}

export function multiplyAndAdd(inputs, weights) {
  return inputs.reduce((sum, input, index) => sum + input * weights[index], 0);
}

/** Where two bits are equal: 1, else 0. */
export function xnor(one, other) {
  return 1 - (bitOf(one) ^ bitOf(other));
}

export function popcount(inputs, weights) {
  return inputs.reduce((count, input, index) => count + xnor(input, weights[index]), 0);
}

export function compareAndCount(inputs, weights) {
  return 2 * popcount(inputs, weights) - inputs.length;
}

/** The 3 x 3 signs whose upper left one is there, row by row. */
export function windowOf(image, row, column) {
  return image.slice(row, row + KERNEL_SIZE).flatMap((line) => line.slice(column, column + KERNEL_SIZE));
}

/** [H - 2][W - 2] of what `sum` gives for each window and the kernel. */
export function convolve(image, kernel, sum) {
  const rows = image.length - KERNEL_SIZE + 1;
  const columns = image[0].length - KERNEL_SIZE + 1;
  return Array.from({ length: rows }, (_, row) => Array.from({ length: columns }, (_, column) => sum(windowOf(image, row, column), kernel)));
}
