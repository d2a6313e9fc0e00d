// The functions of an exported network: the export takes those that a network uses, each with what it calls.
// Pieces are parted by empty lines, so there is none inside of a function. A piece may use those above it.
#include <float.h>
#include <math.h>
#include <stdint.h>

// A place in the arena, which holds numbers at one time and signs at another: a number, or the signs of 32 channels.
// Bit c % 32 of word c / 32 is channel c: 1 where it is -1, 0 where it is +1. Bits past the last channel are 0.
union cell {
  float number;
  uint32_t signs;
};

// A window that slides over an image. Pixels lie line by line, each with all of its channels.
struct window {
  int32_t in_height, in_width, in_channels;
  int32_t out_height, out_width, out_channels;
  int32_t kernel_height, kernel_width, stride_height, stride_width, dilation_height, dilation_width;
  int32_t pad_top, pad_left, groups, pad_value;
};

// What a group makes of one pixel, until it is stored.
static float row[ROW_CHANNELS];

// The signs, or the numbers of 8 bits, under a window, side by side.
static union cell patch[PATCH_WORDS];

// The pixel under a tap of the window of output pixel (y, x), or -1 outside of the image.
static int32_t under(const struct window *at, int32_t y, int32_t x, int32_t ky, int32_t kx) {
  const int32_t in_y = y * at->stride_height - at->pad_top + ky * at->dilation_height;
  const int32_t in_x = x * at->stride_width - at->pad_left + kx * at->dilation_width;
  const int inside = in_y >= 0 && in_y < at->in_height && in_x >= 0 && in_x < at->in_width;
  return inside ? in_y * at->in_width + in_x : -1;
}

// Cells that the signs of one pixel take: whole words of 64 channels, as the packed network's plan has them.
static int32_t pixel_cells(int32_t channels) { return (channels + 63) / 64 * 2; }

// Where the bit of a value stands: subnormal numbers count as zero, and so as +1.
static int is_below_zero(float value) { return value <= -FLT_MIN; }

// How many bits of three words are set, counted in each of the four bytes, 24 at most. Cortex-M has no instruction that
// counts bits, and __builtin_popcount is a call of the library there.
// A full adder makes of three bits of equal place a sum of 0 to 3 in two bits: their odd one, and the carry, which is
// worth two. Each of these two words is then added up in place: two bits hold counts to 2, four bits to 4. There they
// meet, 4 + 2 * 4 = 12 at most, which four bits still hold; the two halves of a byte make 24.
// That is 25 operations for three words, where one word by itself takes 10, a multiplication and a shift.
static inline uint32_t counts_of_three(uint32_t a, uint32_t b, uint32_t c) {
  uint32_t ones = a ^ b, twos = (a & b) | (ones & c);
  ones ^= c;
  ones -= ones >> 1 & 0x55555555u;
  twos -= twos >> 1 & 0x55555555u;
  ones = (ones & 0x33333333u) + (ones >> 2 & 0x33333333u);
  twos = (twos & 0x33333333u) + (twos >> 2 & 0x33333333u);
  ones += twos << 1;
  return (ones & 0x0f0f0f0fu) + (ones >> 4 & 0x0f0f0f0fu);
}

// The sum of four bytes.
static inline int32_t sum_of_bytes(uint32_t bytes) {
  const uint32_t pairs = (bytes & 0x00ff00ffu) + (bytes >> 8 & 0x00ff00ffu);
  return (int32_t)((pairs & 0xffffu) + (pairs >> 16));
}

