// How much is known of a filter's sums, and what their sign keeps of it, in bits. Held to bnn_designer/lessons/shortcut_ways.py.

export function entropyBits(counts) {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.reduce((bits, count) => (count ? bits + (count / total) * Math.log2(total / count) : bits), 0);
}

/** What the sign keeps if sums of at least `threshold` become +1, and the share of those. */
export function signOf(sums, threshold) {
  const total = sums.counts.reduce((sum, count) => sum + count, 0);
  const plus = sums.counts.reduce((sum, count, place) => (sums.lowest + 2 * place >= threshold ? sum + count : sum), 0);
  return { bits: entropyBits([plus, total - plus]), plus: plus / total };
}