// How many signs differ from those of the weights. A byte holds 255, so that ten triples of 24 each are added up before
// the bytes are.
static inline int32_t unequal(const union cell *signs, const uint32_t *weights, int32_t words) {
  int32_t found = 0;
  while (words > 0) {
    int32_t rest = words < 30 ? words : 30;
    uint32_t bytes = 0;
    words -= rest;
    for (; rest >= 3; rest -= 3, signs += 3, weights += 3) {
      bytes += counts_of_three(signs[0].signs ^ weights[0], signs[1].signs ^ weights[1], signs[2].signs ^ weights[2]);
    }
    for (; rest > 0; --rest, ++signs, ++weights) bytes += counts_of_three(signs->signs ^ *weights, 0, 0);
    found += sum_of_bytes(bytes);
  }
  return found;
}

// The signs that a window covers of one group's channels, and what of them is summed: runs of words, each `line` words
// behind the one before, in the weights as in the signs.
struct covered {
  const union cell *signs;
  int32_t words, first, runs, run_words, line, products;  // words: of a filter
};

// Copies the signs under a window side by side, so that all filters read them in one run; a window of one tap is read
// where it lies. What stands outside of the image counts as +1, or, with a pad_value of 0, is left out of the sum.
static struct covered cover(const struct window *at, int32_t y, int32_t x, const union cell *image, int32_t group) {
  const int32_t channels = at->in_channels / at->groups, all_words = (at->in_channels + 31) / 32;
  const int32_t cells = pixel_cells(at->in_channels), words = (channels + 31) / 32;
  int32_t top = at->kernel_height, bottom = 0, left = at->kernel_width, right = 0;  // the taps that are summed
  struct covered found = {patch, at->kernel_height * at->kernel_width * words, 0, 0, 0, 0, 0};
  union cell *to = patch;
  for (int32_t ky = 0; ky < at->kernel_height; ++ky) {
    for (int32_t kx = 0; kx < at->kernel_width; ++kx) {
      const int32_t pixel = under(at, y, x, ky, kx);
      const union cell *from = image + pixel * cells;
      if (pixel >= 0 || at->pad_value == 1) {
        if (ky < top) top = ky;
        if (kx < left) left = kx;
        if (ky >= bottom) bottom = ky + 1;
        if (kx >= right) right = kx + 1;
      }
      if (pixel >= 0 && found.words == words && at->groups == 1) {
        found.signs = from;
        continue;
      }
      for (int32_t word = 0; word < words; ++word, ++to) {
        // A group's first channel may stand in the midst of a word.
        const int32_t bit = group * channels + 32 * word, at_word = bit / 32, shift = bit % 32;
        const int32_t rest = channels - 32 * word;
        to->signs = 0;
        if (pixel < 0) continue;
        to->signs = from[at_word].signs >> shift;
        if (shift > 0 && at_word + 1 < all_words) to->signs |= from[at_word + 1].signs << (32 - shift);
        if (rest < 32) to->signs &= ((uint32_t)1 << rest) - 1;
      }
    }
  }
  if (bottom <= top || right <= left) return found;  // holes of the dilation may be all that lies inside
  const int whole_lines = right - left == at->kernel_width;
  found.first = (top * at->kernel_width + left) * words;
  found.line = at->kernel_width * words;
  found.runs = whole_lines ? 1 : bottom - top;
  found.run_words = whole_lines ? (bottom - top) * found.line : (right - left) * words;
  found.products = (bottom - top) * (right - left) * channels;
  return found;
}

// A filter's sum of products of signs: equal ones give +1, unequal ones -1.
static inline int32_t binary_sum(const struct covered *under_it, const uint32_t *weights) {
  const union cell *signs = under_it->signs + under_it->first;
  int32_t found = 0;
  weights += under_it->first;
  for (int32_t run = under_it->runs; run > 0; --run, signs += under_it->line, weights += under_it->line) {
    found += unequal(signs, weights, under_it->run_words);
  }
  return under_it->products - 2 * found;
}

// A binary convolution at one pixel, its sums as numbers.
static void binary_conv(const struct window *at, int32_t y, int32_t x, const union cell *image,
                        const uint32_t *weights) {
  const int32_t filters = at->out_channels / at->groups;
  int32_t filter = 0;
  for (int32_t group = 0; group < at->groups; ++group) {
    const struct covered signs = cover(at, y, x, image, group);
    for (int32_t i = 0; i < filters; ++i, ++filter, weights += signs.words) {
      row[filter] = (float)binary_sum(&signs, weights);
    }
  }
}

// A binary convolution at one pixel up to the next layer's signs, in integers alone: a sum below its filter's threshold
// gives -1, or +1 where the filter is turned, as after a batch norm that falls.
static void binary_conv_signs(const struct window *at, int32_t y, int32_t x, const union cell *image,
                              const uint32_t *weights, const threshold *thresholds, const uint32_t *turned,
                              union cell *out) {
  const int32_t filters = at->out_channels / at->groups;
  uint32_t signs = 0;
  int32_t filter = 0;
  for (int32_t group = 0; group < at->groups; ++group) {
    const struct covered found = cover(at, y, x, image, group);
    for (int32_t i = 0; i < filters; ++i, ++filter, weights += found.words) {
      const int below = binary_sum(&found, weights) < thresholds[filter];
      signs |= (uint32_t)below << filter % 32;
      if (filter % 32 == 31 || filter == at->out_channels - 1) {
        out[filter / 32].signs = signs ^ turned[filter / 32];
        signs = 0;
      }
    }
  }
}

// The numbers of 8 bits under a window, side by side, of one group's channels; 0 outside of the image. A window of one tap
// over all channels is read where it lies.
static const int8_t *int8_cover(const struct window *at, int32_t y, int32_t x, const int8_t *image, int32_t group) {
  const int32_t channels = at->in_channels / at->groups;
  int8_t *to = (int8_t *)patch;
  for (int32_t ky = 0; ky < at->kernel_height; ++ky) {
    for (int32_t kx = 0; kx < at->kernel_width; ++kx) {
      const int32_t pixel = under(at, y, x, ky, kx);
      const int8_t *from = image + pixel * at->in_channels + group * channels;
      if (pixel >= 0 && at->groups == 1 && at->kernel_height == 1 && at->kernel_width == 1) return from;
      for (int32_t c = 0; c < channels; ++c) *to++ = pixel >= 0 ? from[c] : 0;
    }
  }
  return (const int8_t *)patch;
}

// A filter's sum of products of numbers of 8 bits. Four at a time share what the loop itself takes.
static inline int32_t int8_sum(const int8_t *numbers, const int8_t *weights, int32_t products) {
  int32_t found = 0;
  for (; products >= 4; products -= 4, numbers += 4, weights += 4) {
    found += numbers[0] * weights[0] + numbers[1] * weights[1];
    found += numbers[2] * weights[2] + numbers[3] * weights[3];
  }
  for (; products > 0; --products, ++numbers, ++weights) found += *numbers * *weights;
  return found;
}

// x times multiplier / 2^31 times 2^shift, rounded twice as TensorFlow Lite does it: to the upper half of the doubled
// product, and to the power of two, halves away from zero.
static int32_t scaled_sum(int64_t x, int32_t multiplier, int32_t shift) {
  const int32_t right = shift < 0 ? -shift : 0;
  const int64_t raised = shift > 0 ? x * ((int64_t)1 << shift) : x;
  const int64_t kept = raised > INT32_MAX ? INT32_MAX : raised < INT32_MIN ? INT32_MIN : raised;
  const int64_t product = kept * multiplier;
  const int64_t nudged = product + (product >= 0 ? (int64_t)1 << 30 : 1 - ((int64_t)1 << 30));
  const int64_t high = nudged / ((int64_t)1 << 31), mask = ((int64_t)1 << right) - 1;
  const int64_t rest = high & mask, half = (mask >> 1) + (high < 0);
  return (int32_t)((high - rest) / (mask + 1) + (rest > half));
}

// A convolution of numbers of 8 bits at one pixel. A sum becomes 8 bits with a bias and a factor of its filter's own:
// multiples of `scale`, counted from the zero point.
static void int8_conv(const struct window *at, int32_t y, int32_t x, const int8_t *image, const int8_t *weights,
                      const int32_t *biases, const int32_t *multipliers, const int32_t *shifts, int32_t zero_point,
                      float scale) {
  const int32_t filters = at->out_channels / at->groups;
  const int32_t products = at->kernel_height * at->kernel_width * (at->in_channels / at->groups);
  int32_t filter = 0;
  for (int32_t group = 0; group < at->groups; ++group) {
    const int8_t *numbers = int8_cover(at, y, x, image, group);
    for (int32_t i = 0; i < filters; ++i, ++filter, weights += products) {
      const int64_t sum = (int64_t)int8_sum(numbers, weights, products) + biases[filter];
      const int64_t found = (int64_t)scaled_sum(sum, multipliers[filter], shifts[filter]) + zero_point;
      const int32_t kept = found > 127 ? 127 : found < -128 ? -128 : (int32_t)found;
      row[filter] = (float)(kept - zero_point) * scale;
    }
  }
}

// The same up to the next layer's signs, in integers alone, as binary_conv_signs.
static void int8_conv_signs(const struct window *at, int32_t y, int32_t x, const int8_t *image, const int8_t *weights,
                            const int32_t *thresholds, const uint32_t *turned, union cell *out) {
  const int32_t filters = at->out_channels / at->groups;
  const int32_t products = at->kernel_height * at->kernel_width * (at->in_channels / at->groups);
  uint32_t signs = 0;
  int32_t filter = 0;
  for (int32_t group = 0; group < at->groups; ++group) {
    const int8_t *numbers = int8_cover(at, y, x, image, group);
    for (int32_t i = 0; i < filters; ++i, ++filter, weights += products) {
      const int below = int8_sum(numbers, weights, products) < thresholds[filter];
      signs |= (uint32_t)below << filter % 32;
      if (filter % 32 == 31 || filter == at->out_channels - 1) {
        out[filter / 32].signs = signs ^ turned[filter / 32];
        signs = 0;
      }
    }
  }
}

// The largest of signs under a window is -1 only where all are; in turned channels it is +1 only where all are -1.
static void binary_max_pool(const struct window *at, int32_t y, int32_t x, const union cell *image,
                            const uint32_t *turned, union cell *out) {
  const int32_t cells = pixel_cells(at->in_channels), words = (at->in_channels + 31) / 32;
  for (int32_t word = 0; word < words; ++word) {
    uint32_t all = 0xffffffffu;
    for (int32_t ky = 0; ky < at->kernel_height; ++ky) {
      for (int32_t kx = 0; kx < at->kernel_width; ++kx) {
        const int32_t pixel = under(at, y, x, ky, kx);
        if (pixel >= 0) all &= image[pixel * cells + word].signs;
      }
    }
    out[word].signs = all ^ turned[word];
  }
}

// Adds the products of numbers that lie side by side to the sums of filters. Four sums at a time stay in registers.
static void add_products(const union cell *numbers, int32_t size, const float *weights, int32_t filters, float *sums) {
  int32_t filter = 0;
  for (; filter + 4 <= filters; filter += 4, sums += 4) {
    float first = sums[0], second = sums[1], third = sums[2], fourth = sums[3];
    const float *weight = weights + filter;
    for (int32_t i = 0; i < size; ++i, weight += filters) {
      const float value = numbers[i].number;
      first += value * weight[0];
      second += value * weight[1];
      third += value * weight[2];
      fourth += value * weight[3];
    }
    sums[0] = first, sums[1] = second, sums[2] = third, sums[3] = fourth;
  }
  for (; filter < filters; ++filter, ++sums) {
    const float *weight = weights + filter;
    for (int32_t i = 0; i < size; ++i, weight += filters) *sums += numbers[i].number * *weight;
  }
}

// A convolution or dense layer in floats at one pixel. A sum begins with its bias and goes tap by tap, channel by
// channel, so that it is rounded alike on every machine. Weights are [group][tap][channel][filter].
static void float_conv(const struct window *at, int32_t y, int32_t x, const union cell *image, const float *weights,
                       const float *bias) {
  const int32_t channels = at->in_channels / at->groups, filters = at->out_channels / at->groups;
  const int joins = at->groups == 1 && at->dilation_width == 1;  // taps of a line lie side by side in the image
  for (int32_t c = 0; c < at->out_channels; ++c) row[c] = bias[c];
  for (int32_t group = 0; group < at->groups; ++group) {
    for (int32_t ky = 0; ky < at->kernel_height; ++ky) {
      for (int32_t kx = 0, taps; kx < at->kernel_width; kx += taps, weights += taps * channels * filters) {
        const int32_t pixel = under(at, y, x, ky, kx);
        taps = 1;
        if (pixel < 0) continue;
        while (joins && kx + taps < at->kernel_width && under(at, y, x, ky, kx + taps) >= 0) ++taps;
        add_products(image + pixel * at->in_channels + group * channels, taps * channels, weights, filters,
                     row + group * filters);
      }
    }
  }
}

// A depthwise convolution in floats at one pixel. Weights are [tap][channel].
static void depthwise_conv(const struct window *at, int32_t y, int32_t x, const union cell *image, const float *weights,
                           const float *bias) {
  const int32_t channels = at->out_channels;
  for (int32_t c = 0; c < channels; ++c) row[c] = bias[c];
  for (int32_t ky = 0; ky < at->kernel_height; ++ky) {
    for (int32_t kx = 0; kx < at->kernel_width; ++kx, weights += channels) {
      const int32_t pixel = under(at, y, x, ky, kx);
      if (pixel < 0) continue;
      for (int32_t c = 0; c < channels; ++c) row[c] += image[pixel * channels + c].number * weights[c];
    }
  }
}

// The largest numbers under a window, which has a pixel of the image under it.
static void max_pool(const struct window *at, int32_t y, int32_t x, const union cell *image) {
  const int32_t channels = at->out_channels;
  for (int32_t c = 0; c < channels; ++c) row[c] = -FLT_MAX;
  for (int32_t ky = 0; ky < at->kernel_height; ++ky) {
    for (int32_t kx = 0; kx < at->kernel_width; ++kx) {
      const int32_t pixel = under(at, y, x, ky, kx);
      if (pixel < 0) continue;
      for (int32_t c = 0; c < channels; ++c) {
        const float value = image[pixel * channels + c].number;
        if (value > row[c]) row[c] = value;
      }
    }
  }
}

// The mean of the pixels under a window that are inside of the image.
static void average_pool(const struct window *at, int32_t y, int32_t x, const union cell *image) {
  const int32_t channels = at->out_channels;
  int32_t found = 0;
  for (int32_t c = 0; c < channels; ++c) row[c] = 0;
  for (int32_t ky = 0; ky < at->kernel_height; ++ky) {
    for (int32_t kx = 0; kx < at->kernel_width; ++kx) {
      const int32_t pixel = under(at, y, x, ky, kx);
      if (pixel < 0) continue;
      ++found;
      for (int32_t c = 0; c < channels; ++c) row[c] += image[pixel * channels + c].number;
    }
  }
  const float factor = 1.0f / (float)found;
  for (int32_t c = 0; c < channels; ++c) row[c] *= factor;
}

// Numbers as they are, to the row from its channel `first` on.
static void load(int32_t first, int32_t count, const union cell *from) {
  for (int32_t c = 0; c < count; ++c) row[first + c] = from[c].number;
}

// One number in all channels from `first` on.
static void fill(int32_t first, int32_t count, float value) {
  for (int32_t c = 0; c < count; ++c) row[first + c] = value;
}

// A pixel of the image in the midst of a frame of one number.
static void pad(const struct window *at, int32_t y, int32_t x, const union cell *image) {
  const int32_t pixel = under(at, y, x, 0, 0);
  if (pixel < 0) {
    fill(0, at->out_channels, (float)at->pad_value);
  } else {
    load(0, at->out_channels, image + pixel * at->in_channels);
  }
}

// Signs as numbers.
static void unpack(int32_t count, const union cell *from) {
  for (int32_t c = 0; c < count; ++c) row[c] = from[c / 32].signs >> c % 32 & 1 ? -1.0f : 1.0f;
}

static void affine(int32_t count, const float *factors, const float *offsets) {
  for (int32_t c = 0; c < count; ++c) row[c] = row[c] * factors[c] + offsets[c];
}

static void at_least(int32_t count, float low) {
  for (int32_t c = 0; c < count; ++c) row[c] = row[c] < low ? low : row[c];
}

static void at_most(int32_t count, float high) {
  for (int32_t c = 0; c < count; ++c) row[c] = row[c] > high ? high : row[c];
}

static void prelu(int32_t count, const float *slopes) {
  for (int32_t c = 0; c < count; ++c) row[c] = row[c] < 0 ? row[c] * slopes[c] : row[c];
}

static void sigmoid(int32_t count) {
  for (int32_t c = 0; c < count; ++c) row[c] = 1.0f / (1.0f + expf(-row[c]));
}

// Less the largest number, so that no exponential overflows.
static void softmax(int32_t count) {
  float most = row[0], sum = 0;
  for (int32_t c = 1; c < count; ++c) most = row[c] > most ? row[c] : most;
  for (int32_t c = 0; c < count; ++c) sum += row[c] = expf(row[c] - most);
  for (int32_t c = 0; c < count; ++c) row[c] /= sum;
}

// The nearest of `steps` even steps from 0 to 1. Added to 1.5 * 2^23 a number keeps no fraction: it is rounded there,
// halves to the even number.
static void levels(int32_t count, float steps) {
  for (int32_t c = 0; c < count; ++c) {
    const float raised = row[c] < 0 ? 0 : row[c];
    const volatile float whole = (raised > 1 ? 1 : raised) * steps + 12582912.0f;
    row[c] = (whole - 12582912.0f) / steps;
  }
}

// -1, 0 or +1: 0 up to a magnitude of `zero`.
static void ternary(int32_t count, float zero) {
  for (int32_t c = 0; c < count; ++c) row[c] = row[c] > zero ? 1.0f : row[c] < -zero ? -1.0f : 0.0f;
}

static void add(int32_t count, const union cell *other) {
  for (int32_t c = 0; c < count; ++c) row[c] += other[c].number;
}

static void multiply(int32_t count, const union cell *other) {
  for (int32_t c = 0; c < count; ++c) row[c] *= other[c].number;
}

static void store(int32_t count, union cell *to) {
  for (int32_t c = 0; c < count; ++c) to[c].number = row[c];
}

// The signs of the row, 32 to a word.
static void sign(int32_t count, union cell *to) {
  uint32_t signs = 0;
  for (int32_t c = 0; c < count; ++c) {
    signs |= (uint32_t)is_below_zero(row[c]) << c % 32;
    if (c % 32 == 31 || c == count - 1) {
      to[c / 32].signs = signs;
      signs = 0;
    }
  }
}

// The row in 8 bits: the nearest multiples of `scale`, halves to the even one, 127 of them at most.
static void quantize(int32_t count, float scale, int8_t *to) {
  for (int32_t c = 0; c < count; ++c) {
    const float scaled = row[c] / scale;
    const volatile float whole = (scaled > -127 ? (scaled < 127 ? scaled : 127) : -127) + 12582912.0f;
    to[c] = (int8_t)(whole - 12582912.0f);
  }
}
